/**
 * The operator's log: one line a record, whatever the network put into it.
 *
 * @module
 */

/** From most to least talkative. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** What a record carries beside its message. Undefined fields are left out. */
export type LogFields = Readonly<
  Record<string, string | number | boolean | undefined>
>;

/** Where a {@linkcode Log} writes, and what. */
export interface LogOptions {
  /** Records below it are dropped. */
  readonly level: LogLevel;
  readonly format: "text" | "json";
  /** Takes one line without its newline. */
  write(line: string): void;
  /** Milliseconds since 1970. */
  wallTime(): number;
}

/** Writes records of at least one level. */
export class Log {
  readonly #options: LogOptions;
  readonly #fields: LogFields;

  constructor(options: LogOptions, fields: LogFields = {}) {
    this.#options = options;
    this.#fields = fields;
  }

  /** A log whose every record carries `fields` too. */
  with(fields: LogFields): Log {
    return new Log(this.#options, { ...this.#fields, ...fields });
  }

  debug(message: string, fields?: LogFields): void {
    this.#record("debug", { message, fields });
  }

  info(message: string, fields?: LogFields): void {
    this.#record("info", { message, fields });
  }

  warn(message: string, fields?: LogFields): void {
    this.#record("warn", { message, fields });
  }

  error(message: string, fields?: LogFields): void {
    this.#record("error", { message, fields });
  }

  #record(
    level: LogLevel,
    { message, fields }: { message: string; fields: LogFields | undefined },
  ): void {
    const { level: least, format, write, wallTime } = this.#options;
    if (RANK[level] < RANK[least]) return;
    const time = new Date(wallTime()).toISOString();
    const all = Object.entries({ ...this.#fields, ...fields }).filter((
      [, value],
    ) => value !== undefined);
    const record: Line = {
      time,
      level,
      message: bounded(message),
      fields: all,
    };
    write(format === "json" ? asJson(record) : asText(record));
  }
}

interface Line {
  readonly time: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields:
    readonly (readonly [string, string | number | boolean | undefined])[];
}

const RANK: Readonly<Record<LogLevel, number>> = {
  debug: 0,
  info: 1,
  warn: 2,
  error: 3,
};
/** Longest message or value, in characters; a peer decides how long some of them are. */
const LONGEST = 2000;
const RESERVED: ReadonlySet<string> = new Set(["time", "level", "message"]);
/** Control and format characters (line ends, escapes, bidirectional marks), odd spaces, lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

function asText({ time, level, message, fields }: Line): string {
  const shown = fields.map(([name, value]) =>
    ` ${fieldName(name)}=${textValue(value)}`
  );
  return `${time} ${level.padEnd(5)} ${escaped(message)}${shown.join("")}`;
}

function asJson({ time, level, message, fields }: Line): string {
  const values = fields.map((
    [name, value],
  ) => [fieldName(name), typeof value === "string" ? bounded(value) : value]);
  // JSON leaves DEL, C1 and the Unicode line ends as they are; inside a string \u says the same.
  return escaped(
    JSON.stringify({ time, level, message, ...Object.fromEntries(values) }),
  );
}

function textValue(value: string | number | boolean | undefined): string {
  if (typeof value !== "string") return String(value);
  const text = bounded(value);
  return /^[^\s"=\\]+$/.test(text)
    ? escaped(text)
    : escaped(JSON.stringify(text));
}

function fieldName(name: string): string {
  const safe = name.replace(/[^\w.-]/g, "_");
  return RESERVED.has(safe) ? `${safe}_` : safe;
}

function bounded(text: string): string {
  return text.length <= LONGEST
    ? text
    : `${text.slice(0, LONGEST)}... (${text.length} characters)`;
}

function escaped(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    if (character === "\n") return "\\n";
    if (character === "\r") return "\\r";
    if (character === "\t") return "\\t";
    return [...Array(character.length).keys()]
      .map((at) =>
        `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`
      ).join("");
  });
}
