// The story: sections on a timeline, whose beginnings can be moved.

import { $, button, made } from "./elements.js";
import { on, seconds, state, tell, uses } from "./state.js";

let lay = () => {};      // puts the sections where they belong
on("changed", () => lay());

export function drawStory() {
  const { story } = state;
  $("story").hidden = !uses("story");
  const add = button(story.length ? "Add a section" : "Tell a story in sections…", () => {
    const last = story.at(-1);
    story.push({ at: last ? Math.round(5 * (last.at + seconds())) / 10 : 0, text: "" });
    drawStory();
    $("story").querySelectorAll(".part input:not([type=number])")[story.length - 1].focus();
  });
  const line = made("div", { className: "timeline" }), parts = story.map((_, place) => part(line, place));
  lay = () => parts.forEach(({ put }) => put());
  lay();
  $("story").replaceChildren(...(story.length ? [line, ...parts.map(({ row }) => row)] : []), made("div", { className: "row" }, add));
}

function part(line, place) {
  const { story } = state, section = story[place], end = () => story[place + 1]?.at ?? seconds();
  const block = made("div");
  const at = made("input", { type: "number", min: 0, step: "any", ariaLabel: "Begins at second", disabled: !place });
  const text = made("input", { value: section.text, maxLength: 4000, placeholder: place ? "what changes" : "how it begins", ariaLabel: "What is to be heard" });
  const grip = made("button", { type: "button", ariaLabel: `Beginning of section ${place + 1}`, hidden: !place });
  const put = () => {
    block.style.left = grip.style.left = `${100 * section.at / seconds()}%`;
    block.style.right = `${100 - 100 * end() / seconds()}%`;
    block.textContent = section.text || "…";
    if (at !== document.activeElement) at.value = Number(section.at.toFixed(2));
  };
  const move = (second) => {
    section.at = place ? Math.min(end() - 0.1, Math.max(story[place - 1].at + 0.1, second)) : 0;
    tell("changed");
  };
  at.addEventListener("change", () => move(Number(at.value)));
  text.addEventListener("input", () => { section.text = text.value; tell("changed"); });
  movable(grip, line, () => section.at, move);
  line.append(block, grip);
  const away = button("×", () => {
    story.splice(place, 1);
    if (story.length) story[0].at = 0;
    drawStory();
    tell("changed");
  }, { ariaLabel: "Remove the section" });
  return { put, row: made("div", { className: "part" }, at, text, away) };
}

function movable(grip, line, at, move) {
  grip.addEventListener("pointerdown", (event) => grip.setPointerCapture(event.pointerId));
  grip.addEventListener("pointermove", (event) => {
    const box = line.getBoundingClientRect();
    if (grip.hasPointerCapture(event.pointerId)) move(Math.round(10 * (event.clientX - box.left) / box.width * seconds()) / 10);
  });
  grip.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -0.5, ArrowRight: 0.5 }[event.key];
    if (way) { move(at() + way); event.preventDefault(); }
  });
}
