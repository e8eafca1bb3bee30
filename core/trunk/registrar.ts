/**
 * The registrar: what is bound to which address-of-record, and since when (RFC 3261 section 10, RFC 3327, RFC 5626).
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import type { Random } from "../base/random.ts";
import { detached, toText } from "../message/bytes.ts";
import { Headers } from "../message/headers.ts";
import type { SipRequest } from "../message/message.ts";
import type { Address } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";
import { updated, type UpdateGround } from "./binding_update.ts";
import type { LocationStore, StoredBinding } from "./location_store.ts";
import { type Binding, LocationTable } from "./location_table.ts";
import { MemoryLocationStore } from "./memory_location_store.ts";
import { okHeaders, plain, type RegisterAnswer } from "./register_answer.ts";
import {
  hops,
  outboundOf,
  pathOf,
  registerWish,
  supports,
} from "./register_request.ts";
import { RegistrarGuard } from "./registrar_guard.ts";
import {
  aorOf,
  DEFAULT_REGISTRAR,
  namedAor,
  type RegistrarSettings,
  serves,
} from "./registrar_settings.ts";
import { Turns } from "./turns.ts";

/** What a {@linkcode Registrar} is made of. */
export interface RegistrarOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  /** Default: nobody is served but by a policy. */
  readonly settings?: RegistrarSettings | undefined;
  /** Default: one that ends with the process. */
  readonly store?: LocationStore | undefined;
  /** A device was told a Flow-Timer on this flow. */
  onFlowTimed?(flow: Flow): void;
}

/** What somebody else has decided of a REGISTER: no credentials are asked for then. */
export interface RegisterGrant {
  /** In place of that of To. */
  readonly aor?: string | undefined;
  /** At most this long. */
  readonly expiresSeconds?: number | undefined;
}

/** A REGISTER and where it came from. */
export interface RegisterArrival {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly grant?: RegisterGrant | undefined;
}

/** See the module's text. */
export class Registrar {
  readonly settings: RegistrarSettings;
  readonly table: LocationTable;
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #store: LocationStore;
  readonly #guard: RegistrarGuard;
  readonly #onFlowTimed: (flow: Flow) => void;
  /** §10.3: "REGISTER requests MUST be processed by a registrar in the order that they are received." */
  readonly #turns: Turns;

  constructor(options: RegistrarOptions) {
    this.settings = options.settings ?? DEFAULT_REGISTRAR;
    this.table = new LocationTable(options.clock);
    this.#clock = options.clock;
    this.#observer = options.observer;
    this.#store = options.store ?? new MemoryLocationStore();
    this.#turns = new Turns(options.observer);
    this.#guard = new RegistrarGuard(this.settings, options);
    this.#onFlowTimed = options.onFlowTimed ?? ((): void => {});
  }

  /** Reads what the store holds. Rejects with a `LocationStoreError`. */
  async open(): Promise<void> {
    this.table.restore(await this.#store.load(this.#clock.wallTime()));
  }

  /** Lets go of the store. */
  close(): void {
    this.#store.close();
  }

  /** True when it has users or domains of its own: REGISTERs are its business. */
  get enabled(): boolean {
    return this.settings.domains.length > 0;
  }

  /** What is bound to `aor:bob`, `bob@example.com` or `sip:bob@example.com`, the preferred first. */
  find(name: string): readonly Binding[] {
    const aor = namedAor(name, this.settings);
    if (aor === undefined) return [];
    return this.table.of(aor).toSorted((a, b) =>
      b.q - a.q || b.updatedAtMs - a.updatedAtMs
    );
  }

  /** The binding that a request from there belongs to. */
  bindingAt(address: Address, listener: string): Binding | undefined {
    return this.table.size === 0
      ? undefined
      : this.table.at(address, listener)[0];
  }

  /** The same binding as it is now: registered again since, or gone. */
  latest(binding: Binding): Binding | undefined {
    return this.table.of(binding.aor).find((other) =>
      binding.regId === undefined
        ? other.contact === binding.contact
        : other.instance === binding.instance && other.regId === binding.regId
    );
  }

  /**
   * §10.3 step 1: "The registrar inspects the Request-URI to determine whether it has access to bindings for the domain
   * identified in the Request-URI."
   */
  serves({ sipUri }: SipRequest): boolean {
    return sipUri !== undefined && serves(this.settings, sipUri.host);
  }

  /** Processes a REGISTER; `answer` is called once, at once where the store answers at once. */
  register(
    arrival: RegisterArrival,
    answer: (answer: RegisterAnswer) => void,
  ): void {
    const entry = this.#enter(arrival);
    if ("status" in entry) {
      answer(entry);
      return;
    }
    const { aor } = entry;
    this.#turns.take(aor, {
      start: () => this.#process({ ...arrival, aor }, answer),
      refuse: () => answer(plain(500, "Too Many Requests Waiting")),
    });
  }

  /** Removes by hand what is bound to an address-of-record, or one Contact of it; gives how many. */
  remove(name: string, contact?: string): Promise<number> {
    const aor = namedAor(name, this.settings);
    if (aor === undefined) return Promise.resolve(0);
    return new Promise((resolve) =>
      this.#withdraw(aor, {
        isGone: (binding) =>
          contact === undefined || binding.contact === contact,
        done: resolve,
      })
    );
  }

  /** A connection is gone: what was registered over it as a flow (RFC 5626) is reached no more. */
  flowClosed(flow: Flow): void {
    if (this.table.size === 0) return;
    for (const aor of new Set(this.table.on(flow).map(({ aor }) => aor))) {
      this.#withdraw(aor, {
        isGone: (binding) =>
          binding.flow === flow && binding.regId !== undefined,
        done: (lost) => {
          if (lost > 0) this.#observer.count("registrar_flows_lost", lost);
        },
      });
    }
  }

  /** Takes bindings away, in the turn of their address-of-record; says how many. */
  #withdraw(
    aor: string,
    { isGone, done }: {
      isGone(binding: Binding): boolean;
      done(count: number): void;
    },
  ): void {
    this.#turns.take(aor, {
      start: () => {
        const before = this.table.of(aor);
        const left = before.filter((binding) => !isGone(binding));
        const count = before.length - left.length;
        if (count > 0) {
          return this.#commit(aor, left, (kept) => done(kept ? count : 0));
        }
        done(0);
      },
      refuse: () => done(0),
    });
  }

  /** Steps 2 to 5 of §10.3: who asks, and for which address-of-record. */
  #enter(
    { request, flow, grant }: RegisterArrival,
  ): RegisterAnswer | { aor: string } {
    const to = request.to?.sipUri;
    const own = to === undefined ? undefined : aorOf(to, this.settings);
    if (grant !== undefined) {
      const aor = grant.aor === undefined
        ? own
        : namedAor(grant.aor, this.settings);
      return aor === undefined ? plain(404) : { aor };
    }
    // §10.3 step 3: "A registrar SHOULD authenticate the UAC."
    const verdict = this.#guard.judge(request, {
      source: flow.remote,
      isKnown: ({ aors }) =>
        aors.some((aor) =>
          this.table.of(aor).some(({ source }) =>
            source.host === flow.remote.host
          )
        ),
    });
    if (verdict.kind === "refused") {
      return { status: verdict.status, headers: verdict.headers };
    }
    // Step 5: "If the address-of-record is not valid for the domain in the Request-URI, the registrar MUST send a 404
    // (Not Found) response and skip the remaining steps."
    if (
      to === undefined || own === undefined || !serves(this.settings, to.host)
    ) {
      return plain(404);
    }
    // Step 4: "If the authenticated user is not authorized to modify bindings, the registrar MUST return a 403 (Forbidden)
    // and skip the remaining steps." What does not exist is not told from what is somebody else's.
    return verdict.user.aors.includes(own) ? { aor: own } : plain(403);
  }

  /** Steps 6 to 8. */
  #process(
    { request, flow, grant, aor }: RegisterArrival & { aor: string },
    answer: (answer: RegisterAnswer) => void,
  ): void | Promise<void> {
    const wish = registerWish(request);
    if (wish.kind === "malformed") {
      answer(plain(400, wish.reason));
      return;
    }
    const direct = hops(request) === 1;
    const path = this.settings.path === "off" ? [] : pathOf(request);
    if (path === undefined) {
      answer(plain(400, "Malformed Path"));
      return;
    }
    const knowsPath = supports(request, "path");
    // RFC 3327 §5.3 leaves it to policy whether a device must know the Path that a proxy has put in.
    if (path.length > 0 && !knowsPath && this.settings.path === "strict") {
      answer({
        status: 420,
        headers: new Headers().append("Unsupported", "path"),
      });
      return;
    }
    const outbound = outboundOf(request, { wish, direct, path });
    if (outbound === "refused") {
      answer(plain(439, "First Hop Lacks Outbound Support"));
      return;
    }
    const ok = (bindings: readonly Binding[]): RegisterAnswer => ({
      status: 200,
      headers: okHeaders(bindings, {
        nowMs: this.#clock.wallTime(),
        path: knowsPath ? path : [],
        outbound,
        flowTimerSeconds: outbound && direct
          ? this.settings.flowTimerSeconds
          : 0,
      }),
    });
    const current = this.table.of(aor);
    if (wish.kind === "fetch") {
      answer(ok(current));
      return;
    }
    const result = updated(
      current,
      wish,
      this.#ground({ request, flow, grant, aor }, { direct, path, outbound }),
    );
    if (result.kind === "refused") {
      answer(this.#refusal(result.status, result.reason));
      return;
    }
    const { bindings } = result;
    const full = this.#full(current, bindings, flow);
    if (full !== undefined) {
      answer(full);
      return;
    }
    return this.#commit(aor, bindings, (done) => {
      if (done) this.#observer.count("registrar_changes");
      // §10.3 step 7: "If any one of them fails (for example, because the back-end database commit failed), the request
      // MUST fail with a 500 (Server Error) response and all tentative binding updates MUST be removed."
      answer(done ? ok(this.table.of(aor)) : plain(500));
      if (done && outbound && direct) this.#onFlowTimed(flow);
    });
  }

  #ground(
    { request, flow, grant, aor }: RegisterArrival & { aor: string },
    how: { direct: boolean; path: readonly string[]; outbound: boolean },
  ): UpdateGround {
    const { settings } = this;
    const granted = grant?.expiresSeconds ?? settings.maxExpiresSeconds;
    const agent = request.headers.get("User-Agent");
    return {
      aor,
      nowMs: this.#clock.wallTime(),
      callId: detached(request.callId),
      cseq: request.cseq?.number ?? 0,
      source: {
        transport: flow.transport,
        ...flow.remote,
        listener: flow.listener,
      },
      flow,
      ...how,
      userAgent: agent === undefined
        ? undefined
        : detached(agent.slice(0, LONGEST_AGENT)),
      settings: {
        ...settings,
        maxExpiresSeconds: Math.min(granted, settings.maxExpiresSeconds),
        defaultExpiresSeconds: Math.min(
          granted,
          settings.defaultExpiresSeconds,
        ),
      },
    };
  }

  /** The bounds on all registrations together and on those of one source. */
  #full(
    current: readonly Binding[],
    next: readonly Binding[],
    flow: Flow,
  ): RegisterAnswer | undefined {
    const more = next.length - current.length;
    if (more <= 0) return undefined;
    const { maxBindings, maxPerSource } = this.settings;
    const { table } = this;
    const { host } = flow.remote;
    const isFull = (): "all" | "source" | undefined =>
      table.size + more > maxBindings
        ? "all"
        : table.countFrom(host) + more > maxPerSource
        ? "source"
        : undefined;
    if (isFull() === undefined) return undefined;
    table.sweep();
    const which = isFull();
    if (which === undefined) return undefined;
    this.#observer.count(
      which === "all" ? "registrar_full" : "registrar_source_full",
    );
    const headers = new Headers().append("Retry-After", "60");
    return { status: 503, headers };
  }

  #refusal(status: number, reason: string): RegisterAnswer {
    const headers = new Headers();
    if (status === 423) {
      // §10.3 step 7: "This response MUST contain a Min-Expires header field that states the minimum expiration interval
      // the registrar is willing to honor."
      const { minExpiresSeconds } = this.settings;
      headers.append("Min-Expires", String(minExpiresSeconds));
    }
    if (status === 403) this.#observer.count("registrar_aor_full");
    return { status, reason, headers };
  }

  /** Shows the change when the store has it; a store that fails leaves all as it was. */
  #commit(
    aor: string,
    bindings: readonly Binding[],
    done: (done: boolean) => void,
  ): void | Promise<void> {
    const failed = (error: unknown): void => {
      this.#observer.count("registrar_store_failed");
      this.#observer.log({
        level: "error",
        text: "A registration could not be kept",
        fields: {
          aor: toText(aor),
          error: error instanceof Error ? error.message : String(error),
        },
      });
      done(false);
    };
    const kept = (): void => {
      this.table.set(aor, bindings);
      done(true);
    };
    try {
      const waiting = this.#store.commit({
        aor,
        bindings: bindings.map(stored),
      });
      if (waiting instanceof Promise) return waiting.then(kept, failed);
    } catch (error) {
      failed(error);
      return;
    }
    kept();
  }
}

const LONGEST_AGENT = 200;

function stored(
  { aor: _aor, flow: _flow, ...binding }: Binding,
): StoredBinding {
  return binding;
}
