// The story: sections on a timeline, whose beginnings can be moved.

import { $, button, fold, made } from "./elements.js";
import { grip, within } from "./grip.js";
import { on, seconds, state, tell, uses } from "./state.js";

const LEAST = 0.1;       // seconds of a section
let lay = () => {};      // puts the sections where they belong
on("changed", () => lay());
on("laid", () => lay());

export function drawStory() {
  const { story } = state;
  $("story").hidden = !uses("story");
  if (story.length) $("story").open = true;
  const add = button(story.length ? "Add a section" : "Tell a story in sections", () => {
    const last = story.at(-1);
    story.push({ at: last ? Math.round(5 * (last.at + seconds())) / 10 : 0, text: "" });
    drawStory();
    $("story").querySelectorAll(".span input:not([type=number])")[story.length - 1].focus();
  });
  const line = made("div", { className: "line timeline" }), parts = story.map((_, place) => part(line, place));
  lay = () => parts.forEach(({ put }) => put());
  lay();
  fold("story", story.length || "", ...(story.length ? [line, ...parts.map(({ row }) => row)]
    : [made("p", { className: "soft", textContent: "What you wrote above holds throughout; each section says what changes." })]),
  made("div", { className: "row" }, add));
}

function part(line, place) {
  const { story } = state, section = story[place], end = () => story[place + 1]?.at ?? seconds();
  const block = made("div", { className: "section" });
  const at = made("input", { type: "number", min: 0, step: "any", ariaLabel: `Section ${place + 1} begins at second`, disabled: !place });
  const text = made("input", { value: section.text, maxLength: 4000, placeholder: place ? "what changes" : "how it begins", ariaLabel: `What section ${place + 1} sounds like` });
  const move = (second) => {
    section.at = place ? within(story[place - 1].at + LEAST, second, end() - LEAST) : 0;
    tell("changed");
  };
  const edge = grip(line, `Beginning of section ${place + 1}`, { step: 0.5, length: seconds, at: () => section.at, move });
  edge.hidden = !place;
  const put = () => {
    block.style.left = `${100 * section.at / seconds()}%`;
    block.style.right = `${100 - 100 * end() / seconds()}%`;
    block.textContent = section.text || "…";
    edge.put();
    if (at !== document.activeElement) at.value = Number(section.at.toFixed(2));
  };
  at.addEventListener("change", () => move(Number(at.value)));
  text.addEventListener("input", () => { section.text = text.value; tell("changed"); });
  block.addEventListener("click", () => text.focus());
  line.append(block, edge);
  const away = button("×", () => {
    story.splice(place, 1);
    if (story.length) story[0].at = 0;
    drawStory();
    tell("changed");
  }, { ariaLabel: `Remove section ${place + 1}`, className: "plain" });
  return { put, row: made("div", { className: "span" }, at, text, away) };
}
