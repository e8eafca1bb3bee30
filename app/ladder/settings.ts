/**
 * The lines before the first step of a ladder: `script: route.ts`, `peer pbx  tcp` and their like.
 *
 * @module
 */

import type { SessionKeepAliveSettings } from "../../core/dialog/session_keep_alive.ts";
import type { SessionTimerSettings } from "../../core/dialog/timer_negotiation.ts";
import type { KeepAliveSettings } from "../../core/trunk/keep_alive_settings.ts";
import { nearest } from "../nearest.ts";
import { type Complain, pieces } from "./fields.ts";
import {
  HTTP_REPLY_WANTED,
  type HttpReply,
  parseHttpReply,
} from "./http_replies.ts";
import {
  type HarshSetting,
  type LadderSettings,
  LEGWORK,
  type PeerSetting,
  type Place,
  type RouteSetting,
  USUAL_PEER,
} from "./ladder.ts";
import { readKeepAlive } from "./keepalive_setting.ts";
import { readSessionKeepAlive } from "./session_keep_alive_setting.ts";
import { readSessionTimer } from "./session_timer_setting.ts";

/** Collects the settings of one file. */
export class SettingsReader {
  readonly #complain: Complain;
  readonly #peers = new Map<string, PeerSetting>();
  readonly #trunks = new Map<string, readonly string[]>();
  readonly #sessionTimers = new Map<string, SessionTimerSettings>();
  readonly #sessionKeepAlives = new Map<string, SessionKeepAliveSettings>();
  readonly #keepAlives = new Map<string, KeepAliveSettings>();
  readonly #routes: { setting: RouteSetting; place: Place }[] = [];
  readonly #timers: Record<string, number> = {};
  readonly #named: { name: string; place: Place }[] = [];
  #script: string | undefined;
  #config: string | undefined;
  #unknownPeers: LadderSettings["unknownPeers"] = "reject";
  #end: LadderSettings["end"] = "ended";
  #harsh: HarshSetting = "same";
  #seed = 1;
  readonly #http: HttpReply[] = [];

  constructor(complain: Complain) {
    this.#complain = complain;
  }

  /** Reads one line; false when it is no setting at all. */
  read(text: string, place: Place): boolean {
    const named =
      /^(peer|trunk|session_timer|session_keepalive|keepalive)\s+(\S+)\s*(.*)$/
        .exec(
          text,
        );
    if (named !== null) {
      const [, kind, name = "", rest = ""] = named;
      if (kind === "peer") this.#readPeer(name, { rest, place });
      else if (kind === "session_timer") {
        this.#readSessionTimer(name, { rest, place });
      } else if (kind === "session_keepalive") {
        this.#readSessionKeepAlive(name, { rest, place });
      } else if (kind === "keepalive") {
        this.#readKeepAlive(name, { rest, place });
      } else this.#readTrunk(name, { rest, place });
      return true;
    }
    const setting = /^([a-z_]+):\s*(.*)$/.exec(text);
    if (setting === null) return false;
    this.#readSetting(setting[1]!, { value: setting[2]!, place });
    return true;
  }

  /** The settings, once it is known who takes part. */
  finish(participants: readonly string[]): LadderSettings {
    for (const { name, place } of this.#named) {
      if (participants.includes(name)) continue;
      const near = nearest(name, participants);
      this.#complain(
        place,
        `peer "${name}" takes no part, wanted ${
          near === undefined ? "one that does" : `${near}?`
        }`,
      );
    }
    const known = [...participants, ...this.#trunks.keys()];
    for (const { setting, place } of this.#routes) {
      for (const name of [setting.from, ...setting.to]) {
        if (known.includes(name) || name.startsWith("sip:")) continue;
        this.#complain(
          place,
          `route names "${name}", wanted one of ${known.join(", ")}`,
        );
      }
    }
    return {
      ...(this.#script === undefined ? {} : { script: this.#script }),
      ...(this.#config === undefined ? {} : { config: this.#config }),
      routes: this.#routes.map(({ setting }) => setting),
      timers: this.#timers,
      peers: this.#peers,
      trunks: this.#trunks,
      sessionTimers: this.#sessionTimers,
      sessionKeepAlives: this.#sessionKeepAlives,
      keepAlives: this.#keepAlives,
      unknownPeers: this.#unknownPeers,
      end: this.#end,
      harsh: this.#harsh,
      seed: this.#seed,
      http: this.#http,
    };
  }

  #readPeer(name: string, line: { rest: string; place: Place }): void {
    let setting = USUAL_PEER;
    for (
      const word of line.rest.split(/[\s,]+/).filter((part) => part !== "")
    ) {
      const change = PEER_WORDS[word];
      if (change === undefined) {
        this.#complain(
          line.place,
          `peer ${name} is "${word}", wanted ${
            Object.keys(PEER_WORDS).join(", ")
          }`,
        );
      } else setting = { ...setting, ...change };
    }
    this.#named.push({ name, place: line.place });
    this.#peers.set(name, setting);
  }

  #readTrunk(name: string, line: { rest: string; place: Place }): void {
    const servers = line.rest.split(/[\s,]+/).filter((part) => part !== "");
    if (servers.length === 0 || name === LEGWORK) {
      this.#complain(
        line.place,
        `trunk ${name} has no server, wanted "trunk NAME  sip:{peer}"`,
      );
    }
    this.#trunks.set(name, servers);
  }

  #readSessionTimer(name: string, line: { rest: string; place: Place }): void {
    const { settings, problem } = readSessionTimer(line.rest);
    if (problem !== undefined) {
      this.#complain(line.place, `session_timer ${name} has ${problem}`);
    }
    this.#named.push({ name, place: line.place });
    this.#sessionTimers.set(name, settings);
  }

  #readSessionKeepAlive(
    name: string,
    line: { rest: string; place: Place },
  ): void {
    const { settings, problem } = readSessionKeepAlive(line.rest);
    if (problem !== undefined) {
      this.#complain(line.place, `session_keepalive ${name} has ${problem}`);
    }
    this.#named.push({ name, place: line.place });
    this.#sessionKeepAlives.set(name, settings);
  }

  #readKeepAlive(name: string, line: { rest: string; place: Place }): void {
    const { settings, problem } = readKeepAlive(line.rest);
    if (problem !== undefined) {
      this.#complain(line.place, `keepalive ${name} has ${problem}`);
    }
    if (!this.#trunks.has(name)) this.#named.push({ name, place: line.place });
    this.#keepAlives.set(name, settings);
  }

  #readSetting(key: string, line: { value: string; place: Place }): void {
    const { value, place } = line;
    switch (key) {
      case "script":
        this.#script = value;
        break;
      case "config":
        this.#config = value;
        break;
      case "routes":
        this.#readRoute(value, place);
        break;
      case "timers":
        this.#readTimers(value, place);
        break;
      case "unknown_peers":
        this.#unknownPeers = this.#oneOf(key, {
          value,
          place,
          words: ["reject", "drop", "accept"],
        });
        break;
      case "end":
        this.#end = this.#oneOf(key, {
          value,
          place,
          words: ["ended", "established"],
        });
        break;
      case "harsh":
        this.#harsh = this.#oneOf(key, {
          value,
          place,
          words: ["same", "agree", "off"],
        });
        break;
      case "http": {
        const reply = parseHttpReply(value);
        if (reply !== undefined) this.#http.push(reply);
        else {
          this.#complain(
            place,
            `http is "${value}", wanted ${HTTP_REPLY_WANTED}`,
          );
        }
        break;
      }
      case "seed":
        this.#seed = Number(value);
        if (!/^\d{1,9}$/.test(value)) {
          this.#complain(place, `seed is "${value}", wanted a whole number`);
        }
        break;
      default: {
        const near = nearest(key, KEYS);
        this.#complain(
          place,
          `unknown setting "${key}", ${
            near === undefined
              ? `wanted one of ${KEYS.join(", ")}`
              : `did you mean ${near}?`
          }`,
        );
      }
    }
  }

  #readRoute(value: string, place: Place): void {
    const match = /^(\S+)\s*->\s*(.+)$/.exec(value);
    if (match === null) {
      this.#complain(
        place,
        `routes is "${value}", wanted "carrier -> pbx, backup"`,
      );
      return;
    }
    const to = match[2]!.split(/[\s,]+/).filter((name) => name !== "");
    this.#routes.push({ setting: { from: match[1]!, to }, place });
  }

  #readTimers(value: string, place: Place): void {
    for (
      const piece of pieces(value).flatMap(({ text }) => text.split(/[\s,]+/))
    ) {
      const match = /^([a-z0-9_]+)=(\d+)$/.exec(piece);
      if (match === null || !TIMERS.includes(match[1]!)) {
        this.#complain(
          place,
          `timers has "${piece}", wanted NAME=NUMBER with ${TIMERS.join(", ")}`,
        );
      } else this.#timers[match[1]!] = Number(match[2]);
    }
  }

  #oneOf<Word extends string>(
    key: string,
    line: { value: string; place: Place; words: readonly [Word, ...Word[]] },
  ): Word {
    const word = line.words.find((candidate) => candidate === line.value);
    if (word === undefined) {
      this.#complain(
        line.place,
        `${key} is "${line.value}", wanted one of ${line.words.join(", ")}`,
      );
    }
    return word ?? line.words[0];
  }
}

const KEYS = [
  "script",
  "config",
  "routes",
  "timers",
  "unknown_peers",
  "end",
  "harsh",
  "seed",
  "http",
];

const TIMERS = ["t1_ms", "t2_ms", "t4_ms", "no_answer", "max_call"];

const PEER_WORDS: Readonly<Record<string, Partial<PeerSetting>>> = {
  udp: { transport: "UDP" },
  tcp: { transport: "TCP" },
  stranger: { stranger: true },
  rfc2543: { rfc2543: true },
  absent: { absent: true },
};
