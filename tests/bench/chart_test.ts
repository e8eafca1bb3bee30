/** Charts as text: well formed, the same each time, whatever the figures and names are. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Chart, drawChart, type Line } from "../../bench/chart.ts";

Deno.test("the same figures draw the same chart, in any order", () => {
  const rising: Line = { name: "a", points: [[200, 10], [500, 30]] };
  const turned: Line = { name: "a", points: [[500, 30], [200, 10]] };
  assertEquals(drawChart(chart([rising])), drawChart(chart([rising])));
  assertEquals(drawChart(chart([rising])), drawChart(chart([turned])));
});

Deno.test("a point has a mark, and a line from two on", () => {
  const one = drawChart(chart([{ name: "a", points: [[200, 10]] }]));
  const two = drawChart(chart([{ name: "a", points: [[200, 10], [500, 3]] }]));
  // One of each is in the legend.
  assertEquals([count(one, "<circle"), count(one, "<polyline")], [2, 1]);
  assertEquals([count(two, "<circle"), count(two, "<polyline")], [3, 2]);
});

Deno.test("no points, and no lines, are said", () => {
  for (const lines of [[], [{ name: "a", points: [] }]]) {
    const svg = drawChart(chart(lines));
    assertStringIncludes(svg, "no figures");
    assert(!/NaN|Infinity|undefined/.test(svg));
  }
});

Deno.test("points that are no figures are left out", () => {
  const svg = drawChart(
    chart([{ name: "a", points: [[0, NaN], [1, Infinity], [2, 5]] }]),
  );
  assertEquals(count(svg, "<circle"), 2);
  assert(!/NaN|Infinity/.test(svg));
});

Deno.test("names are text, whatever is in them", () => {
  const svg = drawChart({
    ...chart([{ name: `<b>&"\u0001`, points: [[1, 1]] }]),
    title: "a < b & c",
  });
  assertStringIncludes(svg, "&lt;b&gt;&amp;&quot; </text>");
  assertStringIncludes(svg, "<title>a &lt; b &amp; c</title>");
  assert(!svg.includes("<b>"));
});

Deno.test("a name keeps its colour where others are missing", () => {
  const both = drawChart(
    chart([{ name: "a", points: [] }, { name: "b", points: [[1, 1]] }]),
  );
  const alone = drawChart(
    chart([{ name: "b", points: [[1, 1]], style: 1 }]),
  );
  const colour = (svg: string): string | undefined =>
    svg.match(/.*r="4" fill="(.*?)".*\n.*>b</)?.[1];
  assertEquals(colour(both), colour(alone));
});

Deno.test("all is within the axes, and the axes end in round numbers", () => {
  const svg = drawChart(chart([{ name: "a", points: [[1000, 1234]] }]));
  assertStringIncludes(svg, ">1,000</text>");
  assertStringIncludes(svg, ">1,500</text>");
  for (const [, x, y] of svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)) {
    assert(Number(x) <= 860 && Number(y) >= 70 && Number(y) <= 360);
  }
});

function chart(lines: Line[]): Chart {
  return { title: "t", note: "n", x: "calls", y: "us", lines };
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
