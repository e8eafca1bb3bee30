/** A line chart as an SVG text, the same for the same figures; dark where the reader's screen is. */

/** What to draw. Points that are not finite are left out. */
export interface Chart {
  readonly title: string;
  /** Below the title: what it was made on. */
  readonly note: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
}

/** One line, by its name in the legend. */
export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
  /** Which colour and dashes, so that a name has the same in every chart. Default: its place among the lines. */
  readonly style?: number;
}

/** One figure. */
export type Point = readonly [x: number, y: number];

const WIDTH = 860;
const HEIGHT = 420;
const PLOT = { left: 74, top: 70, right: 620, bottom: 360 };
const LEGEND_LEFT = 644;
const TICKS = 6;
/** Okabe and Ito's colours: told apart by most eyes, on white and on near black. */
const COLOURS = ["#888", "#E69F00", "#0072B2", "#56B4E9", "#009E73", "#CC79A7"];
const DASHES = ["", "7 4", "2 3"];
const STYLE = `
.paper { fill: #fff } text { fill: #24292f; font: 13px system-ui, sans-serif }
.title { font-size: 16px; font-weight: 600 } .note { font-size: 11px }
.grid { stroke: #d0d7de } .axis { stroke: #57606a }
@media (prefers-color-scheme: dark) {
.paper { fill: #0d1117 } text { fill: #e6edf3 }
.grid { stroke: #30363d } .axis { stroke: #8b949e }
}`;

/** The chart as SVG. */
export function drawChart(chart: Chart): string {
  const lines = chart.lines.map(({ points, ...line }) => ({
    ...line,
    points: points.filter((point) => point.every(Number.isFinite))
      .toSorted(([a], [b]) => a - b),
  }));
  const points = lines.flatMap((line) => line.points);
  const x = scale(points.map(([at]) => at), [PLOT.left, PLOT.right]);
  const y = scale(points.map(([, at]) => at), [PLOT.bottom, PLOT.top]);
  const middle = (PLOT.top + PLOT.bottom) / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    `<title>${escaped(chart.title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${HEIGHT}"/>`,
    text(chart.title, { x: 20, y: 28, class: "title" }),
    text(chart.note, { x: 20, y: 48, class: "note" }),
    ...y.ticks.flatMap((tick) => [
      stroke([PLOT.left, y.at(tick)], [PLOT.right, y.at(tick)], "grid"),
      text(grouped(tick), {
        x: PLOT.left - 8,
        y: y.at(tick) + 4,
        anchor: "end",
      }),
    ]),
    ...x.ticks.flatMap((tick) => [
      stroke([x.at(tick), PLOT.bottom], [x.at(tick), PLOT.bottom + 5], "axis"),
      text(grouped(tick), {
        x: x.at(tick),
        y: PLOT.bottom + 20,
        anchor: "middle",
      }),
    ]),
    stroke([PLOT.left, PLOT.bottom], [PLOT.right, PLOT.bottom], "axis"),
    stroke([PLOT.left, PLOT.top], [PLOT.left, PLOT.bottom], "axis"),
    text(chart.x, {
      x: (PLOT.left + PLOT.right) / 2,
      y: PLOT.bottom + 44,
      anchor: "middle",
    }),
    `<g transform="rotate(-90 20 ${middle})">${
      text(chart.y, { x: 20, y: middle, anchor: "middle" })
    }</g>`,
    ...(points.length > 0 ? [] : [text("no figures", {
      x: (PLOT.left + PLOT.right) / 2,
      y: middle,
      anchor: "middle",
    })]),
    ...lines.flatMap((line, index) =>
      drawLine(line, { index, x: x.at, y: y.at })
    ),
    "</svg>",
    "",
  ].join("\n");
}

/** The line with a mark at each figure, and its place in the legend. */
function drawLine(
  { name, points, style }: Line,
  { index, x, y }: {
    index: number;
    x: (value: number) => number;
    y: (value: number) => number;
  },
): string[] {
  const colour = COLOURS[(style ?? index) % COLOURS.length] ?? "";
  const dash = DASHES[(style ?? index) % DASHES.length] ?? "";
  const legendY = PLOT.top + 10 + index * 24;
  const path = (...at: Point[]): string =>
    `<polyline fill="none" stroke="${colour}" stroke-width="2"${
      dash === "" ? "" : ` stroke-dasharray="${dash}"`
    } points="${at.map((point) => point.map(rounded).join(",")).join(" ")}"/>`;
  const mark = (atX: number, atY: number): string =>
    `<circle cx="${rounded(atX)}" cy="${
      rounded(atY)
    }" r="4" fill="${colour}"/>`;
  const placed = points.map(([atX, atY]): Point => [x(atX), y(atY)]);
  return [
    ...(placed.length > 1 ? [path(...placed)] : []),
    ...placed.map(([atX, atY]) => mark(atX, atY)),
    path([LEGEND_LEFT, legendY], [LEGEND_LEFT + 32, legendY]),
    mark(LEGEND_LEFT + 16, legendY),
    text(name, { x: LEGEND_LEFT + 42, y: legendY + 4 }),
  ];
}

/** From zero to a round number past the greatest value. */
function scale(
  values: readonly number[],
  [from, to]: readonly [number, number],
): { ticks: number[]; at: (value: number) => number } {
  const step = roundStep(Math.max(0, ...values) / TICKS);
  const count = Math.max(1, Math.ceil(Math.max(0, ...values) / step));
  const top = count * step;
  return {
    ticks: Array.from({ length: count + 1 }, (_, index) => index * step),
    at: (value) => from + (to - from) * value / top,
  };
}

/** The least of 1, 2, 5, 10, 20 ... that is not below. */
function roundStep(least: number): number {
  for (let unit = 1;; unit *= 10) {
    const step = [unit, 2 * unit, 5 * unit].find((step) => step >= least);
    if (step !== undefined) return step;
  }
}

function text(
  words: string,
  { x, y, anchor, class: name }: {
    x: number;
    y: number;
    anchor?: string;
    class?: string;
  },
): string {
  const more = (anchor === undefined ? "" : ` text-anchor="${anchor}"`) +
    (name === undefined ? "" : ` class="${name}"`);
  return `<text x="${rounded(x)}" y="${rounded(y)}"${more}>${
    escaped(words)
  }</text>`;
}

function stroke(from: Point, to: Point, name: string): string {
  return `<line class="${name}" x1="${rounded(from[0])}" y1="${
    rounded(from[1])
  }" x2="${rounded(to[0])}" y2="${rounded(to[1])}"/>`;
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A name is the operator's, and control characters are no XML. */
function escaped(words: string): string {
  return words
    .replace(/\p{Cc}/gu, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
