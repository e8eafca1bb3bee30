import { assertEquals } from "@std/assert";
import { hasToken, splitList } from "../../../core/message/list.ts";

Deno.test("comma lists are cut outside quotes and brackets", () => {
  assertEquals(splitList(""), []);
  assertEquals(splitList("a"), ["a"]);
  assertEquals(splitList('"a,b" <sip:x,y@h> , c,, d'), [
    '"a,b" <sip:x,y@h>',
    "c",
    "d",
  ]);
  assertEquals(splitList('"a\\",b", c'), ['"a\\",b"', "c"]);
});

Deno.test("option tags are compared whatever their case", () => {
  assertEquals(hasToken(["timer, 100rel", "Replaces"], "replaces"), true);
  assertEquals(hasToken(["timerx"], "timer"), false);
});
