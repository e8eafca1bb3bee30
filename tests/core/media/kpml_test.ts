import { assertEquals } from "@std/assert";
import { seededRandom } from "../../../core/base/random.ts";
import {
  readKpmlReport,
  readKpmlRequest,
  writeKpmlReport,
  writeKpmlRequest,
} from "../../../core/media/kpml.ts";

const request = (inner: string): string =>
  `<?xml version="1.0"?><kpml-request xmlns="urn:ietf:params:xml:ns:kpml-request" version="1.0">${inner}</kpml-request>`;

Deno.test("KPML: our request asks for every key, until told otherwise", () => {
  const read = readKpmlRequest(writeKpmlRequest());
  assertEquals(read.ok && read.pattern.persist, "persist");
  assertEquals(
    read.ok && [...read.pattern.keys].map(([key, tag]) => key + tag).join(" "),
    [..."0123456789*#ABCD"].map((key) => `${key}dtmf`).join(" "),
  );
});

Deno.test("KPML: what a request asks for", () => {
  const rows: readonly [inner: string, keys: string, persist: string][] = [
    ["<pattern><regex>x</regex></pattern>", "0123456789", "one-shot"],
    [
      '<pattern persist="single-notify"><regex>[2-4#]</regex></pattern>',
      "234#",
      "single-notify",
    ],
    [
      "<pattern persist='persist'><regex tag='a'> 5 </regex><regex>R</regex></pattern>",
      "5flash",
      "persist",
    ],
    [
      '<!-- <regex>x</regex> --><k:pattern><k:regex tag="p">[*]</k:regex></k:pattern>',
      "*",
      "one-shot",
    ],
    ["<stream/><pattern><regex>D</regex></pattern>", "D", "one-shot"],
  ];
  for (const [inner, keys, persist] of rows) {
    const read = readKpmlRequest(request(inner));
    assertEquals(read.ok && [...read.pattern.keys.keys()].join(""), keys);
    assertEquals(String(read.ok && read.pattern.persist), persist);
  }
});

Deno.test("KPML: what a request may not be", () => {
  const rows: readonly [document: string, code: number][] = [
    ["", 501],
    ["kpml-request", 501],
    ["<other/>", 501],
    [request(""), 501],
    [request("<pattern/>"), 501],
    [request("<pattern><regex></regex></pattern>"), 502],
    [request("<pattern><regex>12</regex></pattern>"), 502],
    [request("<pattern><regex>x{3}</regex></pattern>"), 502],
    [request("<pattern><regex>[]</regex></pattern>"), 502],
    [request("<pattern><regex>[4-2]</regex></pattern>"), 502],
    [request("<pattern><regex>[A-D]</regex></pattern>"), 502],
    [request("<pattern><regex>q</regex></pattern>"), 502],
    [
      request(`<pattern>${"<regex>1</regex>".repeat(33)}</pattern>`),
      534,
    ],
    [
      '<!DOCTYPE k [<!ENTITY a "x">]>' +
      request("<pattern><regex>&a;</regex></pattern>"),
      501,
    ],
    [request(" ".repeat(10_000)), 501],
  ];
  for (const [document, code] of rows) {
    const read = readKpmlRequest(document);
    assertEquals(read.ok ? 200 : read.code, code, document.slice(0, 200));
  }
});

Deno.test("KPML: reports, as Cisco gateways write them and as we do", () => {
  const cisco =
    '<?xml version="1.0" encoding="UTF-8"?><kpml-response version="1.0" code="200" text="OK" digits="1" tag="dtmf"/>';
  assertEquals(readKpmlReport(cisco), {
    code: 200,
    text: "OK",
    keys: ["1"],
    tag: "dtmf",
  });
  const report = {
    code: 423,
    text: 'Timer "Expired" <now> & gone',
    keys: ["*", "flash", "D"],
    tag: "t",
  } as const;
  assertEquals(readKpmlReport(writeKpmlReport(report)), report);
  const wrong = [
    "",
    "<kpml-response/>",
    '<kpml-response code="two"/>',
    '<kpml-response code="200" digits="1x"/>',
    `<kpml-response code="200" digits="${"1".repeat(65)}"/>`,
    '<kpml-request code="200"/>',
  ];
  for (const text of wrong) assertEquals(readKpmlReport(text), undefined, text);
});

Deno.test("KPML: noise never throws and takes no time", () => {
  const random = seededRandom(3);
  const words = ["<", ">", "/", '"', "=", "kpml-request", "pattern", "regex"];
  words.push("kpml-response", " ", "x", "[", "]", "-", "&", "code", "<!--");
  for (let i = 0; i < 5_000; i++) {
    let text = "";
    while (text.length < 200) {
      text += words[Math.floor(random.fraction() * words.length)];
    }
    readKpmlRequest(text);
    readKpmlReport(text);
  }
  readKpmlRequest("<a" + " b='".repeat(2_000));
});
