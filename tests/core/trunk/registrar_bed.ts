/** A registrar on a virtual clock, and devices that register with it. */

import { CountingObserver } from "../../../core/base/observer.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import {
  digestCredentials,
  parseChallenge,
} from "../../../core/message/digest.ts";
import { digestSecret } from "../../../core/message/digest_check.ts";
import { Headers } from "../../../core/message/headers.ts";
import { SipRequest } from "../../../core/message/message.ts";
import type { Flow } from "../../../core/transport/flow.ts";
import type { LocationStore } from "../../../core/trunk/location_store.ts";
import type { RegisterAnswer } from "../../../core/trunk/register_answer.ts";
import {
  type RegisterGrant,
  Registrar,
} from "../../../core/trunk/registrar.ts";
import {
  DEFAULT_REGISTRAR,
  type RegistrarSettings,
  type RegistrarUser,
} from "../../../core/trunk/registrar_settings.ts";

/** Tuesday, 1 September 2026, noon. */
export const NOON_MS = Date.UTC(2026, 8, 1, 12);
export const BOB = "sip:bob@example.com";

/** What a REGISTER of a test says. */
export interface Said {
  contact?: string | readonly string[];
  expires?: string | number;
  callId?: string;
  cseq?: number;
  to?: string;
  uri?: string;
  headers?: Readonly<Record<string, string>>;
  /** Via values below the top one. */
  proxies?: number;
  flow?: Flow;
  grant?: RegisterGrant;
}

/** See the file's text. */
export class RegistrarBed {
  readonly clock = new TimerWheel(0, { wallTimeMs: NOON_MS });
  readonly observer = new CountingObserver();
  readonly registrar: Registrar;
  #cseq = 0;
  #nc = 0;

  constructor(
    options: {
      settings?: Partial<RegistrarSettings>;
      store?: LocationStore;
    } = {},
  ) {
    this.registrar = new Registrar({
      clock: this.clock,
      random: seededRandom(1),
      observer: this.observer,
      store: options.store,
      settings: {
        ...DEFAULT_REGISTRAR,
        domains: ["example.com", "192.0.2.1"],
        realm: "example.com",
        users: new Map([user("bob"), user("carol")]),
        algorithms: ["SHA-256", "MD5"],
        ...options.settings,
      },
    });
  }

  /** A REGISTER that somebody else has vouched for; its answer comes at once. */
  register(said: Said): RegisterAnswer {
    const [answer] = this.answers(said);
    if (answer === undefined) throw new Error("there is no answer yet");
    return answer;
  }

  /** The same; the answer is added when it comes. */
  answers(said: Said): RegisterAnswer[] {
    const answers: RegisterAnswer[] = [];
    this.registrar.register({
      request: this.request(said),
      flow: said.flow ?? udpFlow(),
      grant: said.grant ?? {},
    }, (answer) => answers.push(answer));
    return answers;
  }

  /** A REGISTER without anybody's word for it. */
  ask(said: Said, authorization?: string): RegisterAnswer {
    const answers: RegisterAnswer[] = [];
    const request = this.request(said);
    if (authorization !== undefined) {
      request.headers.append("Authorization", authorization);
    }
    const flow = said.flow ?? udpFlow();
    this.registrar.register({ request, flow }, (answer) => {
      answers.push(answer);
    });
    return answers[0]!;
  }

  /** Challenged and answered. */
  login(
    said: Said,
    who: { username: string; password: string; nc?: number },
  ): RegisterAnswer {
    const { headers } = this.ask(said);
    return this.ask(said, this.credentials(headers, said, who));
  }

  /** The answer to the topmost challenge. */
  credentials(
    headers: Headers,
    said: Said,
    { username, password, nc = 1 }: {
      username: string;
      password: string;
      nc?: number;
    },
  ): string {
    const challenge = parseChallenge(headers.get("WWW-Authenticate") ?? "");
    if (challenge === undefined) throw new Error("there was no challenge");
    return digestCredentials(challenge, {
      username,
      password,
      method: "REGISTER",
      uri: said.uri ?? "sip:example.com",
      count: nc,
      cnonce: `c${this.#nc++}`,
    });
  }

  request(said: Said): SipRequest {
    const headers = new Headers();
    headers.append("Via", "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKa");
    for (let i = 0; i < (said.proxies ?? 0); i++) {
      headers.append("Via", `SIP/2.0/UDP 10.0.0.${i + 1};branch=z9hG4bKb${i}`);
    }
    headers.append("From", `<${said.to ?? BOB}>;tag=1`);
    headers.append("To", `<${said.to ?? BOB}>`);
    headers.append("Call-ID", said.callId ?? "one");
    headers.append("CSeq", `${said.cseq ?? ++this.#cseq} REGISTER`);
    for (const value of [said.contact ?? []].flat()) {
      headers.append("Contact", value);
    }
    if (said.expires !== undefined) {
      headers.append("Expires", String(said.expires));
    }
    for (const [name, value] of Object.entries(said.headers ?? {})) {
      headers.append(name, value);
    }
    return new SipRequest("REGISTER", said.uri ?? "sip:example.com", headers);
  }

  /** The Contact URIs of bob, in the order of calls. */
  contacts(name = "bob"): string[] {
    return this.registrar.find(name).map(({ contact }) => contact);
  }
}

/** Somebody with the password `secret`. */
export function user(name: string): [string, RegistrarUser] {
  const account = { username: name, realm: "example.com", password: "secret" };
  return [name, {
    name,
    secrets: {
      "MD5": digestSecret("MD5", account),
      "SHA-256": digestSecret("SHA-256", account),
    },
    aors: [`sip:${name}@example.com`],
  }];
}

/** Where datagrams come from. */
export function udpFlow(host = "192.0.2.9", port = 5060): Flow {
  return flow("UDP", { host, port });
}

/** A connection; `open` may be changed. */
export function tcpFlow(
  host = "192.0.2.9",
  port = 40_000,
): Flow & { open: boolean } {
  return flow("TCP", { host, port });
}

function flow(
  transport: "UDP" | "TCP",
  remote: { host: string; port: number },
): Flow & { open: boolean } {
  const local = { host: "192.0.2.1", port: 5060 };
  return {
    transport,
    reliable: transport === "TCP",
    local,
    remote,
    listener: `${transport.toLowerCase()}:192.0.2.1:5060`,
    sentBy: "192.0.2.1:5060",
    open: true,
  };
}
