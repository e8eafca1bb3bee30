import { assertEquals } from "@std/assert";
import {
  eachParam,
  getParam,
  withParam,
} from "../../../core/message/params.ts";

Deno.test("a parameter is found by its name, whatever the case", () => {
  const text = ';Tag=abc; lr ;q = 0.5;x="a;b=\\"c";tag=second';
  assertEquals(getParam(text, "tag"), "abc");
  assertEquals(getParam(text, "lr"), "");
  assertEquals(getParam(text, "q"), "0.5");
  assertEquals(getParam(text, "x"), '"a;b=\\"c"');
  assertEquals(getParam(text, "b"), undefined);
  // Its "=" is its own, a quote that is never closed hides the rest, and case means letters alone.
  assertEquals(getParam(";lr;q=1", "lr"), "");
  assertEquals(getParam(';x="a;tag=1', "tag"), undefined);
  assertEquals(getParam(";a=1;x[=2", "x{"), undefined);
});

Deno.test("parameters are added, replaced in place and removed", () => {
  assertEquals(withParam(";a=1;b", { name: "c", value: "2" }), ";a=1;b;c=2");
  assertEquals(withParam(";a=1;b", { name: "A", value: "2" }), ";A=2;b");
  assertEquals(withParam(";a=1;b", { name: "a", value: undefined }), ";a;b");
  assertEquals(
    withParam(";a=1;b;a=2", { name: "a", value: undefined, remove: true }),
    ";b",
  );
  assertEquals(withParam("", { name: "lr", value: undefined }), ";lr");
});

Deno.test("all parameters in order", () => {
  assertEquals([...eachParam(";a=1; b ; c = 2")], [
    { name: "a", value: "1" },
    { name: "b", value: undefined },
    { name: "c", value: "2" },
  ]);
});
