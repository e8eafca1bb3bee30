/**
 * The registrations of all trunks: begun and ended together, asked by calls for their way to a carrier, and by requests
 * that come in for the trunk they belong to.
 *
 * @module
 */

import type { Timed } from "../base/clock.ts";
import type { SipRequest } from "../message/message.ts";
import { parseNameAddr } from "../message/name_addr.ts";
import type { SipUri } from "../message/uri.ts";
import { bracketed, sameAddress, type Target } from "../transport/address.ts";
import type { Address } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";
import type { Binding, RegistrationGround } from "./registration.ts";
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

/** A trunk that registers. */
export type RegisteringTrunk = TrunkSettings & {
  readonly register: RegistrationSettings;
};

/** Trunks that begin together are spread by this. */
const SPREAD_MS = 20;

/** See the module's text. */
export class Registrations implements Timed {
  readonly #ground: RegistrationGround;
  readonly #trunks = new Map<string, TrunkRegistration>();
  readonly #settings = new Map<string, RegistrationSettings>();
  readonly #byLine = new Map<string, string>();
  /** Those that have not begun. */
  #waiting: TrunkRegistration[] = [];

  constructor(trunks: readonly RegisteringTrunk[], ground: RegistrationGround) {
    this.#ground = ground;
    for (const { name, register } of trunks) {
      this.#trunks.set(name, new TrunkRegistration(name, register, ground));
      this.#settings.set(name, register);
      if (register.line !== undefined) this.#byLine.set(register.line, name);
    }
  }

  /** Registers all of them. */
  start(): void {
    this.#waiting = [...this.#trunks.values()];
    this.onTimer("start");
  }

  /** Ends them; `unregister`: bindings are taken back where the settings have it so. */
  stop({ unregister }: { unregister: boolean }): void {
    this.#waiting = [];
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
   * A trunk's servers in the order that calls try them: those it is registered at first. None where it is registered
   * nowhere and calls want that.
   */
  serversOf({ name, servers }: TrunkSettings): readonly SipUri[] {
    const trunk = this.#trunks.get(name);
    if (trunk === undefined) return servers;
    const serving = trunk.serving.map(({ server }) => server);
    if (serving.length === 0) {
      return this.#settings.get(name)!.required ? [] : servers;
    }
    const registered = serving.flatMap((one) =>
      servers.filter((server) => samePlace(server, one)).slice(0, 1)
    );
    return [
      ...registered,
      ...servers.filter((server) => !registered.includes(server)),
    ];
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
    const direct = hop === undefined || binding.outbound;
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
    return this.#at(flow).find((name) =>
      this.#settings.get(name)?.contactUser === uri.user
    );
  }

  /** The one trunk that is registered where a request comes from. */
  loneTrunkAt(flow: Flow): string | undefined {
    const found = this.#at(flow);
    return found.length === 1 ? found[0] : undefined;
  }

  /** What our Contact says to a peer on that flow instead of the listener's address: `host:port`. */
  sentByOn(flow: Flow): string | undefined {
    const contact = this.#bindingOn(flow)?.contact;
    if (contact === undefined) return undefined;
    const host = bracketed(contact.host);
    return contact.port === undefined ? host : `${host}:${contact.port}`;
  }

  /** RFC 5626: the registrar keeps to this flow. */
  isOutbound(flow: Flow): boolean {
    return this.#bindingOn(flow)?.outbound === true;
  }

  /** A connection is gone. */
  flowClosed(flow: Flow): void {
    for (const trunk of this.#trunks.values()) trunk.flowClosed(flow);
  }

  /** What the network shows of a listener of ours has changed: STUN says so. */
  seenAt(address: Address, flow: Flow): void {
    for (const trunk of this.#trunks.values()) {
      for (const one of trunk.serving) {
        if (isSameWay(one.binding, flow)) one.seenAt(address, flow.listener);
      }
    }
  }

  onTimer(_name: string): void {
    const next = this.#waiting.shift();
    if (next === undefined) return;
    next.start();
    if (this.#waiting.length > 0) {
      this.#ground.clock.schedule(SPREAD_MS, this, "start");
    }
  }

  #at(flow: Flow): string[] {
    const found: string[] = [];
    for (const [name, { serving }] of this.#trunks) {
      if (serving.some(({ binding }) => isSameWay(binding, flow))) {
        found.push(name);
      }
    }
    return found;
  }

  #bindingOn(flow: Flow): Binding | undefined {
    for (const { serving } of this.#trunks.values()) {
      for (const { binding } of serving) {
        if (isSameWay(binding, flow)) return binding;
      }
    }
    return undefined;
  }
}

/** Datagrams from where REGISTER went, or the very connection. */
function isSameWay(binding: Binding | undefined, flow: Flow): boolean {
  if (binding === undefined) return false;
  if (binding.flow === flow) return true;
  return !flow.reliable && !binding.flow.reliable &&
    binding.flow.listener === flow.listener &&
    sameAddress(binding.flow.remote, flow.remote);
}

function samePlace(a: SipUri, b: SipUri): boolean {
  return a.host.toLowerCase() === b.host.toLowerCase() && a.port === b.port &&
    a.param("transport")?.toLowerCase() ===
      b.param("transport")?.toLowerCase();
}
