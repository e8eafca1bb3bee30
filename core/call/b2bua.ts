/**
 * The B2BUA: takes what the transaction layer hands up and gives it to the dialog, call or answer it belongs to.
 *
 * @module
 */

import { ChurnMap } from "../base/churn_map.ts";
import { DEFAULT_LIMITS } from "../base/limits.ts";
import { portsInUse } from "../media/media_anchor.ts";
import { DialogTable } from "../dialog/dialog_table.ts";
import { responseTo } from "../message/build.ts";
import type { Headers } from "../message/headers.ts";
import type { SipRequest } from "../message/message.ts";
import { RequestSender } from "../transaction/request_sender.ts";
import type { ServerTransaction } from "../transaction/server_transaction.ts";
import { DEFAULT_TIMERS } from "../transaction/timers.ts";
import {
  TransactionLayer,
  type TransactionUser,
} from "../transaction/transaction_layer.ts";
import type { Address } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";
import { FlowWatch } from "../transport/flow_watch.ts";
import type { WireKeepAlive } from "../transport/keep_alive.ts";
import { Resolver } from "../transport/resolver.ts";
import { TransportLayer } from "../transport/transport_layer.ts";
import { Health } from "../trunk/health.ts";
import { registrationsOf } from "../trunk/registrations.ts";
import type { RegistrationState } from "../trunk/trunk_registration.ts";
import { RefusalMemory } from "../trunk/refusal_memory.ts";
import type { TrunkState } from "../trunk/trunk_state.ts";
import { DynamicTrunks } from "../trunk/dynamic_trunks.ts";
import { Registrar } from "../trunk/registrar.ts";
import { TrunkTable } from "../trunk/trunk_table.ts";
import { refusalOf } from "./admission.ts";
import {
  type B2buaOptions,
  type Census,
  DEFAULT_TIMES,
} from "./b2bua_options.ts";
import { Call } from "./call.ts";
import type { CallOwner, CallState } from "./call_record.ts";
import type { CallContext } from "./call_context.ts";
import { answer, ignore } from "./decisions.ts";
import { KeepAlives, type KeepAliveState } from "./keep_alives.ts";
import { MessagePlanes } from "./message_hooks.ts";
import { ownContact } from "./own_contact.ts";
import type { Policy } from "./policy.ts";
import { fixedPolicy } from "./policy.ts";
import { type KeyOptions, passedKeys } from "./staged_keys.ts";
import { Standalone } from "./standalone.ts";

/** A back-to-back user agent. */
export class B2bua implements TransactionUser {
  /** Who is registered where. */
  readonly registrar: Registrar;
  readonly #options: B2buaOptions;
  readonly #context: CallContext;
  readonly #transport: TransportLayer;
  readonly #transactions: TransactionLayer;
  readonly #flowWatch: FlowWatch;
  readonly #calls = new ChurnMap<string, Call>();
  readonly #dynamicTrunks: DynamicTrunks;
  readonly #planes = new WeakMap<Policy, MessagePlanes>();
  readonly #owner: CallOwner<Call> = {
    onOver: (call, summary) => {
      this.#calls.delete(call.id);
      this.#options.onCallEnd?.(summary);
    },
    onDone: (policy) => this.#context.policies.release(policy),
  };
  #standalone = 0;
  #draining = false;

  constructor(options: B2buaOptions) {
    this.#options = options;
    const timers = { ...DEFAULT_TIMERS, ...options.timers };
    const { clock, random, observer, limits = DEFAULT_LIMITS } = options;
    this.#transport = new TransportLayer({
      transports: options.transports,
      clock,
      random,
      limits,
      observer,
      ...(options.advertise === undefined
        ? {}
        : { advertise: options.advertise }),
      ...(options.tap === undefined ? {} : { tap: options.tap }),
    });
    this.#transactions = new TransactionLayer({
      clock,
      random,
      transport: this.#transport,
      timers,
      limits,
      observer,
      user: this,
      gate: options.gate,
    });
    const names = options.transports.map((transport) => transport.name);
    const resolver = new Resolver({
      dns: options.dns,
      random,
      clock,
      limits,
      supported: [...new Set(names)],
    });
    const trunks = new TrunkTable(options.trunks ?? []);
    const registrar = new Registrar({
      clock,
      random,
      observer,
      settings: options.registrar,
      store: options.locations,
      onFlowTimed: (flow) => this.#flowWatch.keep(flow),
    });
    this.registrar = registrar;
    this.#flowWatch = new FlowWatch({
      clock,
      transport: this.#transport.flows,
      limits,
      observer,
      user: {
        needsFlow: (flow) => registrar.table.needsFlow(flow),
        onFlowGone: (flow) => registrar.flowClosed(flow),
      },
      flowTimerSeconds: registrar.settings.flowTimerSeconds,
      graceSeconds: registrar.settings.flowGraceSeconds,
    });
    this.#dynamicTrunks = new DynamicTrunks(options.trunks ?? [], registrar);
    const policies = options.policy ?? fixedPolicy({});
    const { trace, media } = options;
    const world = { clock, limits, observer, trace, trunks, policies, media };
    const layers = {
      transactions: this.#transactions,
      transport: this.#transport,
    };
    const ground = { clock, random, observer, resolver, ...layers };
    const sender = new RequestSender(ground);
    const { flows } = this.#transport;
    const registrations = registrationsOf(options.trunks, {
      ...ground,
      sender,
      flows,
    });
    const contactFor = (flow: Flow): string => ownContact(flow, registrations);
    this.#context = {
      ...world,
      registrar,
      keepAlives: new KeepAlives(world),
      random,
      sender,
      registrations,
      timers,
      dialogs: new DialogTable(),
      contactFor,
      routes: options.routes ?? [],
      times: { ...DEFAULT_TIMES, ...options.times },
      onInviteFault: options.onInviteFault ?? "route",
      ownInvites: new ChurnMap(),
      timerGround: { clock, random, t1Ms: timers.t1Ms },
      refusals: new RefusalMemory(clock),
      health: new Health(options.trunks ?? [], {
        ...ground,
        contactFor,
      }),
    };
  }

  /** Starts listening; rejects, naming the listener, when an address can not be had. */
  async open(): Promise<void> {
    await this.registrar.open();
    await this.#transport.open();
    this.#context.registrations?.start();
    this.#context.health.start();
  }

  /** What it listens on, as `udp:127.0.0.1:5060`, with the real ports. */
  get listeners(): readonly string[] {
    return this.#transport.listeners;
  }

  /** Calls that are up or being set up. */
  get calls(): number {
    return this.#calls.size;
  }

  /** Those calls, as they stand, the oldest first. */
  get callStates(): readonly CallState[] {
    return this.#calls.values().map((call) => call.state);
  }

  /** Which peer keeps its way to us alive, and how; the one heard of last first. */
  get keepAlives(): readonly KeepAliveState[] {
    return this.#context.keepAlives.states;
  }

  /** How the trunks stand, in the order of the configuration. */
  get trunkStates(): readonly TrunkState[] {
    return this.#context.health.states(this.callStates);
  }

  /** Transactions, dialogs and calls alive, and ports of media in use: all 0 when nothing is left. */
  get census(): Census {
    return {
      calls: this.#calls.size + this.#standalone,
      dialogs: this.#context.dialogs.size,
      transactions: this.#transactions.size,
      ports: portsInUse(this.#context.media),
    };
  }

  /**
   * Sends keys to a leg of a running call, named by its identifier or the start of it, as if the other leg had pressed
   * them. False when there is no such call.
   *
   * @throws {TypeError} for what is no row of keys, {@linkcode RangeError} for more than 64.
   */
  sendKeys(
    call: string,
    leg: "a" | "b",
    keys: string,
    options?: KeyOptions,
  ): boolean {
    const wanted = passedKeys(keys, options);
    const found = this.#calls.get(call) ??
      this.#calls.values().find(({ id }) =>
        call.length >= 4 && id.startsWith(call)
      );
    found?.keys.inject(leg, wanted);
    return found !== undefined;
  }

  /** Flows of registered devices whose pings are waited for, a timer each. */
  get watchedFlows(): number {
    return this.#flowWatch.size;
  }

  /** The name of the trunk a source belongs to. */
  trunkOf(address: Address, listener: string): string | undefined {
    return this.#context.trunks.match(address, listener)?.name ??
      this.#dynamicTrunks.match(address, listener);
  }

  /** A trunk's registrations, one for each server that it is to be registered at. */
  registrationsOf(trunk: string): readonly RegistrationState[] {
    return this.#context.registrations?.statesOf(trunk) ?? [];
  }

  /** REGISTERs of ours are unanswered. */
  get registering(): boolean {
    return this.#context.registrations?.busy === true;
  }

  /** From now on new calls get 503; those that run go on. Registrations are taken back, or run out. */
  drain(): void {
    this.#draining = true;
    this.#context.registrations?.stop({ unregister: true });
  }

  /** Ends what goes on beside calls, without a word to anyone: registrations, keep-alives to trunks. */
  retire(): void {
    this.#context.health.stop();
    this.#context.registrations?.stop({ unregister: false });
  }

  /** Ends all calls: BYE where they are answered. */
  hangUpAll(cause: string): void {
    for (const call of this.#calls.values()) call.hangUp(cause);
  }

  /** Closes the sockets and forgets everything: who still rings us gets 487, answered calls hear nothing more. */
  async close(): Promise<void> {
    this.#draining = true;
    this.retire();
    for (const session of this.#context.dialogs.all()) session.close();
    this.#transactions.close();
    this.#flowWatch.close();
    await this.#transport.close();
    this.registrar.close();
  }

  onRequest(transaction: ServerTransaction): void {
    const { request } = transaction;
    const session = this.#context.dialogs.find(request);
    if (session !== undefined) {
      session.receive(transaction);
      return;
    }
    if (request.to?.tag !== undefined) {
      // §12.2.2: "If the UAS wishes to reject the request because it does not wish to recreate the dialog, it MUST
      // respond to the request with a 481 (Call/Transaction Does Not Exist) status code".
      this.#refuse(transaction, 481);
      return;
    }
    const trunk = this.#trunkOf(transaction);
    const isRegister = request.method === "REGISTER" &&
      this.registrar.serves(request);
    const known = trunk !== undefined || isRegister ||
      this.#isRegistered(transaction);
    const refusal = refusalOf(request, trunk, {
      known,
      isRegister,
      context: this.#context,
      unknownPeers: this.#options.unknownPeers ?? "reject",
      closed: this.#closed,
    });
    if (refusal !== undefined) {
      this.#context.keepAlives.refused(request, transaction.flow);
    }
    if (refusal === "drop") transaction.drop();
    else if (refusal !== undefined) {
      this.#refuse(transaction, refusal.status, refusal);
    } else if (request.method === "INVITE") this.#newCall(transaction, trunk);
    else this.#newStandalone(transaction, trunk);
  }

  onCancel(transaction: ServerTransaction, _cancel: SipRequest): void {
    const { user } = transaction;
    if (user instanceof Call) {
      user.cancel();
      return;
    }
    this.#context.dialogs.find(transaction.request)?.receiveCancel(transaction);
  }

  onAck(ack: SipRequest, _flow: Flow): void {
    const session = this.#context.dialogs.find(ack);
    if (session === undefined) {
      this.#context.observer.count("dialog_stray_acks");
    } else session.receiveAck(ack);
  }

  onFlowClosed(flow: Flow): void {
    this.registrar.flowClosed(flow);
  }

  onStrayResponse(): void {
    this.#context.observer.count("dialog_stray_responses");
  }

  onKeepAlive(kind: WireKeepAlive, bytes: Uint8Array, flow: Flow): boolean {
    const { keepAlives } = this.#context;
    const hasPong = flow.reliable || kind === "stun";
    const { action } = keepAlives.onWire(kind, bytes, {
      flow,
      byDefault: hasPong ? answer() : ignore(),
    });
    // The transport knows the answer of each kind that has one.
    return action !== "answer";
  }

  /** Whoever knows the Contact that we registered is the carrier, wherever it sends from. */
  #trunkOf({ request, flow }: ServerTransaction): string | undefined {
    const { registrations } = this.#context;
    return registrations?.trunkOf(request, flow) ??
      this.trunkOf(flow.remote, flow.listener) ??
      registrations?.loneTrunkAt(flow);
  }

  #newCall(transaction: ServerTransaction, trunk: string | undefined): void {
    const policy = this.#context.policies.acquire();
    const call = new Call({
      context: this.#context,
      invite: transaction,
      trunk,
      policy,
      planes: this.#planesOf(policy),
      owner: this.#owner,
    });
    this.#calls.set(call.id, call);
    this.#context.observer.count("calls");
    call.begin();
  }

  #newStandalone(
    transaction: ServerTransaction,
    trunk: string | undefined,
  ): void {
    const policy = this.#context.policies.acquire();
    this.#standalone++;
    new Standalone({
      context: this.#context,
      transaction,
      trunk,
      policy,
      planes: this.#planesOf(policy),
      draining: this.#draining,
      onDone: () => {
        this.#standalone--;
        this.#context.policies.release(policy);
      },
    }).begin();
  }

  get #closed(): "draining" | "full" | undefined {
    if (this.#draining) return "draining";
    return this.#calls.size >= this.#context.limits.calls ? "full" : undefined;
  }

  /** Whoever has registered may send requests from there. */
  #isRegistered({ flow }: ServerTransaction): boolean {
    return this.registrar.bindingAt(flow.remote, flow.listener) !== undefined;
  }

  #refuse(
    transaction: ServerTransaction,
    status: number,
    parts: { headers?: Headers } = {},
  ): void {
    this.#context.observer.count("requests_refused");
    transaction.respond(responseTo(transaction.request, status, {
      toTag: transaction.toTag,
      ...parts,
    }));
  }

  #planesOf(policy: Policy): MessagePlanes {
    let planes = this.#planes.get(policy);
    if (planes === undefined) {
      planes = new MessagePlanes(
        policy,
        this.#context.observer,
        this.#options.trace,
      );
      this.#planes.set(policy, planes);
    }
    return planes;
  }
}
