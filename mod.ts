/**
 * Legwork: a programmable SIP back-to-back user agent. As a program, `deno run -P mod.ts help` says what it can do; as
 * a module it is the {@linkcode B2bua} and what it is made of.
 *
 * A B2BUA is given everything it knows of the world, so that a test can give it a virtual clock and a network in
 * memory. With real ones, and plain TypeScript hooks in place of a script:
 *
 * @example Route every call to one server
 * ```ts
 * import * as legwork from "./mod.ts";
 *
 * const clock = new legwork.SystemClock();
 * const b2bua = new legwork.B2bua({
 *   clock,
 *   random: new legwork.SystemRandom(),
 *   dns: new legwork.DenoDns(),
 *   observer: new legwork.CountingObserver(),
 *   transports: [new legwork.UdpTransport({ host: "127.0.0.1", port: 0 })],
 *   unknownPeers: "accept",
 *   policy: legwork.fixedPolicy({
 *     onInvite: (call) =>
 *       call.from.user === "anonymous"
 *         ? legwork.reject(433)
 *         : legwork.route("sip:127.0.0.1:5080"),
 *   }),
 * });
 * await b2bua.open();
 * console.log(b2bua.listeners);
 *
 * await b2bua.close();
 * clock.stop();
 * ```
 *
 * @module
 */

// The B2BUA.
export { B2bua } from "./core/call/b2bua.ts";
export type { B2buaOptions } from "./core/call/b2bua_options.ts";
export type { CallTimes, RouteRule } from "./core/call/call_context.ts";
export type { TrunkSettings } from "./core/trunk/trunk_table.ts";
export {
  type ContactSource,
  DEFAULT_RETRY_TIMES,
  type Outbound,
  type RegistrationSettings,
  type RetryTimes,
} from "./core/trunk/registration_settings.ts";
export type { RegistrationState } from "./core/trunk/trunk_registration.ts";
export type { FlowKeepAliveSettings } from "./core/trunk/flow_keep_alive.ts";
export type { RegisterAnswer } from "./core/trunk/register_answer.ts";
export {
  type RegisterArrival,
  type RegisterGrant,
  Registrar,
  type RegistrarOptions,
} from "./core/trunk/registrar.ts";
export {
  DEFAULT_REGISTRAR,
  type RegistrarSettings,
  type RegistrarUser,
} from "./core/trunk/registrar_settings.ts";
export type { FailureLimits } from "./core/trunk/failure_watch.ts";
export { type Binding, LocationTable } from "./core/trunk/location_table.ts";
export {
  type BindingSource,
  type LocationStore,
  LocationStoreError,
  type StoredBinding,
  type StoredLocation,
} from "./core/trunk/location_store.ts";
export { SqliteLocationStore } from "./app/sqlite_location_store.ts";
export { digestSecret } from "./core/message/digest_check.ts";
export type {
  KeepAliveKind,
  KeepAliveSettings,
  StatusRange,
} from "./core/trunk/keep_alive_settings.ts";
export type {
  TrunkAddressState,
  TrunkCondition,
  TrunkServerState,
  TrunkState,
} from "./core/trunk/trunk_state.ts";
export { type MatchRule, parseMatchRule } from "./core/trunk/match_rule.ts";
export type { TransactionTimers } from "./core/transaction/timers.ts";

// Hooks and what they decide.
export {
  type AddressView,
  type AnswerView,
  type AttributesView,
  type Awaitable,
  type BodyView,
  type CallSummary,
  type CallView,
  type Codec,
  type CodecsView,
  type ContentView,
  type DiversionView,
  type DtmfView,
  type FailureView,
  fixedPolicy,
  type HeadersView,
  type HistoryView,
  type KeepAliveView,
  type LegView,
  type MediaView,
  type MessageHook,
  type MessageHooks,
  type MessageView,
  type PartyView,
  type Policy,
  type PolicySource,
  type PrivacyView,
  type ProgressView,
  type ReadHeaders,
  type ReasonView,
  type ReferView,
  type RefreshOutcomeView,
  type RefreshView,
  type ReportedError,
  type SdpView,
  type TargetView,
  type UpdateKind,
  type UpdateView,
  type UriView,
  type ValueView,
} from "./core/call/policy.ts";
export * from "./core/call/decisions.ts";
export { compositePolicy, compositeSource } from "./scripts/composite.ts";

// Sandboxed scripts.
export { Engine } from "./scripts/engine.ts";
export { ScriptHost } from "./scripts/revisions.ts";
export { type FaultKind, type Position, ScriptFault } from "./scripts/fault.ts";
export { DEFAULT_SCRIPT_LIMITS, type ScriptLimits } from "./scripts/limits.ts";

// The world, real and simulated.
export type { Clock, Timed, Timer } from "./core/base/clock.ts";
export { TimerWheel } from "./core/base/timer_wheel.ts";
export {
  type HostTime,
  SystemClock,
  type SystemClockOptions,
} from "./app/system_clock.ts";
export { type Random, seededRandom } from "./core/base/random.ts";
export { SystemRandom } from "./app/system_random.ts";
export { DEFAULT_LIMITS, type Limits } from "./core/base/limits.ts";
export {
  CountingObserver,
  type LogLevel,
  type LogRecord,
  type Observer,
} from "./core/base/observer.ts";
export { LegworkError, StateError } from "./core/base/errors.ts";

// Transports and names.
export type {
  Address,
  Target,
  TransportName,
} from "./core/transport/address.ts";
export type { Flow } from "./core/transport/flow.ts";
export type {
  FramingProblem,
  Transport,
  TransportEvents,
} from "./core/transport/transport.ts";
export type { Tap } from "./core/transport/transport_layer.ts";
export { ListenError } from "./core/transport/listen_error.ts";
export { UdpTransport } from "./core/transport/udp.ts";
export { type TcpOptions, TcpTransport } from "./core/transport/tcp.ts";
export {
  type Fate as MemoryFate,
  MemoryNetwork,
  MemoryTransport,
  type Passage as MemoryPassage,
} from "./core/transport/memory.ts";
export {
  type Dns,
  DnsFailure,
  type Naptr,
  type Srv,
} from "./core/transport/dns.ts";
export { DenoDns, type DenoDnsOptions } from "./app/deno_dns.ts";

// Messages.
export {
  type CSeq,
  type SipMessage,
  SipRequest,
  SipResponse,
} from "./core/message/message.ts";
export { HeaderLine, Headers } from "./core/message/headers.ts";
export { NameAddr, parseNameAddr } from "./core/message/name_addr.ts";
export { parseSipUri, SipUri } from "./core/message/uri.ts";
export {
  type Parsed,
  parseMessage,
  type ParseProblem,
} from "./core/message/parse.ts";
export { serialize } from "./core/message/serialize.ts";
export { fromText, toText } from "./core/message/bytes.ts";

if (import.meta.main) {
  const { main } = await import("./app/main.ts");
  Deno.exit(await main(Deno.args));
}
