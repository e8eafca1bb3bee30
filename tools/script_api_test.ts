import { assertEquals } from "@std/assert";
import { apiSection, type ApiSymbol, withSection } from "./script_api.ts";

const SOURCE = `/** One. */
export interface OneView extends Base, TwoView {
  /** Its name. */
  readonly name: string;
  /** Given a {@linkcode TwoView}. */
  take(
    two: TwoView,
    rest?: { a: number; b: string },
  ): OneView[];
}

/** Two. */
export interface TwoView {
  /** A number. */
  count: number;
}

/** Makes one. */
export function make(count = 1): OneView {
  return one;
}
`;

function symbol(
  name: string,
  kind: string,
  at: string,
  members: { properties?: string[]; methods?: string[] } = {},
): ApiSymbol {
  const location = (text: string) => ({
    filename: "one.ts",
    byteIndex: SOURCE.indexOf(text),
  });
  const listed = (all: string[] = []) =>
    all.map((text) => ({
      name: text,
      location: location(text),
      jsDoc: { doc: `About ${text.split(/\W/, 1)[0]}.` },
    }));
  return {
    name,
    declarations: [{
      kind,
      location: location(at),
      jsDoc: { doc: `About\n${name}.` },
      def: {
        properties: listed(members.properties),
        methods: listed(members.methods),
      },
    }],
  };
}

Deno.test("the section says what the types say, under the names they are exported by", () => {
  const symbols = [
    symbol("Two", "interface", "export interface TwoView", {
      properties: ["count: number"],
    }),
    symbol("One", "interface", "export interface OneView", {
      properties: ["readonly name"],
      methods: ["take("],
    }),
    symbol("make", "function", "export function make"),
  ];
  assertEquals(
    apiSection(symbols, () => SOURCE),
    [
      "### Functions",
      "",
      "- `make(count = 1): One`: About make.",
      "",
      "### One",
      "",
      "About One.",
      "",
      "It has all that [Two](#two) has, and:",
      "",
      "- `readonly name: string`: About readonly.",
      "- `take(two: Two, rest?: { a: number; b: string }): One[]`: About take.",
      "",
      "### Two",
      "",
      "About Two.",
      "",
      "- `count: number`: About count.",
    ].join("\n"),
  );
});

Deno.test("the section goes between its marks and nowhere else", () => {
  const page =
    "a\n\n<!-- The API, written by tools/script_api.ts -->\nold\n<!-- End of the API -->\n\nb\n";
  assertEquals(
    withSection(page, "new"),
    "a\n\n<!-- The API, written by tools/script_api.ts -->\n\nnew\n\n<!-- End of the API -->\n\nb\n",
  );
  assertEquals(withSection("no marks", "new"), undefined);
});
