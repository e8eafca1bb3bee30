/** From the `register` block of a trunk to the settings of its registration. */

import type { Account } from "../core/dialog/authenticator.ts";
import { fromText } from "../core/message/bytes.ts";
import { parseSipUri, SipUri } from "../core/message/uri.ts";
import { instanceId, lineToken } from "../core/trunk/instance_id.ts";
import type { RegistrationSettings } from "../core/trunk/registration_settings.ts";
import type { ServerAddress } from "./config/address.ts";
import type { TrunkConfig } from "./config/schema.ts";

/** What it is made from besides the block. */
export interface RegisterParts {
  /** The trunk's servers, where the block names no registrar. */
  readonly servers: readonly ServerAddress[];
  /** The block's own account, else the trunk's. */
  readonly account: Account | undefined;
  /** The trunk, and what tells this Legwork from others with the same account: its listeners, what it advertises. */
  readonly place: readonly string[];
}

/** Undefined where the trunk does not register, or names nowhere to do so. */
export function registrationSettings(
  block: TrunkConfig["register"],
  { servers, account, place }: RegisterParts,
): RegistrationSettings | undefined {
  const aor = block && parseSipUri(fromText(block.aor));
  if (block === undefined || aor === undefined) return undefined;
  const named = uris(block.registrar);
  const registrars = named.length > 0 ? named : uris(servers);
  if (registrars.length === 0) return undefined;
  const names = [aor.toString(), ...place].map(fromText);
  const secret = block.line ? account?.password : undefined;
  const { flow, retry } = block;
  return {
    registrars,
    // The servers of a trunk are on the way to the domain that the address-of-record is of.
    domain: named.length > 0 ? undefined : new SipUri(
      aor.scheme,
      undefined,
      undefined,
      aor.host,
      aor.port,
      "",
      "",
    ),
    aor,
    expiresSeconds: block.expires,
    account,
    contactUser: block.contact_user ?? aor.user ?? "legwork",
    line: secret && lineToken(secret, names),
    contact: block.contact,
    dual: block.dual,
    failbackSeconds: block.failback,
    unregisterOnDrain: block.unregister_on_drain,
    required: block.required,
    outbound: block.outbound,
    instance: block.instance ?? instanceId(names),
    flow: {
      kind: flow.keepalive,
      streamSeconds: flow.stream,
      datagramSeconds: flow.datagram,
      pongSeconds: flow.pong,
    },
    retry: {
      baseAllFailSeconds: retry.base,
      baseNotAllFailSeconds: retry.base_registered,
      refusedSeconds: retry.refused,
      maxSeconds: retry.max,
    },
  };
}

function uris(servers: readonly ServerAddress[]): SipUri[] {
  return servers.flatMap(({ uri }) => parseSipUri(uri) ?? []);
}
