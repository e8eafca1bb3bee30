/**
 * The registrations of all trunks: begun and ended together, asked by calls for their way to a carrier, and by requests
 * that come in for the trunk they belong to.
 *
 * @module
 */

import type { Timed, Timer } from "../base/clock.ts";
import type { SipRequest } from "../message/message.ts";
import { parseNameAddr } from "../message/name_addr.ts";
import type { SipUri } from "../message/uri.ts";
import { type Address, bracketed, type Target } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";
import type { Binding, RegistrationGround } from "./registration_ground.ts";
import { RegisteredIndex } from "./registered_index.ts";
import type { RegistrationSettings } from "./registration_settings.ts";
import {
  type RegistrationState,
  TrunkRegistration,
} from "./trunk_registration.ts";
import type { TrunkSettings } from "./trunk_table.ts";

/** The way of a request to a carrier that we are registered at. */
export interface RegisteredWay {
  /** The next hop: the server, or the first of the service route. */
  readonly uri: SipUri;
  /** Where the registrar answered. */
  readonly first: Target | undefined;
  readonly flow: Flow | undefined;
  /** RFC 3608: Route values, the next hop first. */
  readonly routes: readonly string[];
}

/** The registrations of those trunks that register; undefined where there are none. */
export function registrationsOf(
  trunks: readonly TrunkSettings[] | undefined,
  ground: RegistrationGround,
): Registrations | undefined {
  const any = trunks?.some(({ register }) => register !== undefined);
  return any ? new Registrations(trunks ?? [], ground) : undefined;
}

/** Trunks that begin together are spread by this. */
const SPREAD_MS = 20;

/** See the module's text. */
export class Registrations implements Timed {
  readonly #ground: RegistrationGround;
  readonly #trunks = new Map<string, TrunkRegistration>();
  readonly #settings = new Map<string, RegistrationSettings>();
  readonly #byLine = new Map<string, string>();
  readonly #index = new RegisteredIndex();
  /** Those that have not begun. */
  #waiting: TrunkRegistration[] = [];
  #beginning: Timer | undefined;

  constructor(trunks: readonly TrunkSettings[], ground: RegistrationGround) {
    this.#ground = ground;
    for (const { name, register } of trunks) {
      if (register === undefined) continue;
      this.#trunks.set(
        name,
        new TrunkRegistration(
          name,
          register,
          ground,
          ({ serving }) => this.#index.update(name, serving),
        ),
      );
      this.#settings.set(name, register);
      if (register.line !== undefined) this.#byLine.set(register.line, name);
    }
  }

  /** Registers all of them. */
  start(): void {
    this.#waiting = [...this.#trunks.values()];
    this.#beginning = this.#ground.clock.schedule(0, this, "start");
  }

  /** Ends them; `unregister`: bindings are taken back where the settings have it so. */
  stop({ unregister }: { unregister: boolean }): void {
    this.#waiting = [];
    this.#ground.clock.cancel(this.#beginning);
    for (const [name, trunk] of this.#trunks) {
      const { unregisterOnDrain } = this.#settings.get(name)!;
      trunk.stop({ unregister: unregister && unregisterOnDrain });
    }
  }

  /** REGISTERs are on their way. */
  get busy(): boolean {
    return this.#trunks.values().some(({ busy }) => busy);
  }

  /** One for each place of a trunk; none for a trunk that does not register. */
  statesOf(trunk: string): readonly RegistrationState[] {
    return this.#trunks.get(trunk)?.states ?? [];
  }

  /**
   * A trunk's servers in the order that calls try them: those it is registered at first, of them those whose last refresh
   * went well; those that would not have us last. None where it is registered nowhere and calls want that.
   */
  serversOf({ name, servers }: TrunkSettings): readonly SipUri[] {
    const trunk = this.#trunks.get(name);
    if (trunk === undefined) return servers;
    const { serving, failing } = trunk;
    if (serving.length === 0 && this.#settings.get(name)!.required) return [];
    const well = serving.filter(({ failures }) => failures === 0);
    const ranks = [well, serving].map((some) =>
      some.flatMap((one) =>
        servers.find((server) => samePlace(server, one.server)) ?? []
      )
    );
    const refusing = servers.filter((server) =>
      failing.some((one) => samePlace(server, one.server))
    );
    const others = servers.filter((server) => !refusing.includes(server));
    return [...new Set([...ranks.flat(), ...others, ...refusing])];
  }

  /** How a request to one of a trunk's servers goes; undefined where no registration says. */
  wayTo(name: string | undefined, server: SipUri): RegisteredWay | undefined {
    const trunk = name === undefined ? undefined : this.#trunks.get(name);
    const serving = trunk?.serving ?? [];
    const registration = serving.find((one) => samePlace(one.server, server));
    const binding = (registration ?? serving[0])?.binding;
    if (binding === undefined) return undefined;
    const way = registration === undefined ? undefined : binding;
    const { serviceRoute: routes } = binding;
    const hop = routes[0] === undefined
      ? undefined
      : parseNameAddr(routes[0])?.sipUri;
    // RFC 5626 §4.3 has requests leave on the flow that is registered; a service route else names its own first hop.
    const direct = hop === undefined ||
      binding.outbound !== undefined;
    return {
      uri: hop ?? server,
      first: direct ? way?.target : undefined,
      flow: way?.flow,
      routes,
    };
  }

  /**
   * The trunk of a request that came to a Contact of ours: by the parameter that only its carrier was told; or by our
   * user part where it comes from where that user is registered.
   */
  trunkOf(request: SipRequest, flow: Flow): string | undefined {
    const uri = request.sipUri;
    if (uri === undefined) return undefined;
    const line = uri.param("line");
    const byLine = line === undefined ? undefined : this.#byLine.get(line);
    if (byLine !== undefined) return byLine;
    if (uri.user === undefined) return undefined;
    return this.#index.at(flow).find(({ trunk }) =>
      this.#settings.get(trunk)?.contactUser === uri.user
    )?.trunk;
  }

  /** The one trunk that is registered where a request comes from. */
  loneTrunkAt(flow: Flow): string | undefined {
    const found = this.#index.at(flow);
    return found.length === 1 ? found[0]?.trunk : undefined;
  }

  /** What our Contact says to a peer on that flow instead of the listener's address: `host:port`. */
  sentByOn(flow: Flow): string | undefined {
    const contact = this.#bindingOn(flow)?.contact;
    if (contact === undefined) return undefined;
    const host = bracketed(contact.host);
    return contact.port === undefined ? host : `${host}:${contact.port}`;
  }

  /** RFC 5626: the registrar keeps to this flow, and knows `ob`. */
  isOutbound(flow: Flow): boolean {
    return this.#bindingOn(flow)?.outbound === "rfc5626";
  }

  /** What the network shows of us on a flow has changed: a STUN of someone else's says so. */
  seenAt(address: Address, flow: Flow): void {
    for (const { registration } of this.#index.at(flow)) {
      registration.onMappedAddress(address);
    }
  }

  onTimer(_name: string): void {
    const next = this.#waiting.shift();
    if (next === undefined) return;
    next.start();
    if (this.#waiting.length > 0) {
      const { clock } = this.#ground;
      this.#beginning = clock.schedule(SPREAD_MS, this, "start");
    }
  }

  #bindingOn(flow: Flow): Binding | undefined {
    return this.#index.at(flow)[0]?.registration.binding;
  }
}

function samePlace(a: SipUri, b: SipUri): boolean {
  return a.host.toLowerCase() === b.host.toLowerCase() && a.port === b.port &&
    a.param("transport")?.toLowerCase() ===
      b.param("transport")?.toLowerCase();
}
