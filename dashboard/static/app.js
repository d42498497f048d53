// The page: polls the API once a second, keeps the choice of what the chart
// shows in the address, and hands what came to the chart and the tables.

import { draw } from "./chart.js";
import { attach } from "./cursor.js";
import "./inquiry.js";
import { $, el, options, setText, visible } from "./dom.js";
import { count, figure, interval, moment, percent, segmentName } from "./format.js";
import { halfKnown } from "./scale.js";
import * as tables from "./tables.js";
import * as values from "./values.js";

const every = 1000; // ms
const choice = Object.assign({ window: "", metric: "", segment: "", version: "" }, Object.fromEntries(new URLSearchParams(location.hash.slice(1))));
const cache = new Map(); // url → {tag, body}: an answer that did not change is not parsed again
let snapshot = null, alarms = { alarms: [], episodes: [] }, points = [], shown = [], drawn = {}, zoomed = null, rate = null, last = null;

const get = async (path) => {
  const response = await fetch(path, { cache: "no-cache" });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  const tag = response.headers.get("ETag");
  const known = cache.get(path);
  if (known && known.tag === tag) return { body: known.body, changed: false };
  const body = await response.json();
  if (cache.size > 20) cache.clear();
  cache.set(path, { tag, body });
  return { body, changed: true };
};

const query = (fields) => new URLSearchParams(fields).toString();
// covers reads a rule's segments as Rule.Covers in Go does.
const covers = (rule, segment) => rule.segments.length === 0 ? segment === ""
  : rule.segments.some((entry) => entry === "*" || entry === segment || (segment !== "" && entry === segment.split("=", 1)[0]));
const rulesFor = (segment) => snapshot.rules.filter((r) => r.window === choice.window && r.metric === choice.metric && covers(r, segment));

// settle replaces whatever part of the choice does not exist by what the
// process would show first, and fills the lists.
const settle = () => {
  const first = snapshot.headline;
  if (!first) return false;
  const pick = (list, wanted, fallback) => (list.includes(wanted) ? wanted : list.includes(fallback) ? fallback : list[0]);
  const names = snapshot.windows.map((w) => w.window);
  choice.window = pick(names, choice.window, first.window);
  const kind = snapshot.windows.find((w) => w.window === choice.window);
  choice.metric = pick(kind.metrics, choice.metric, first.metric) ?? "";
  choice.segment = pick(kind.segments, choice.segment, "");
  choice.version = pick(kind.versions, choice.version, first.version);
  options($("window"), names, choice.window);
  options($("metric"), kind.metrics, choice.metric);
  options($("segment"), kind.segments, choice.segment, segmentName);
  options($("version"), kind.versions, choice.version);
  setText($("chart-h"), `Rolling ${choice.metric} by ${kind.clock} time`);
  return true;
};

const toPoint = (w) => ({
  end: Date.parse(w.end), startText: w.start, endText: w.end, state: w.state, n: w.n, scored: w.scored,
  coverage: w.coverage, maturity: w.maturity, maturityUndefined: w.maturity_undefined, finalBy: w.final_by, values: w.values, ...w.metrics[choice.metric],
});

const render = () => {
  const tail = Number($("span").value);
  shown = zoomed ? points.filter((p) => p.end >= zoomed[0] && p.end <= zoomed[1]) : tail ? points.slice(-tail) : points;
  $("unzoom").hidden = !zoomed;
  const ms = (text) => (text ? Date.parse(text) : null);
  const rules = snapshot ? rulesFor(choice.segment) : [];
  const episodes = alarms.episodes
    .filter((e) => e.window === choice.window && e.metric === choice.metric && e.segment === choice.segment && e.version === choice.version)
    .map((e) => ({ since: ms(e.since), fired: ms(e.fired), until: ms(e.until) }));
  const host = $("chart");
  drawn = draw({ points: shown, rules, episodes }, host.clientWidth, host.clientHeight);
  host.replaceChildren(drawn.picture);
  cursor.mark();
  if ($("figures").open) tables.figures(shown);
};

const newest = () => points.findLast((p) => p.value != null && halfKnown(p)) ?? points.findLast((p) => p.value != null) ?? points.at(-1);

const read = (point) => {
  const p = point ?? newest();
  values.show(p);
  const line = $("readout");
  const parts = !p ? [] : [
    el("b", { textContent: p.value == null ? p.undefined || "not defined" : figure(p.value) }),
    interval(p), `n ${count(p.n)} of ${count(p.scored)} scored`, `coverage ${percent(p.coverage)}`,
    p.maturity != null ? `maturity ${percent(p.maturity)}` : p.maturityUndefined === "not learnt" ? "maturity not learnt yet" : "",
    p.state === "final" || !p.finalBy ? p.state : `${p.state}, final by ${moment(p.finalBy)}`,
    `${moment(p.startText)} to ${moment(p.endText)} UTC`, point ? "" : "(newest)",
  ].filter(Boolean).map((part) => (typeof part === "string" ? el("span", { textContent: part }) : part));
  const text = parts.map((part) => part.textContent).join(" ");
  if (line.dataset.text !== text) {
    line.dataset.text = text;
    line.setAttribute("aria-live", point ? "polite" : "off"); // the newest changes each second: not announced
    line.replaceChildren(...parts);
  }
  $("chart").setAttribute("aria-label", p ? `${visible(choice.metric)} of ${visible(segmentName(choice.segment))}, window ${choice.window}, ${shown.length} windows; newest: ${text}` : "No windows yet");
};

const cursor = attach($("chart"), {
  state: () => ({ points: shown, layout: drawn.layout, picture: drawn.picture }), read,
  zoom: (from, to) => { zoomed = [from, to]; render(); },
  reset: () => { if (zoomed) { zoomed = null; render(); } },
});

const choose = (fields) => {
  Object.assign(choice, fields);
  zoomed = "window" in fields && fields.window !== $("window").value ? null : zoomed;
  history.replaceState(null, "", "#" + query(choice));
  points = [];
  refresh();
};

const measure = (s) => {
  const now = performance.now();
  if (last && now - last.at > 200) {
    const fresh = Math.max(0, (1000 * (s.events - last.events)) / (now - last.at));
    rate = s.done ? null : rate == null ? fresh : 0.6 * rate + 0.4 * fresh;
  }
  last = { at: now, events: s.events };
};

let running = 0;
const refresh = async () => {
  const turn = ++running; // a later choice overtakes an earlier answer
  try {
    const [s, a] = await Promise.all([get("api/v1/snapshot"), get("api/v1/alarms")]);
    if (turn !== running) return;
    snapshot = s.body;
    alarms = a.body;
    measure(snapshot);
    tables.header(snapshot);
    tables.flow(snapshot, rate);
    tables.ledger(snapshot);
    tables.sources(snapshot);
    if (a.changed || !alarms.alarms.length) tables.alarms(alarms.alarms, (x) => choose({ segment: x.segment, version: x.version, window: x.window, metric: x.metric }));
    let lines = { body: { segments: [] }, changed: true }, windows = { body: { windows: [] }, changed: !drawn.picture };
    if (settle()) {
      const { window, version, segment, metric } = choice;
      [lines, windows] = await Promise.all([
        get("api/v1/segments?" + query({ window, version, metric })),
        get("api/v1/windows?" + query({ window, version, segment, metric })),
      ]);
      if (turn !== running) return;
    }
    tables.segments(lines.body, choice.segment, snapshot.active.filter((x) => x.window === choice.window && x.metric === choice.metric), (seg) => rulesFor(seg)[0], (segment) => choose({ segment }));
    if (windows.changed || a.changed || !points.length) {
      points = windows.body.windows.map(toPoint);
      render();
    }
    $("lost").hidden = true;
  } catch (error) {
    if (turn !== running) return;
    if ($("lost").hidden) {
      setText($("lost"), `The process has not answered since ${new Date().toLocaleTimeString()}: these figures are old. (${error.message})`);
      $("lost").hidden = false;
    }
  }
};

const poll = async () => {
  if (!document.hidden) await refresh();
  setTimeout(poll, every);
};

for (const id of ["window", "metric", "segment", "version"]) $(id).addEventListener("change", (event) => choose({ [id]: event.target.value }));
$("choice").addEventListener("submit", (event) => event.preventDefault());
$("span").addEventListener("change", () => { zoomed = null; render(); });
$("unzoom").addEventListener("click", () => { zoomed = null; render(); });
for (const id of ["bias", "figures"]) $(id).addEventListener("toggle", render);
new ResizeObserver(() => { if (snapshot) render(); }).observe($("chart"));
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
poll();
