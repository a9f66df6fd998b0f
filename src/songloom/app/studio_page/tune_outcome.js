// What learning changed: figures, and the same words before and after to listen to.

import { made, signed } from "./elements.js";
import { player } from "./tune_pieces.js";

export function drawOutcome(told) {
  const cells = (tag, row) => made("tr", {}, ...row.map((text) => made(tag, { textContent: text })));
  const figures = made("table", {}, cells("th", ["", "before", "after"]), ...told.figures.map((row) => cells("td", row)));
  const notes = told.notes.map((text) => made("p", { className: "soft", textContent: text }));
  return [figures, ...notes, ...told.examples.map(pair)];
}

function pair(example) {
  return made("div", { className: "piece" }, made("span", { textContent: example.prompt }),
    made("div", { className: "grid" }, side("before", example.before), side("after", example.after)));
}

function side(name, heard) {
  const facts = [heard.tempo && `${Math.round(heard.tempo)} bpm`, heard.key, `like the words ${signed(heard.similarity, 2)}`];
  const told = facts.filter(Boolean).map((fact) => fact.replaceAll(" ", "\u00a0")).join(" · ");  // broken between facts only
  return made("div", {}, made("strong", { textContent: name }), made("p", { className: "soft", textContent: told }), player(heard.path));
}
