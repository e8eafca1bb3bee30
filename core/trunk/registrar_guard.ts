/**
 * Who may register: digest challenges, their answers checked, and guessing slowed (RFC 3261 sections 10.3 and 22, RFC
 * 7616, RFC 8760).
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import type { Random } from "../base/random.ts";
import { toText } from "../message/bytes.ts";
import {
  type DigestAnswer,
  digestChallenge,
  isRightAnswer,
  parseCredentials,
} from "../message/digest_check.ts";
import { Headers } from "../message/headers.ts";
import type { SipRequest } from "../message/message.ts";
import type { Address } from "../transport/address.ts";
import { FailureWatch } from "./failure_watch.ts";
import { Nonces } from "./nonces.ts";
import type { RegistrarSettings, RegistrarUser } from "./registrar_settings.ts";

/** What became of credentials. */
export type Verdict =
  | { readonly kind: "admitted"; readonly user: RegistrarUser }
  | {
    readonly kind: "refused";
    readonly status: 401 | 503 | 400;
    readonly headers: Headers;
  };

/** Where somebody tries. */
export interface Visit {
  readonly source: Address;
  /** It is registered already, from this address: other people's guesses at its name do not keep it out. */
  isKnown(user: RegistrarUser): boolean;
}

/** What failures are counted by. */
interface FailureKeys {
  readonly user: string;
  readonly source: string | undefined;
}

/** Checked in place of the secret of a user that there is none of, so that it takes as long. */
const NO_SECRET = "0".repeat(32);

/** See the module's text. */
export class RegistrarGuard {
  readonly #settings: RegistrarSettings;
  readonly #observer: Observer;
  readonly #nonces: Nonces;
  readonly #bySource: FailureWatch;
  readonly #byUser: FailureWatch;

  constructor(
    settings: RegistrarSettings,
    world: { clock: Clock; random: Random; observer: Observer },
  ) {
    this.#settings = settings;
    this.#observer = world.observer;
    this.#nonces = new Nonces(world, { lifeSeconds: settings.nonceSeconds });
    this.#bySource = new FailureWatch(world.clock, settings.perSource);
    this.#byUser = new FailureWatch(world.clock, settings.perUser);
  }

  /** Judges the credentials of a request for our realm. */
  judge(request: SipRequest, visit: Visit): Verdict {
    const answer = this.#answerOf(request);
    if (answer === undefined) return this.#challenge();
    // RFC 7616 §3.4: the uri is that of the request line; SIP devices write it in ways of their own, so only one that is
    // none at all is refused.
    if (answer.uri === "") return refused(400);
    switch (this.#nonces.judge(answer.nonce)) {
      case "forged":
        return this.#challenge();
      case "stale":
        return this.#challenge({ stale: true });
      case "fresh":
        return this.#check(answer, request, visit);
    }
  }

  #check(
    answer: DigestAnswer,
    request: SipRequest,
    visit: Visit,
  ): Verdict {
    const user = this.#userOf(answer);
    const keys = this.#keysOf(answer, user, visit);
    const waitSeconds = Math.max(
      this.#byUser.waitSeconds(keys.user),
      keys.source === undefined ? 0 : this.#bySource.waitSeconds(keys.source),
    );
    if (waitSeconds > 0) return this.#hold(waitSeconds);
    const secret = user?.secrets[answer.algorithm];
    const right = isRightAnswer(answer, {
      secret: secret ?? NO_SECRET,
      method: request.method,
    });
    if (user === undefined || secret === undefined || !right) {
      return this.#failed(answer, keys, visit);
    }
    const count = parseInt(answer.nc, 16);
    if (this.#nonces.use(answer.nonce, count) !== "fresh") {
      this.#observer.count("registrar_nonces_reused");
      return this.#challenge({ stale: true });
    }
    this.#byUser.succeeded(keys.user);
    return { kind: "admitted", user };
  }

  /** A user that there is none of is treated as a wrong password, in what is answered and in what is counted. */
  #failed(
    { username }: DigestAnswer,
    keys: FailureKeys,
    { source }: Visit,
  ): Verdict {
    this.#observer.count("registrar_auth_failures");
    const name = this.#byUser.failed(keys.user);
    const host = keys.source === undefined
      ? { isFirst: false }
      : this.#bySource.failed(keys.source);
    for (
      const { isFirst, whom } of [
        { ...name, whom: { user: toText(username).slice(0, 64) } },
        { ...host, whom: {} },
      ]
    ) {
      if (!isFirst) continue;
      this.#observer.count("registrar_guessers");
      this.#observer.log({
        level: "warn",
        text: "Registrations refused for a while: wrong passwords",
        fields: { ...whom, source: source.host },
      });
    }
    return this.#challenge();
  }

  /** A device that is registered is counted apart from whoever else uses its name, or its address. */
  #keysOf(
    { username }: DigestAnswer,
    user: RegistrarUser | undefined,
    { source, isKnown }: Visit,
  ): FailureKeys {
    return user !== undefined && isKnown(user)
      ? { user: `${username} at ${source.host}`, source: undefined }
      : { user: username, source: source.host };
  }

  /** RFC 3261 §21.5.4: 503 with Retry-After is what tells a device that means well to come back later. */
  #hold(waitSeconds: number): Verdict {
    this.#observer.count("registrar_auth_held");
    return refused(
      503,
      new Headers().append("Retry-After", String(waitSeconds)),
    );
  }

  /**
   * RFC 8760 §2.3: several challenges of one realm, each with another algorithm, stand in the order of preference.
   */
  #challenge({ stale = false } = {}): Verdict {
    this.#observer.count("registrar_challenges");
    const headers = new Headers();
    const { realm, algorithms } = this.#settings;
    const nonce = this.#nonces.make();
    for (const algorithm of algorithms) {
      headers.append(
        "WWW-Authenticate",
        digestChallenge({ realm, nonce, algorithm, stale }),
      );
    }
    return refused(401, headers);
  }

  #answerOf(request: SipRequest): DigestAnswer | undefined {
    const { realm, algorithms } = this.#settings;
    for (const value of request.headers.getAll("Authorization")) {
      const answer = parseCredentials(value);
      if (answer?.realm === realm && algorithms.includes(answer.algorithm)) {
        return answer;
      }
    }
    return undefined;
  }

  /** Some devices give their address-of-record where the user name belongs; its secret would not fit. */
  #userOf({ username }: DigestAnswer): RegistrarUser | undefined {
    return this.#settings.users.get(username);
  }
}

function refused(
  status: 401 | 503 | 400,
  headers: Headers = new Headers(),
): Verdict {
  return { kind: "refused", status, headers };
}
