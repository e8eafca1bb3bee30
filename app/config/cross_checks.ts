/**
 * Rules between keys. They read the plain data and skip what has the wrong
 * shape, so that one mistake does not hide another.
 *
 * @module
 */

import { nearest } from "../nearest.ts";
import { formatListen, parseListen, parseMatch } from "./address.ts";
import { keepAliveProblems } from "./keepalive_checks.ts";
import { registrarProblems } from "./registrar_checks.ts";
import { keysAt, type Path } from "./schema_tree.ts";
import { type Environment, secretProblem } from "./secret_check.ts";

/** A rule that does not hold, at a value. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
}

/** What {@linkcode crossCheck} must be told about the world. */
export interface CrossCheckOptions {
  /** True if a script path, as written, names a file. Absent: not checked. */
  readonly fileExists?: ((path: string) => boolean) | undefined;
  /** What keeps a file, as written, from being written; undefined: nothing. Absent: not checked. */
  readonly whyUnwritable?: ((path: string) => string | undefined) | undefined;
  /** The environment. Absent: not checked. */
  readonly environment?: Environment | undefined;
}

/** Every rule between keys that `data` breaks. */
export function crossCheck(
  data: unknown,
  options: CrossCheckOptions = {},
): Finding[] {
  const config = mapping(data);
  const named = Object.entries(mapping(config["trunks"])).filter(([, value]) =>
    isMapping(value)
  );
  const trunks = named.map((
    [name, value],
  ) => ({ ...mapping(value), name }));
  return [
    ...listeners(config),
    ...trunks.flatMap((trunk) => [
      ...servers(trunk),
      ...sessionTimer(trunk),
      ...password(trunk, options),
      ...registration(trunk, options),
      ...retryWaits(trunk),
      ...keepAlive(trunk),
      ...mediaServers(trunk, config),
    ]),
    ...registeredTwice(trunks),
    ...matches(trunks, config),
    ...routes(config, trunks),
    ...registrarProblems(config, options),
    ...scripts(config, options),
    ...timers(config),
  ];
}

type Mapping = Readonly<Record<string, unknown>>;
type Trunk = Mapping & { readonly name: string };

function* listeners(config: Mapping): Generator<Finding> {
  const seen = new Set<string>();
  for (const [index, text] of strings(config["listen"]).entries()) {
    const address = parseListen(text);
    if (address === undefined || address.port === 0) continue;
    const canonical = formatListen(address);
    if (seen.has(canonical)) {
      yield {
        path: ["listen", index],
        message: `${
          quote(text)
        } stands in listen twice, wanted each listener once`,
      };
    }
    seen.add(canonical);
  }
}

function* servers(trunk: Trunk): Generator<Finding> {
  const path = ["trunks", trunk.name];
  const known = keysAt(path);
  const readable = Object.keys(trunk).every((key) =>
    key === "name" || known.includes(key)
  );
  // A misspelt key is already reported, and may well be the one that is missed here.
  if (
    readable && !hasServers(trunk) && trunk["match"] === undefined
  ) {
    yield {
      path,
      message: `trunk ${
        quote(trunk.name)
      } has neither servers nor match, wanted at least one of them`,
    };
  }
  const seen = new Set<string>();
  for (const [index, uri] of strings(trunk["servers"]).entries()) {
    if (seen.has(uri.toLowerCase())) {
      yield {
        path: [...path, "servers", index],
        message: `${
          quote(uri)
        } stands in servers twice, wanted each server once`,
      };
    }
    seen.add(uri.toLowerCase());
  }
}

/** RFC 4028 §4: the absolute minimum for the interval is 90 seconds. */
function* sessionTimer(trunk: Trunk): Generator<Finding> {
  const timer = mapping(trunk["session_timer"]);
  if (timer["allow_short_timers"] === true) return;
  const path = ["trunks", trunk.name, "session_timer"];
  const expires = whole(timer["expires"]) ?? 1800;
  const minSe = whole(timer["min_se"]) ?? 90;
  const unless = "unless allow_short_timers is true";
  if (minSe < 90) {
    yield {
      path: [...path, "min_se"],
      message:
        `min_se is ${minSe}, wanted at least 90 (RFC 4028 section 4) ${unless}`,
    };
  } else if (expires < minSe) {
    const key = timer["expires"] === undefined ? "min_se" : "expires";
    yield {
      path: [...path, key],
      message:
        `expires is ${expires}, wanted at least min_se, ${minSe}, ${unless}`,
    };
  }
}

function* mediaServers(trunk: Trunk, config: Mapping): Generator<Finding> {
  if (trunk["media"] !== "rtpengine" || config["rtpengine"] !== undefined) {
    return;
  }
  yield {
    path: ["trunks", trunk.name, "media"],
    message:
      "media is rtpengine, wanted rtpengine: {servers: [127.0.0.1:2223]} as well",
  };
}

function* keepAlive(trunk: Trunk): Generator<Finding> {
  const block = trunk["keepalive"];
  if (!isMapping(block)) return;
  const servers = [...strings(trunk["servers"]).values()];
  for (const { keys, message } of keepAliveProblems(block, servers)) {
    const path = ["trunks", trunk.name, "keepalive", ...keys];
    yield { path, message };
  }
}

function password(
  trunk: Trunk,
  options: CrossCheckOptions,
): Iterable<Finding> {
  return passwordOf(trunk["auth"], ["trunks", trunk.name, "auth"], options);
}

function* passwordOf(
  auth: unknown,
  block: Path,
  { environment }: CrossCheckOptions,
): Generator<Finding> {
  const name = mapping(auth)["password_env"];
  const message = secretProblem(name, environment);
  if (message === undefined) return;
  yield { path: [...block, "password_env"], message };
}

/** Where to register, and twice only at two servers. */
function* registration(
  trunk: Trunk,
  options: CrossCheckOptions,
): Generator<Finding> {
  if (!isMapping(trunk["register"])) return;
  const register = mapping(trunk["register"]);
  const path = ["trunks", trunk.name, "register"];
  yield* passwordOf(register["auth"], [...path, "auth"], options);
  const own = strings(register["registrar"]).size;
  const count = own > 0 ? own : strings(trunk["servers"]).size;
  if (count === 0) {
    yield {
      path,
      message:
        "there is nowhere to register, wanted registrar here or servers of the trunk",
    };
  } else if (register["dual"] === true && count < 2) {
    yield {
      path: [...path, "dual"],
      message:
        `dual is true with one server, wanted two in registrar or in servers of the trunk`,
    };
  }
}

function* retryWaits(trunk: Trunk): Generator<Finding> {
  const retry = mapping(mapping(trunk["register"])["retry"]);
  const max = whole(retry["max"]) ?? 1800;
  for (const key of ["base", "base_registered", "refused"]) {
    const wait = whole(retry[key]);
    if (wait === undefined || wait <= max) continue;
    yield {
      path: ["trunks", trunk.name, "register", "retry", key],
      message: `${key} is ${wait}, wanted at most max, ${max}`,
    };
  }
}

/** Two that registered the same at the same server would take each other's binding away. */
function* registeredTwice(trunks: readonly Trunk[]): Generator<Finding> {
  const owners = new Map<string, string>();
  for (const trunk of trunks) {
    const register = mapping(trunk["register"]);
    const aor = register["aor"];
    if (typeof aor !== "string") continue;
    const own = strings(register["registrar"]);
    const servers = own.size > 0 ? own : strings(trunk["servers"]);
    for (const server of servers.values()) {
      const key = `${aor} ${server}`.toLowerCase();
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, trunk.name);
      else if (owner !== trunk.name) {
        yield {
          path: ["trunks", trunk.name, "register", "aor"],
          message: `${quote(aor)} is registered at ${quote(server)} by trunk ${
            quote(owner)
          }, wanted it once`,
        };
        break;
      }
    }
  }
}

/** Where calls can be sent: its servers, where it registers, or what registers as it. */
function hasServers(trunk: Mapping): boolean {
  return trunk["servers"] !== undefined || trunk["dynamic"] === true ||
    mapping(trunk["register"])["registrar"] !== undefined;
}

/** A request can belong to one trunk only. */
function* matches(
  trunks: readonly Trunk[],
  config: Mapping,
): Generator<Finding> {
  const owner = new Map<string, string>();
  const listening = new Set(
    strings(config["listen"]).values().map((text) => text.toLowerCase()),
  );
  for (const trunk of trunks) {
    for (const [index, text] of strings(trunk["match"]).entries()) {
      const path = ["trunks", trunk.name, "match", index];
      const entry = parseMatch(text);
      if (entry === undefined) continue;
      const other = owner.get(text.toLowerCase());
      if (other !== undefined) {
        yield {
          path,
          message: `${quote(text)} already matches trunk ${
            quote(other)
          }, wanted each entry once`,
        };
      }
      owner.set(text.toLowerCase(), trunk.name);
      if (
        entry.kind === "listener" &&
        !listening.has(formatListen(entry.listener).toLowerCase())
      ) {
        const wanted = [...listening].join(", ");
        yield {
          path,
          message: `${
            quote(text)
          } names no listener, wanted listener: and one of ${wanted}`,
        };
      }
    }
  }
}

function* routes(
  config: Mapping,
  trunks: readonly Trunk[],
): Generator<Finding> {
  const byName = new Map(trunks.map((trunk) => [trunk.name, trunk]));
  const from = new Map<string, number>();
  for (const [index, value] of items(config["routes"]).entries()) {
    const route = mapping(value);
    for (const end of ["from", "to"]) {
      for (const [at, name] of strings(route[end]).entries()) {
        const path = ["routes", index, end, at];
        const trunk = byName.get(name);
        if (end === "to" && name.startsWith("aor:")) {
          if (config["registrar"] !== undefined) continue;
          const message = `${
            quote(name)
          } names who is registered, wanted a registrar block`;
          yield { path, message };
        } else if (trunk === undefined) {
          yield { path, message: noTrunk(name, byName.keys()) };
        } else if (end === "to" && !hasServers(trunk)) {
          yield {
            path,
            message: `trunk ${
              quote(name)
            } has no servers, wanted a trunk that calls can be sent to`,
          };
        }
        if (end !== "from" || trunk === undefined) continue;
        if (from.has(name)) {
          const message = `calls from ${
            quote(name)
          } already have a route, number ${
            from.get(name)
          }: this one is never used`;
          yield { path, message };
        } else from.set(name, index + 1);
      }
    }
  }
}

function noTrunk(name: string, known: Iterable<string>): string {
  const names = [...known];
  if (names.length === 0) {
    return `${quote(name)} is not a trunk, and trunks has none`;
  }
  const near = nearest(name, names);
  const hint = near === undefined ? "" : `; did you mean ${quote(near)}?`;
  return `${quote(name)} is not a trunk, wanted one of ${
    names.slice(0, 20).join(", ")
  }${hint}`;
}

function* scripts(
  config: Mapping,
  { fileExists }: CrossCheckOptions,
): Generator<Finding> {
  const seen = new Set<string>();
  for (const [index, file] of strings(config["scripts"]).entries()) {
    const path = ["scripts", index];
    if (seen.has(file)) {
      yield {
        path,
        message: `${
          quote(file)
        } stands in scripts twice, wanted each script once`,
      };
    } else if (fileExists?.(file) === false) {
      yield {
        path,
        message: `there is no file ${quote(file)}, wanted a script`,
      };
    }
    seen.add(file);
  }
}

/** §17.1.2.2: T1 doubles until it reaches T2, so T2 cannot be below it. */
function* timers(config: Mapping): Generator<Finding> {
  const given = mapping(config["timers"]);
  const t1 = whole(given["t1_ms"]) ?? 500;
  const t2 = whole(given["t2_ms"]) ?? 4000;
  if (t2 >= t1) return;
  const key = given["t2_ms"] === undefined ? "t1_ms" : "t2_ms";
  yield {
    path: ["timers", key],
    message: `t2_ms is ${t2}, wanted at least t1_ms, ${t1}`,
  };
}

function mapping(value: unknown): Mapping {
  return isMapping(value) ? value : {};
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function items(value: unknown): readonly unknown[] {
  return Array.isArray(value)
    ? value
    : value === undefined || value === null
    ? []
    : [value];
}

/** The strings of a list by their index; what is no string leaves a hole that matches nothing. */
function strings(value: unknown): Map<number, string> {
  const found = items(value).entries().filter((
    entry,
  ): entry is [number, string] => typeof entry[1] === "string");
  return new Map(found);
}

function whole(value: unknown): number | undefined {
  return Number.isInteger(value) ? value as number : undefined;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
