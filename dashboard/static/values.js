// The scores of one window with a label beside those without, as shares of
// either: where the two differ, early labels are no fair sample.

import { $, el, svg } from "./dom.js";
import { count, figure } from "./format.js";

const width = 440, height = 120, bottom = 100, left = 4;

const sum = (bins) => bins.reduce((a, b) => a + b, 0);
const mean = (bins) => bins.reduce((a, n, i) => a + n * (i + 0.5), 0) / sum(bins) / bins.length;

const bars = (bins, most, kind, shift) => {
  const all = sum(bins), step = (width - 2 * left) / bins.length, thick = step * 0.38;
  return bins.flatMap((n, i) => {
    if (n <= 0) return [];
    const high = Math.max(1, ((n / all) / most) * (bottom - 8));
    return [svg("rect", { class: kind, x: left + step * i + step * (0.12 + shift), width: thick, y: bottom - high, height: high })];
  });
};

const picture = ({ labelled, unlabelled }) => {
  const most = Math.max(...[labelled, unlabelled].flatMap((bins) => bins.map((n) => n / Math.max(1, sum(bins)))), 1e-9);
  const g = svg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", focusable: "false" },
    svg("line", { class: "grid", x1: left, x2: width - left, y1: bottom, y2: bottom }),
    ...bars(labelled, most, "labelled", 0), ...bars(unlabelled, most, "unlabelled", 0.38));
  for (const [at, anchor] of [[0, "start"], [0.5, "middle"], [1, "end"]])
    g.append(svg("text", { x: left + at * (width - 2 * left), y: height - 4, "text-anchor": anchor }, String(at)));
  return g;
};

const told = (name, bins) => `${name} ${count(sum(bins))}` + (sum(bins) ? `, mean score ${figure(mean(bins))}` : "");

// show draws the window point, if the reader wants to see it.
export const show = (point) => {
  const host = $("values"), values = point?.values;
  if (!$("bias").open || host.dataset.of === JSON.stringify(values)) return;
  host.dataset.of = JSON.stringify(values);
  if (!values) {
    host.replaceChildren(el("p", { className: "muted", textContent: "no probabilities in this window" }));
    return;
  }
  const legend = el("p", { className: "legend" },
    el("span", {}, el("i", { className: "key labelled" }), told("with a label", values.labelled)),
    el("span", {}, el("i", { className: "key unlabelled" }), told("without", values.unlabelled)));
  host.replaceChildren(picture(values), legend);
  host.setAttribute("aria-label", `scores ${told("with a label", values.labelled)}; ${told("without", values.unlabelled)}`);
};
