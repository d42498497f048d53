// What the topics tell of one event id, and the latest ids of each bucket of
// the ledger. Nothing here is polled: an answer takes reading topics.

import { $, el, setText } from "./dom.js";
import { moment, words } from "./format.js";

const glyph = { event: "•", score: "→", label: "◇", outcome: "✓", fate: "✓", dead_letter: "▲", ahead: "…" };

let asked = 0;
const ask = async (path) => {
  const response = await fetch(path, { cache: "no-cache" });
  const body = await response.json();
  if (!response.ok) throw new Error(body.error);
  return body;
};

const tell = (story) => {
  setText($("story-standing"), story.facts.length ? `${story.id}: ${story.standing}` : `No record of event “${story.id}” is in the topics: is the id right, and does retention reach back that far?`);
  $("story-rows").replaceChildren(...story.facts.map((f) => el("tr", { className: f.what },
    el("td", { className: "time", textContent: moment(f.at) }),
    el("td", { className: "state", textContent: `${glyph[f.what] ?? "•"} ${words(f.what)}` }),
    el("td", {}, el("div", { textContent: f.text }), el("div", { className: "muted", textContent: f.topic ? `${f.topic}/${f.partition} at offset ${f.offset}` : "" })))));
  $("story").hidden = false;
};

// find shows the story of an id; a later question overtakes an earlier answer.
const find = async (id) => {
  const turn = ++asked;
  $("find-id").value = id;
  setText($("story-standing"), "reading the topics …");
  $("story-rows").replaceChildren();
  $("story").hidden = false;
  try {
    const story = await ask("api/v1/story?" + new URLSearchParams({ id }));
    if (turn === asked) tell(story);
  } catch (error) {
    if (turn === asked) setText($("story-standing"), error.message);
  }
};

const sampleRow = (sum, part, list) => el("tr", {},
  el("td", { textContent: sum }), el("td", { textContent: words(part) }),
  el("td", {}, el("div", { className: "sum" }, ...list.map((s) => s.id
    ? el("button", { type: "button", className: "link", title: [s.at, s.why].filter(Boolean).join(" "), textContent: s.id, onclick: () => find(s.id) })
    : el("span", { className: "muted", textContent: `no id: ${s.why ?? ""}` })))));

const samples = async () => {
  if (!$("samples").open) return;
  setText($("samples-note"), "reading the topics …");
  try {
    const answer = await ask("api/v1/ledger");
    $("sample-rows").replaceChildren(...Object.entries(answer.sums).flatMap(([sum, parts]) =>
      Object.entries(parts).filter(([, list]) => list.length).map(([part, list]) => sampleRow(sum, part, list))));
    setText($("samples-note"), answer.whole ? "" : "Older records were not looked at: hindsight ledger --samples finds more.");
  } catch (error) {
    setText($("samples-note"), error.message);
  }
};

$("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const id = $("find-id").value.trim();
  if (id) find(id);
});
$("samples").addEventListener("toggle", samples);
