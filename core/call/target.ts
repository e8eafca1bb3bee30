/** One place a call is sent to, with the addresses to try for it. */

import { fromText } from "../message/bytes.ts";
import type { Random } from "../base/random.ts";
import { Headers } from "../message/headers.ts";
import type { NameAddr } from "../message/name_addr.ts";
import { parseSipUri, type SipUri } from "../message/uri.ts";
import type { Registrations } from "../trunk/registrations.ts";
import type { Registrar } from "../trunk/registrar.ts";
import type { TrunkTable } from "../trunk/trunk_table.ts";
import { headersOf, partyOf, targetName } from "./decision_check.ts";
import type { Route, RouteTarget } from "./decisions.ts";
import { isAorName } from "./aor_name.ts";
import { type Place, placesOf } from "./located.ts";

/** A target ready to be tried. */
export interface Target extends Place {
  /** As the route named it. */
  readonly name: string;
  readonly trunk: string | undefined;
  /** Request URIs to try in turn: a trunk's servers, or the one URI. */
  readonly uris: readonly SipUri[];
  readonly timeoutSeconds: number;
  readonly headers: Headers;
  /** From and To in place of the caller's, where the route says so. */
  readonly from: NameAddr | undefined;
  readonly to: NameAddr | undefined;
  /** P-Asserted-Identity in place of the caller's; "" for none at all. */
  readonly asserted: string | undefined;
}

/** What targets are made with. */
export interface TargetWorld {
  readonly trunks: TrunkTable;
  /** Say which servers of a trunk go first. */
  readonly registrations?: Registrations | undefined;
  readonly registrar: Registrar;
  readonly random: Random;
  /** The user part that was dialled. */
  readonly user: string | undefined;
  readonly noAnswerSeconds: number;
}

/** The targets of a route in the order they are tried. */
export function targetsOf(route: Route, world: TargetWorld): Target[] {
  const timeoutSeconds = route.timeoutSeconds ?? world.noAnswerSeconds;
  const targets: Target[] = [];
  for (const named of inTurn(route.targets, world.random)) {
    const target = targetOf(named, { world, timeoutSeconds });
    const found = places(target, named, world);
    if (found === undefined) targets.push(target);
    else for (const place of found) targets.push({ ...target, ...place });
  }
  return targets;
}

/** Where a target leads that stands for registrations; undefined for any other. */
function places(
  { name, trunk }: Target,
  named: RouteTarget,
  { registrar, trunks, user }: TargetWorld,
): Place[] | undefined {
  const own = typeof named === "string" || named.user === undefined
    ? undefined
    : fromText(named.user);
  if (isAorName(name)) {
    const isDialled = name.toLowerCase() === "aor:*";
    const aor = isDialled ? `aor:${user ?? ""}` : fromText(name);
    return placesOf({ aor, registrar, user: own });
  }
  const dynamic = trunk === undefined ? undefined : trunks.get(trunk)?.dynamic;
  return dynamic && placesOf({
    aor: dynamic.aor,
    registrar,
    user: own ?? (dynamic.user === "contact" ? undefined : user),
  });
}

/** Writes what a target wants into the header fields of its request, From and To apart. */
export function dressFor(target: Target, headers: Headers): void {
  for (const { name } of target.headers.lines) headers.delete(name);
  for (const { name, value } of target.headers.lines) {
    headers.append(name, value);
  }
  if (target.asserted === undefined) return;
  headers.delete("P-Asserted-Identity");
  if (target.asserted !== "") {
    headers.append("P-Asserted-Identity", target.asserted);
  }
}

/**
 * Makes a target of what a route names. A trunk's URI gets the user of the call's request URI, unless its server has
 * one of its own; a user that the route names goes before both.
 */
function targetOf(
  named: RouteTarget,
  { world, timeoutSeconds }: { world: TargetWorld; timeoutSeconds: number },
): Target {
  const name = targetName(named);
  const own = typeof named === "string" ? undefined : named;
  const trunk = world.trunks.get(name);
  const uris = trunk === undefined
    ? namedUri(name)
    : (world.registrations?.serversOf(trunk) ?? trunk.servers).map((server) =>
      server.user === undefined ? server.with({ user: world.user }) : server
    );
  const user = own?.user === undefined ? undefined : fromText(own.user);
  const parties = own?.parties;
  const asserted = parties?.asserted;
  return {
    name,
    trunk: trunk?.name,
    uris: user === undefined ? uris : uris.map((one) => one.with({ user })),
    timeoutSeconds: own?.timeoutSeconds ?? timeoutSeconds,
    headers: own?.headers === undefined ? NO_HEADERS : headersOf(own.headers),
    from: partyOf("from", parties?.from),
    to: partyOf("to", parties?.to),
    asserted: asserted === "" ? "" : partyOf("asserted", asserted)?.toString(),
  };
}

/** The target once it has answered: nothing more is tried. */
export function reached(target: Target): Target {
  return { ...target, ...NOWHERE };
}

const NOWHERE: Place = { uris: [], ways: undefined, group: undefined };

/** Of most targets. */
const NO_HEADERS = new Headers();

function namedUri(name: string): SipUri[] {
  const uri = parseSipUri(fromText(name));
  return uri === undefined ? [] : [uri];
}

/**
 * With weights the order is drawn as RFC 2782 draws it: the next one by its share of what is left, those of weight 0
 * after all others.
 */
function inTurn(
  targets: readonly RouteTarget[],
  random: Random,
): readonly RouteTarget[] {
  if (targets.every((target) => weightOf(target) === undefined)) return targets;
  const left = targets.map((target) => ({ target, weight: weightOf(target) }));
  const drawn: RouteTarget[] = [];
  while (left.length > 0) {
    const total = left.reduce((sum, { weight = 1 }) => sum + weight, 0);
    let at = random.fraction() * total;
    const next = total === 0
      ? 0
      : left.findIndex(({ weight = 1 }) => (at -= weight) < 0);
    drawn.push(left[Math.max(0, next)]!.target);
    left.splice(Math.max(0, next), 1);
  }
  return drawn;
}

function weightOf(target: RouteTarget): number | undefined {
  return typeof target === "string" ? undefined : target.weight;
}
