// The tables under the chart, and the cards above it.

import { $, el, keyed, setText, svg, visible } from "./dom.js";
import { count, duration, figure, interval, moment, percent, segmentName, words } from "./format.js";

const most = 200; // rows of a table; the JSON API has them all

const glyph = { firing: "▲", pending: "△", resolved: "✓", ok: "✓", unknown: "?" };
const tone = { firing: "firing", pending: "pending", resolved: "ok", ok: "ok", unknown: "unknown" };

const cells = (n, classes = {}) => () => el("tr", {}, ...Array.from({ length: n }, (_, i) => el("td", { className: classes[i] ?? "" })));

const empty = (body, columns, text) => {
  if (body.children.length) return;
  body.append(el("tr", {}, el("td", { colSpan: columns, className: "muted", textContent: text })));
};

const clearEmpty = (body) => body.querySelector("td[colspan]")?.parentElement.remove();

const stateCell = (td, state) => {
  td.className = `state ${tone[state] ?? "unknown"}`;
  setText(td, `${glyph[state] ?? "?"} ${state}`);
};

const button = (td, text, act) => {
  let b = td.firstElementChild;
  if (!b) td.append((b = el("button", { type: "button", className: "link clamp" })));
  b.onclick = act;
  setText(b, text);
  return b;
};

export const alarms = (list, choose) => {
  const body = $("alarm-rows");
  clearEmpty(body);
  const rows = list.map((a, i) => ({ a, i })).slice(-most).reverse();
  keyed(body, rows, ({ i }) => String(i), cells(4, { 0: "time", 1: "state" }), (tr, { a }) => {
    const [time, state, name, text] = tr.children;
    setText(time, moment(a.at));
    stateCell(state, a.state);
    button(name, a.name, () => choose(a));
    if (a.segment && !name.children[1]) name.append(el("div", { className: "muted clamp", title: visible(a.segment), textContent: a.segment }));
    const said = `${a.name} ${a.state.toUpperCase()}: `; // the columns before say so too
    setText(text, (a.text.startsWith(said) ? a.text.slice(said.length) : a.text) || `${a.metric} ${figure(a.value)} ${interval(a)}, bound ${figure(a.bound)}, n ${count(a.n)}`);
  });
  empty(body, 4, "No alarm has changed its state.");
  setText($("alarms-note"), list.length > most ? `The newest ${most} of ${count(list.length)} changes.` : "");
};

const spark = (host, past, rule) => {
  const known = past.filter((v) => v != null);
  const drawing = svg("svg", { class: "spark", viewBox: "0 0 100 20", preserveAspectRatio: "none", "aria-hidden": "true" });
  if (known.length > 1) {
    const bound = rule?.bound;
    const low = Math.min(...known, bound ?? Infinity), high = Math.max(...known, bound ?? -Infinity);
    const y = (v) => 18 - (16 * (v - low)) / (high - low || 1);
    let d = "", pen = "M";
    past.forEach((v, i) => {
      if (v == null) pen = "M";
      else {
        d += `${pen}${((100 * i) / (past.length - 1)).toFixed(1)} ${y(v).toFixed(1)}`;
        pen = "L";
      }
    });
    if (bound != null) drawing.append(svg("line", { class: "bound", x1: 0, x2: 100, y1: y(bound), y2: y(bound) }));
    drawing.append(svg("path", { d }));
  }
  host.replaceChildren(drawing);
};

export const segments = (answer, chosen, active, ruleOf, choose) => {
  const body = $("segment-rows");
  clearEmpty(body);
  const rank = (row) => (row.segment === "" ? 0 : 1);
  const rows = answer.segments.toSorted((a, b) => rank(a) - rank(b)).slice(0, most);
  keyed(body, rows, (r) => r.segment, cells(7, { 2: "num", 3: "num", 4: "num", 5: "num" }), (tr, row) => {
    const [name, past, value, range, n, coverage, alarm] = tr.children;
    const m = row.judged?.metrics[answer.metric];
    const pressed = row.segment === chosen;
    const b = button(name, segmentName(row.segment), () => choose(row.segment));
    b.setAttribute("aria-pressed", pressed);
    b.title = visible(row.segment);
    const rule = ruleOf(row.segment);
    const drawn = JSON.stringify([row.past, rule?.bound]);
    if (past.dataset.drawn !== drawn) {
      past.dataset.drawn = drawn;
      spark(past, row.past, rule);
    }
    setText(value, m?.undefined ? m.undefined : figure(m?.value));
    setText(range, interval(m));
    setText(n, count(row.judged?.n));
    setText(coverage, percent(row.judged?.coverage));
    const hit = active.find((a) => a.segment === row.segment && a.version === answer.version);
    if (hit) stateCell(alarm, hit.state);
    else {
      alarm.className = "state muted";
      setText(alarm, rule ? "none" : "no rule");
    }
  });
  empty(body, 7, "No windows yet.");
  const all = answer.segments.length;
  setText($("segments-note"), all > most ? `The first ${most} of ${count(all)} segments.` : "");
};

export const ledger = (s) => {
  keyed($("ledger-rows"), s.ledger, (sum) => sum.name, cells(4, { 1: "num", 3: "state" }), (tr, sum) => {
    const [name, total, partsCell, verdict] = tr.children;
    setText(name, sum.name);
    setText(total, `${count(sum.total)} =`);
    const shown = JSON.stringify(sum.parts);
    if (partsCell.dataset.shown !== shown) {
      partsCell.dataset.shown = shown;
      partsCell.replaceChildren(el("div", { className: "sum" }, ...sum.parts.map((p, i) =>
        el("span", { className: p.n ? "" : "zero", textContent: `${i ? "+ " : ""}${count(p.n)} ${words(p.name)}` }))));
    }
    const off = sum.difference;
    verdict.className = `state ${off === 0 ? "ok" : s.done ? "firing" : "unknown"}`;
    setText(verdict, off === 0 ? "✓ adds up" : s.done ? `▲ off by ${count(off)}` : `${count(off)} under way`);
  });
};

export const sources = (s) => {
  const body = $("source-rows");
  clearEmpty(body);
  const rows = [
    ...s.sources.map((x) => ({ name: `${x.topic}/${x.partition}`, at: x.clock, state: x.ended ? "ended" : x.idle ? "idle" : x.clock ? "reading" : "nothing seen" })),
    ...s.partitions.map((p) => ({ name: `scores/${p.partition}`, at: p.closed_tick, state: p.closed_tick ? "closed up to here" : "no tick closed" })),
  ].slice(0, most);
  keyed(body, rows, (r) => r.name, cells(3, { 1: "time" }), (tr, row) => {
    const holds = s.stalled !== "" && s.stalled === row.name;
    setText(tr.children[0], row.name);
    setText(tr.children[1], moment(row.at));
    setText(tr.children[2], holds ? "▲ holds time" : row.state);
    tr.children[2].className = holds ? "firing" : "";
  });
  empty(body, 3, "No source has been seen.");
};

export const flow = (s, rate) => {
  const o = s.outcomes, l = s.labels;
  setText($("n-events"), count(s.events));
  setText($("s-events"), [rate == null ? "" : `${count(Math.round(rate))} a second`, `${count(s.dead_letters)} dead letters`].filter(Boolean).join(" · "));
  setText($("n-scores"), count(s.scores));
  setText($("s-scores"), `${count(o.pending)} pending: wait for a label`);
  setText($("n-labels"), count(s.labels_read));
  const other = ["duplicate", "revision", "conflict", "orphan", "too_late", "dead_letter", "waiting"].filter((k) => l[k]);
  setText($("s-labels"), [`${count(l.used)} used`, ...other.map((k) => `${count(l[k])} ${words(k)}`)].join(" · "));
  const kinds = ["matched", "assumed", "unlabelled", "duplicate"];
  setText($("n-outcomes"), count(kinds.reduce((sum, k) => sum + (o[k] ?? 0), 0)));
  setText($("s-outcomes"), kinds.filter((k) => k === "matched" || o[k]).map((k) => `${count(o[k])} ${k}`).join(" · "));
  setText($("n-coverage"), percent(s.coverage));
  $("coverage-bar").style.width = `${100 * (s.coverage ?? 0)}%`;
};

export const header = (s) => {
  const title = s.title || "hindsight";
  setText($("title"), title);
  if (document.title !== visible(title)) document.title = visible(title);
  setText($("model"), s.model ? `model ${s.model}${s.version ? "@" + s.version : ""}` : "");
  setText($("stream-time"), s.stream_time ? moment(s.stream_time) + " UTC" : "not yet");
  setText($("speed"), s.speed ? `${count(Math.round(s.speed * 10) / 10)} ×` : "–");
  setText($("wall"), duration(s.wall_seconds));
  const firing = s.active.filter((a) => a.state === "firing").length, pending = s.active.filter((a) => a.state === "pending").length;
  const badges = [
    firing && ["firing", `▲ ${firing} firing`],
    pending && ["pending", `△ ${pending} pending`],
    !firing && !pending && s.headline && ["ok", "✓ no alarm"],
    ...s.reasons.map((r) => [s.stalled ? "firing" : "pending", r]),
    s.done && ["ok", "✓ all inputs read"],
    !s.done && s.ready && ["unknown", "● live"],
  ].filter(Boolean);
  keyed($("badges"), badges, ([kind, text]) => kind + text, () => el("span"), (node, [kind, text]) => {
    node.className = `badge ${kind}`;
    setText(node, text);
  });
};

export const figures = (points) => {
  keyed($("figure-rows"), points.slice(-most).reverse(), (p) => p.startText + p.endText, cells(9, { 0: "time", 1: "time", 3: "num", 4: "num", 5: "num", 6: "num", 7: "num", 8: "num" }), (tr, p) => {
    [moment(p.startText), moment(p.endText), p.state, p.undefined || figure(p.value), interval(p), count(p.n), count(p.scored), percent(p.coverage), percent(p.maturity)]
      .forEach((text, i) => setText(tr.children[i], text));
  });
};
