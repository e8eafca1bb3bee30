/** Rules between the keys of the registrar, its users, and the trunks that register. */

import { type Environment, secretProblem } from "./secret_check.ts";

type Mapping = Readonly<Record<string, unknown>>;
interface Problem {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Every such rule that does not hold. */
export function* registrarProblems(
  config: Mapping,
  environment: Environment | undefined,
): Generator<Problem> {
  const registrar = mapping(config["registrar"]);
  const users = Object.entries(mapping(registrar["users"]));
  yield* intervals(registrar);
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

function mapping(value: unknown): Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Mapping
    : {};
}

function whole(value: unknown): number | undefined {
  return Number.isInteger(value) ? value as number : undefined;
}
