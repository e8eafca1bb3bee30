/** A stretch of a session description: the session's own lines, or those of one medium. */

import { SdpLine } from "./line.ts";

const DIRECTIONS: readonly string[] = [
  "sendrecv",
  "sendonly",
  "recvonly",
  "inactive",
];

/** One attribute: `a=name` or `a=name:value`. */
export interface Attribute {
  readonly name: string;
  /** Undefined for one without a colon. */
  readonly value: string | undefined;
}

/** Lines in order. Whatever is not edited stays as it came, lines that are no SDP included. */
export class SdpSection {
  readonly #lines: SdpLine[];
  readonly #ending: string;

  /** `ending` is what a new line ends with. */
  constructor(lines: SdpLine[], ending: string) {
    this.#lines = lines;
    this.#ending = ending;
  }

  /** The lines in order; not to be changed in place. */
  get lines(): readonly SdpLine[] {
    return this.#lines;
  }

  /** The value of the first line of a type. */
  get(type: string): string | undefined {
    return this.#lines.find((line) => line.type === type)?.value;
  }

  /** Replaces the value of the first line of a type, or writes one before the first line of the types that follow it. */
  set(type: string, value: string, followers: string): void {
    const at = this.#lines.findIndex((line) => line.type === type);
    if (at >= 0) {
      this.#lines[at] = this.#lines[at]!.withValue(value);
      return;
    }
    const next = this.#lines.findIndex((line) =>
      line.type !== "" && followers.includes(line.type)
    );
    this.#insert(next < 0 ? this.#end : next, `${type}=${value}`);
  }

  /** All attributes in order. */
  attributes(): Attribute[] {
    return this.#lines.flatMap((line) => attributeOf(line) ?? []);
  }

  /** The first attribute of a name. */
  attribute(name: string): Attribute | undefined {
    return this.attributes().find((attribute) => attribute.name === name);
  }

  /** Replaces the first attribute of a name in its place and removes its others, or appends. */
  setAttribute({ name, value }: Attribute): void {
    const text = written({ name, value });
    const at = this.#lines.findIndex((line) =>
      attributeOf(line)?.name === name
    );
    if (at < 0) return this.#insert(this.#end, text);
    this.#lines[at] = new SdpLine(text, this.#lines[at]!.ending);
    this.#remove((line, index) =>
      index > at && attributeOf(line)?.name === name
    );
  }

  /** Adds an attribute after all other lines. */
  appendAttribute(attribute: Attribute): void {
    this.#insert(this.#end, written(attribute));
  }

  /** Removes attributes; says how many there were. */
  removeAttributes(unwanted: (attribute: Attribute) => boolean): number {
    return this.#remove((line) => {
      const attribute = attributeOf(line);
      return attribute !== undefined && unwanted(attribute);
    });
  }

  /** The section's own direction; undefined when no attribute says one. */
  get direction(): string | undefined {
    return this.attributes().find(isDirection)?.name;
  }

  /** Writes the direction in the place of the one there was, or appends it; throws TypeError for what is none. */
  set direction(direction: string) {
    if (!DIRECTIONS.includes(direction)) {
      throw new TypeError(
        `Cannot set direction: found ${
          JSON.stringify(direction)
        }, wanted sendrecv, sendonly, recvonly or inactive`,
      );
    }
    const old = this.direction;
    if (old === undefined) {
      this.appendAttribute({ name: direction, value: undefined });
      return;
    }
    const at = this.#lines.findIndex((line) => attributeOf(line)?.name === old);
    this.#lines[at] = new SdpLine(`a=${direction}`, this.#lines[at]!.ending);
    this.#remove((line, index) => {
      const attribute = attributeOf(line);
      return index > at && attribute !== undefined && isDirection(attribute);
    });
  }

  toString(): string {
    return this.#lines.join("");
  }

  /** Puts another line in the place of the first of a type. */
  protected replace(type: string, value: string): void {
    const at = this.#lines.findIndex((line) => line.type === type);
    if (at >= 0) this.#lines[at] = this.#lines[at]!.withValue(value);
  }

  /** Where a new line goes: after the last line that is SDP. */
  get #end(): number {
    let end = this.#lines.length;
    while (end > 0 && this.#lines[end - 1]!.type === "") end--;
    return end;
  }

  #insert(at: number, text: string): void {
    const before = this.#lines[at - 1];
    // The last line of a text need not have ended.
    if (before !== undefined && before.ending === "") {
      this.#lines[at - 1] = new SdpLine(before.text, this.#ending);
    }
    this.#lines.splice(at, 0, new SdpLine(text, this.#ending));
  }

  #remove(unwanted: (line: SdpLine, index: number) => boolean): number {
    const kept = this.#lines.filter((line, index) => !unwanted(line, index));
    const count = this.#lines.length - kept.length;
    if (count > 0) this.#lines.splice(0, this.#lines.length, ...kept);
    return count;
  }
}

/** §5.13: "a=<attribute-name>" or "a=<attribute-name>:<attribute-value>". */
function attributeOf(line: SdpLine): Attribute | undefined {
  if (line.type !== "a") return undefined;
  const { value } = line;
  const colon = value.indexOf(":");
  return colon < 0
    ? { name: value, value: undefined }
    : { name: value.slice(0, colon), value: value.slice(colon + 1) };
}

function written({ name, value }: Attribute): string {
  return value === undefined ? `a=${name}` : `a=${name}:${value}`;
}

function isDirection({ name, value }: Attribute): boolean {
  return value === undefined && DIRECTIONS.includes(name);
}
