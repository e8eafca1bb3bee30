/** From a configuration's `registrar:` block to the registrar of a B2BUA. */

import type { Clock } from "../core/base/clock.ts";
import { fromText } from "../core/message/bytes.ts";
import type { DigestAlgorithm } from "../core/message/digest.ts";
import { digestSecret } from "../core/message/digest_check.ts";
import { canonicalHost, unbracketed } from "../core/transport/address.ts";
import type { LocationStore } from "../core/trunk/location_store.ts";
import {
  DEFAULT_REGISTRAR,
  namedAor,
  type RegistrarSettings,
  type RegistrarUser,
} from "../core/trunk/registrar_settings.ts";
import type { Config } from "./config/schema.ts";
import type { Environment } from "./config/secret_check.ts";
import { SqliteLocationStore } from "./sqlite_location_store.ts";

type RegistrarConfig = NonNullable<Config["registrar"]>;
type UserConfig = RegistrarConfig["users"][string];

/** What a configuration says of the registrar; undefined where it has none. */
export function registrarSettings(
  { registrar }: Pick<Config, "registrar">,
  environment: Environment,
): RegistrarSettings | undefined {
  if (registrar === undefined) return undefined;
  const domains = registrar.domains.map(domain);
  const realm = fromText(
    registrar.realm ?? registrar.domains.find((name) => name !== "*") ??
      DEFAULT_REGISTRAR.realm,
  );
  const users = Object.entries(registrar.users).map(([name, user]) =>
    userOf(name, user, { realm, domains, environment })
  );
  return {
    domains,
    realm,
    users: new Map(users.map((user) => [user.name, user])),
    algorithms: registrar.algorithms,
    minExpiresSeconds: registrar.min_expires,
    maxExpiresSeconds: registrar.max_expires,
    defaultExpiresSeconds: Math.min(
      registrar.default_expires,
      registrar.max_expires,
    ),
    maxContacts: registrar.max_contacts,
    maxPerSource: registrar.max_per_source,
    maxBindings: registrar.max_registrations,
    flowTimerSeconds: registrar.flow_timer,
    flowGraceSeconds: registrar.flow_grace,
    path: registrar.path,
    nat: registrar.nat,
    nonceSeconds: registrar.nonce,
    perUser: failures(registrar.guesses_per_user),
    perSource: failures(registrar.guesses_per_source),
  };
}

/** Where registrations outlive the process. Throws `LocationStoreError` for a file that cannot be opened. */
export function locationStore(
  { registrar }: Pick<Config, "registrar">,
  clock: Clock,
): LocationStore | undefined {
  const file = registrar?.file;
  return file === undefined
    ? undefined
    : new SqliteLocationStore(file, { clock });
}

function domain(name: string): string {
  const host = canonicalHost(unbracketed(name));
  // As a URI has it.
  return host.includes(":") ? `[${host}]` : host;
}

function userOf(
  name: string,
  user: UserConfig,
  { realm, domains, environment }: {
    realm: string;
    domains: readonly string[];
    environment: Environment;
  },
): RegistrarUser {
  const username = fromText(name);
  return {
    name: username,
    secrets: secretsOf(user, { username, realm, environment }),
    aors: (user.aors ?? [name]).flatMap((aor) =>
      namedAor(fromText(aor), { domains }) ?? []
    ),
  };
}

function secretsOf(
  { password_env, ha1, ha1_sha256 }: UserConfig,
  { environment, ...account }: {
    username: string;
    realm: string;
    environment: Environment;
  },
): Partial<Record<DigestAlgorithm, string>> {
  const found = password_env === undefined
    ? undefined
    : environment(password_env);
  if (found !== undefined && found !== "denied") {
    const password = fromText(found.value);
    return {
      "MD5": digestSecret("MD5", { ...account, password }),
      "SHA-256": digestSecret("SHA-256", { ...account, password }),
    };
  }
  return {
    ...(ha1 === undefined ? {} : { "MD5": ha1.toLowerCase() }),
    ...(ha1_sha256 === undefined
      ? {}
      : { "SHA-256": ha1_sha256.toLowerCase() }),
  };
}

function failures(
  { free, wait, longest_wait }: RegistrarConfig["guesses_per_user"],
): RegistrarSettings["perUser"] {
  return {
    free,
    firstWaitSeconds: wait,
    longestWaitSeconds: Math.max(wait, longest_wait),
    forgetSeconds: Math.max(3_600, 2 * longest_wait),
  };
}
