// The chart of one line of windows: the value, its interval as a band, what is
// provisional set apart, the rules' bounds, the alarms' episodes as shaded
// spans, and the coverage in a strip of its own. It draws SVG; a few hundred
// windows are a handful of paths.

import { svg, visible } from "./dom.js";
import { clock, day, figure } from "./format.js";
import { halfKnown, timeTicks, valueRange, valueTicks } from "./scale.js";

const margin = { left: 52, right: 14, top: 12, bottom: 22 };
const strip = 34, gap = 16; // height of the coverage strip and the space above it

// lay computes where everything goes.
const lay = (data, width, height) => {
  const points = data.points;
  const from = points.length ? points[0].end : 0;
  const to = points.length ? Math.max(points.at(-1).end, from + 1) : 1;
  const bottom = height - margin.bottom - strip - gap;
  const told = points.filter(halfKnown); // what rests on a few early labels may leave the picture
  const [low, high] = valueRange(told.length ? told : points, data.rules.flatMap((r) => (r.bound == null ? [] : [r.bound])));
  const right = width - margin.right;
  return {
    width, height, from, to, low, high, right, left: margin.left, top: margin.top, bottom,
    stripTop: bottom + gap, stripBottom: bottom + gap + strip,
    x: (t) => margin.left + ((t - from) / (to - from)) * (right - margin.left),
    y: (v) => bottom - ((v - low) / (high - low)) * (bottom - margin.top),
    time: (x) => from + ((x - margin.left) / (right - margin.left)) * (to - from),
  };
};

// runs cuts the points where the line must not be drawn through: an undefined
// figure, or a hole much longer than the usual step.
export const runs = (points) => {
  const gaps = points.slice(1).map((p, i) => p.end - points[i].end).sort((a, b) => a - b);
  const hole = gaps.length ? 3.5 * gaps[gaps.length >> 1] : Infinity;
  const all = [];
  let run = [];
  for (const p of points) {
    if (p.value == null || (run.length && p.end - run.at(-1).end > hole)) {
      if (run.length) all.push(run);
      run = [];
    }
    if (p.value != null) run.push(p);
  }
  if (run.length) all.push(run);
  return all;
};

// styles cuts a run where it turns provisional or back; the joint belongs to both.
const styles = (run) => {
  const parts = [];
  for (const p of run) {
    const prov = p.state === "provisional";
    const last = parts.at(-1);
    if (last && last.prov === prov) last.points.push(p);
    else parts.push({ prov, points: last ? [last.points.at(-1), p] : [p] });
  }
  return parts;
};

const line = (l, points, of) => points.map((p, i) => `${i ? "L" : "M"}${l.x(p.end).toFixed(1)} ${l.y(of(p)).toFixed(1)}`).join("");

const drawLine = (l, data) => {
  const bands = svg("g"), lines = svg("g");
  for (const run of runs(data.points)) {
    for (const part of styles(run)) {
      const kind = part.prov ? " prov" : "";
      const known = part.points.filter((p) => p.low != null && p.high != null);
      if (known.length > 1) {
        const back = line(l, known.toReversed(), (p) => p.low).replace("M", "L");
        bands.append(svg("path", { class: "band" + kind, d: line(l, known, (p) => p.high) + back + "Z" }));
      }
      if (part.points.length > 1) lines.append(svg("path", { class: "value" + kind, d: line(l, part.points, (p) => p.value) }));
      else if (run.length === 1) lines.append(svg("circle", { class: "dot", r: 2.2, cx: l.x(part.points[0].end), cy: l.y(part.points[0].value) }));
    }
  }
  return [bands, lines];
};

const drawAxes = (l) => {
  const g = svg("g");
  for (const v of valueTicks(l.low, l.high, Math.max(2, Math.round((l.bottom - l.top) / 45)))) {
    const y = l.y(v);
    g.append(svg("line", { class: "grid", x1: l.left, x2: l.right, y1: y, y2: y }),
      svg("text", { x: l.left - 8, y: y + 4, "text-anchor": "end" }, figure(v)));
  }
  const { ticks, step } = timeTicks(l.from, l.to, Math.max(2, Math.floor((l.right - l.left) / 110)));
  for (const [i, t] of ticks.entries()) {
    const x = l.x(t);
    const label = step >= 86400e3 ? day(t) : i === 0 || day(t) !== day(ticks[i - 1]) ? `${day(t)} ${clock(t)}` : clock(t);
    g.append(svg("line", { class: "grid", x1: x, x2: x, y1: l.top, y2: l.stripBottom }));
    const near = Math.min(Math.max(x, l.left + 2), l.right);
    const anchor = x > l.right - 50 ? "end" : x < l.left + 50 ? "start" : "middle";
    g.append(svg("text", { x: near, y: l.height - 6, "text-anchor": anchor }, label));
  }
  return g;
};

const drawBounds = (l, rules) => {
  const g = svg("g");
  for (const r of rules) {
    if (r.bound == null) continue;
    const y = l.y(r.bound), sign = r.below ? "<" : ">";
    g.append(svg("line", { class: "bound", x1: l.left, x2: l.right, y1: y, y2: y }),
      svg("text", { class: "bound-text", x: l.left + 6, y: y + (r.below ? 13 : -5) }, `${visible(r.name)}: ${sign} ${figure(r.bound)}`));
    if (r.clear == null || r.clear === r.bound) continue;
    const c = l.y(r.clear);
    g.append(svg("line", { class: "clear", x1: l.left, x2: l.right, y1: c, y2: c }),
      svg("text", { class: "clear-text", x: l.left + 6, y: c + (r.below ? -5 : 13) }, `clears at ${figure(r.clear)}`));
  }
  return g;
};

const drawEpisodes = (l, episodes) => {
  const g = svg("g");
  const span = (from, to, kind) => {
    const a = Math.max(l.x(from), l.left), b = Math.min(l.x(to), l.right);
    if (b <= a && (to < l.from || from > l.to)) return;
    const width = Math.max(b - a, 1.5);
    g.append(svg("rect", { class: `span-${kind}`, x: a, width, y: l.top, height: l.bottom - l.top }),
      svg("rect", { class: `mark-${kind}`, x: a, width, y: l.top - 5, height: 4 }));
  };
  for (const e of episodes) {
    const until = e.until ?? l.to;
    if (e.fired == null) span(e.since, until, "pending");
    else {
      if (e.since < e.fired) span(e.since, e.fired, "pending");
      span(e.fired, until, "firing");
    }
  }
  return g;
};

const drawCoverage = (l, points) => {
  const g = svg("g");
  const y = (c) => l.stripBottom - Math.min(1, c) * (l.stripBottom - l.stripTop);
  const known = points.filter((p) => p.coverage != null);
  if (known.length > 1) {
    const top = known.map((p) => `L${l.x(p.end).toFixed(1)} ${y(p.coverage).toFixed(1)}`).join("");
    g.append(svg("path", { class: "coverage", d: `M${l.x(known[0].end).toFixed(1)} ${l.stripBottom}${top}L${l.x(known.at(-1).end).toFixed(1)} ${l.stripBottom}Z` }));
  }
  for (const [c, name] of [[0, "0"], [1, "100 %"]]) {
    g.append(svg("line", { class: "grid", x1: l.left, x2: l.right, y1: y(c), y2: y(c) }),
      svg("text", { x: l.left - 8, y: y(c) + 4, "text-anchor": "end" }, name));
  }
  g.append(svg("text", { class: "strip-name", x: l.left + 6, y: l.stripTop - 4 }, "coverage"));
  return g;
};

// draw returns the picture and its layout.
export const draw = (data, width, height) => {
  const l = lay(data, width, height);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", focusable: "false" });
  picture.append(svg("defs", {},
    svg("clipPath", { id: "plot" }, svg("rect", { x: l.left, y: l.top - 6, width: Math.max(1, l.right - l.left), height: l.bottom - l.top + 6 })),
    svg("pattern", { id: "hatch", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("line", { class: "hatch", x1: 0, x2: 0, y1: 0, y2: 5 }))));
  if (!data.points.length) {
    picture.append(svg("text", { x: width / 2, y: height / 2, "text-anchor": "middle" }, "no windows yet: the first appears when its time has passed everywhere"));
    return { picture, layout: l };
  }
  const plot = svg("g", { "clip-path": "url(#plot)" });
  plot.append(drawEpisodes(l, data.episodes), ...drawLine(l, data));
  picture.append(drawAxes(l), plot, drawBounds(l, data.rules), drawCoverage(l, data.points));
  return { picture, layout: l };
};
