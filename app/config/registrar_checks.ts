/** Rules between the keys of the registrar, its users, and the trunks that register. */

import { fromText } from "../../core/message/bytes.ts";
import { namedAor } from "../../core/trunk/registrar_settings.ts";
import { type Environment, secretProblem } from "./secret_check.ts";

type Mapping = Readonly<Record<string, unknown>>;
interface Problem {
  readonly path: (string | number)[];
  readonly message: string;
}

/** What the rules must be told about the world. */
interface RegistrarCheckOptions {
  readonly environment?: Environment | undefined;
  /** What keeps a file, as written, from being written; undefined: nothing. Absent: not checked. */
  readonly whyUnwritable?: ((file: string) => string | undefined) | undefined;
}

/** Every such rule that does not hold. */
export function* registrarProblems(
  config: Mapping,
  { environment, whyUnwritable }: RegistrarCheckOptions,
): Generator<Problem> {
  const registrar = mapping(config["registrar"]);
  const users = Object.entries(mapping(registrar["users"]));
  yield* intervals(registrar);
  yield* waits(registrar);
  yield* file(registrar["file"], whyUnwritable);
  if (config["registrar"] !== undefined) yield* members(config);
  for (const [name, value] of users) {
    yield* secret(name, mapping(value), environment);
  }
  yield* algorithms(
    registrar["algorithms"],
    users.map(([name, user]) => ({ name, user: mapping(user) })),
  );
  for (const [name, value] of Object.entries(mapping(config["trunks"]))) {
    yield* dynamic(name, mapping(value), config["registrar"] !== undefined);
  }
}

function* intervals(registrar: Mapping): Generator<Problem> {
  const max = whole(registrar["max_expires"]) ?? 3600;
  for (const key of ["default_expires", "min_expires"]) {
    const value = whole(registrar[key]);
    if (value === undefined || value <= max) continue;
    const message = `${key} is ${value}, wanted at most max_expires, ${max}`;
    yield { path: ["registrar", key], message };
  }
}

function* waits(registrar: Mapping): Generator<Problem> {
  for (const key of ["guesses_per_user", "guesses_per_source"]) {
    const given = mapping(registrar[key]);
    const wait = whole(given["wait"]) ?? 2;
    const longest = whole(given["longest_wait"]) ?? 900;
    if (wait <= longest) continue;
    const at = given["wait"] === undefined ? "longest_wait" : "wait";
    const message = `wait is ${wait}, wanted at most longest_wait, ${longest}`;
    yield { path: ["registrar", key, at], message };
  }
}

function* file(
  name: unknown,
  whyUnwritable: RegistrarCheckOptions["whyUnwritable"],
): Generator<Problem> {
  if (typeof name !== "string") return;
  const why = whyUnwritable?.(name);
  if (why === undefined) return;
  const message = `${
    JSON.stringify(name)
  } cannot be kept: ${why}, wanted a file in a folder that can be written to`;
  yield { path: ["registrar", "file"], message };
}

/** Who may register, and that each trunk is somebody's who may. A script may admit whom it likes. */
function* members(config: Mapping): Generator<Problem> {
  const registrar = mapping(config["registrar"]);
  const scripted = list(config["scripts"]).length > 0;
  const users = Object.entries(mapping(registrar["users"]));
  if (users.length === 0 && !scripted) {
    const message =
      "nobody can register, wanted users, or a script with onRegister";
    yield { path: ["registrar"], message };
    return;
  }
  const domains = list(registrar["domains"]).filter((one) =>
    typeof one === "string"
  );
  if (domains.length === 0) return;
  const aorOf = (name: unknown) =>
    typeof name === "string"
      ? namedAor(fromText(name), { domains })
      : undefined;
  const known = new Set(
    users.flatMap(([name, user]) =>
      list(mapping(user)["aors"] ?? name).map(aorOf)
    ),
  );
  const owners = new Map<string, string>();
  for (const [name, value] of Object.entries(mapping(config["trunks"]))) {
    const trunk = mapping(value);
    if (trunk["dynamic"] !== true) continue;
    const path = [
      "trunks",
      name,
      trunk["aor"] === undefined ? "dynamic" : "aor",
    ];
    const written = JSON.stringify(trunk["aor"] ?? name);
    const aor = aorOf(trunk["aor"] ?? name);
    const owner = aor === undefined ? undefined : owners.get(aor);
    if (owner !== undefined) {
      const message = `${written} is registered for trunk ${
        JSON.stringify(owner)
      }, wanted each address-of-record once`;
      yield { path, message };
    } else if (aor === undefined || (!scripted && !known.has(aor))) {
      const message =
        `${written} is nothing that a user may register, wanted a user's name or one of its aors`;
      yield { path, message };
    } else owners.set(aor, name);
  }
}

function* secret(
  name: string,
  user: Mapping,
  environment: Environment | undefined,
): Generator<Problem> {
  const path = ["registrar", "users", name];
  const [env, hashed] = [
    user["password_env"] !== undefined,
    user["ha1"] !== undefined || user["ha1_sha256"] !== undefined,
  ];
  if (env === hashed) {
    const what = env ? "password_env beside ha1" : "no secret";
    const message = `user ${
      JSON.stringify(name)
    } has ${what}, wanted password_env, or ha1, ha1_sha256 or both`;
    yield { path, message };
  }
  const message = secretProblem(user["password_env"], environment);
  if (message !== undefined) {
    yield { path: [...path, "password_env"], message };
  }
}

/** What is offered must not tell one user from another, so all must be able to answer it. */
function* algorithms(
  offered: unknown,
  users: readonly { name: string; user: Mapping }[],
): Generator<Problem> {
  const list = Array.isArray(offered) ? offered : [offered ?? "MD5"];
  for (const { name, user } of users) {
    if (user["ha1"] === undefined && user["ha1_sha256"] === undefined) continue;
    for (const [algorithm, key] of KEYS) {
      if (!list.includes(algorithm) || user[key] !== undefined) continue;
      const message = `user ${
        JSON.stringify(name)
      } has no ${key}, wanted one for each of algorithms, ${list.join(", ")}`;
      yield { path: ["registrar", "users", name], message };
    }
  }
}

const KEYS = [["MD5", "ha1"], ["SHA-256", "ha1_sha256"]] as const;

function* dynamic(
  name: string,
  trunk: Mapping,
  hasRegistrar: boolean,
): Generator<Problem> {
  const path = ["trunks", name];
  if (trunk["dynamic"] !== true) {
    for (const key of ["aor", "request_user"]) {
      if (trunk[key] === undefined) continue;
      const message =
        `${key} says how a trunk that registers is reached, wanted dynamic: true beside it`;
      yield { path: [...path, key], message };
    }
    return;
  }
  if (trunk["servers"] !== undefined) {
    const message = `trunk ${
      JSON.stringify(name)
    } has servers and is dynamic, wanted one of them: the servers of a dynamic trunk are what registers`;
    yield { path: [...path, "servers"], message };
  }
  if (!hasRegistrar) {
    const message = `trunk ${
      JSON.stringify(name)
    } is dynamic, wanted a registrar block for it to register with`;
    yield { path: [...path, "dynamic"], message };
  }
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

function mapping(value: unknown): Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Mapping
    : {};
}

function whole(value: unknown): number | undefined {
  return Number.isInteger(value) ? value as number : undefined;
}
