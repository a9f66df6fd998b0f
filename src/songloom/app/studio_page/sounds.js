// Sounds that were dropped: a waveform, a selection, and what it is for.

import { call } from "./calls.js";
import { $, button, made, say } from "./elements.js";
import { live } from "./live.js";
import { cut, decoded, wav } from "./pcm.js";
import { model, state, tell } from "./state.js";
import { waveform } from "./wave.js";

const USES = [  // what is done with a sound: [its name, in words, fields that the model has to use]
  ["continue", "Go on from the selection", ["continuation"]], ["change", "Change the selection", ["init"]],
  ["remake", "Make the selection anew", ["init", "inpaint"]], ["melody", "Follow its tune", ["melody"]],
  ["rhythm", "Follow its beat", ["rhythm"]], ["dynamics", "Follow its loudness", ["dynamics"]],
];
export const beginnings = (controls) => USES.filter(([, , fields]) => fields.every((field) => controls.includes(field)));
const able = () => beginnings(model().controls).map(([use]) => use);

export async function drop(file) {
  if (!able().length) { say(`${model().name} begins from words only.`); return; }
  try {
    const buffer = await decoded(await file.arrayBuffer());
    const use = able().find((one) => !state.sounds.some((sound) => sound.use === one)) ?? able()[0];
    state.sounds.push({ name: file.name, buffer, from: 0, to: buffer.duration, use });
    say("");
    tell("rebuild");
  } catch {
    say(`${file.name} is no sound that this browser reads.`, true);
  }
}

export function drawSounds() {
  for (const sound of state.sounds) if (!able().includes(sound.use)) sound.use = able()[0];
  if (!able().length) state.sounds = [];
  $("sounds").hidden = !able().length;
  const file = made("input", { type: "file", accept: "audio/*", id: "file", className: "visually", multiple: true, tabIndex: -1 });
  file.addEventListener("change", () => [...file.files].forEach(drop));
  $("sounds").replaceChildren(...state.sounds.map(panel), made("div", { className: "row" },
    button("Add a sound…", () => file.click()), file, made("span", { className: "soft", textContent: "or drop one anywhere" })));
}

function panel(sound) {
  const canvas = made("canvas", { width: 640, height: 144 });
  const choice = made("select", { ariaLabel: "What to do with it" },
    ...beginnings(model().controls).map(([value, textContent]) => made("option", { value, textContent })));
  choice.value = sound.use;
  choice.addEventListener("change", () => { sound.use = choice.value; tell("rebuild"); });
  const ends = ["from", "to"].map((end) => {
    const node = made("input", { type: "number", min: 0, max: sound.buffer.duration, step: "any", name: `sound-${end}` });
    node.addEventListener("input", () => {
      sound[end] = Math.min(sound.buffer.duration, Math.max(0, Number(node.value)));
      draw();
      tell("changed");
    });
    return made("label", {}, made("span", { textContent: `${end === "from" ? "From" : "To"} (seconds)` }), node);
  });
  const draw = () => {
    waveform(canvas, sound.buffer, [sound.from, sound.to]);
    ["from", "to"].forEach((end, place) => {
      const node = ends[place].querySelector("input");
      if (node !== document.activeElement) node.value = sound[end].toFixed(2);
    });
  };
  selectable(canvas, sound, draw);
  draw();
  const hear = button("Play selection", () => live.once(cut(sound.buffer, sound.from, sound.to)));
  const away = button("Remove", () => { state.sounds = state.sounds.filter((one) => one !== sound); tell("rebuild"); });
  return made("div", { className: "sound" }, made("span", { className: "name", textContent: `${sound.name}, ${sound.buffer.duration.toFixed(1)} s` }),
    canvas, made("div", { className: "grid" }, ...ends), choice, made("div", { className: "row" }, hear, away));
}

function selectable(canvas, sound, draw) {
  let start = null;
  const second = (event) => {
    const box = canvas.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * sound.buffer.duration;
  };
  canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); start = second(event); });
  canvas.addEventListener("pointermove", (event) => {
    if (start === null) return;
    [sound.from, sound.to] = [start, second(event)].sort((a, b) => a - b);
    draw();
  });
  canvas.addEventListener("pointerup", () => {
    if (sound.to - sound.from < 0.05) [sound.from, sound.to] = [0, sound.buffer.duration];  // a mere touch selects all
    start = null;
    draw();
    tell("changed");
  });
}

export async function addSounds(asked) {
  for (const sound of state.sounds) {
    const remake = sound.use === "remake", [from, to] = remake ? [0, sound.buffer.duration] : [sound.from, sound.to];
    const field = { continue: "continuation", change: "init", remake: "init" }[sound.use] ?? sound.use;
    if (asked[field]?.sound) throw new Error("two sounds cannot be used in the same way");
    if (sound.use === "continue" && asked.seconds <= to - from)
      throw new Error(`the selection lasts ${(to - from).toFixed(1)} s, so the length, which counts it too, must be more`);
    const kept = await (await call("/v1/sounds", { method: "POST", body: wav(cut(sound.buffer, from, to)) })).json();
    asked[field] = { sound: kept.id };
    if (remake) asked.inpaint = [[sound.from, sound.to]];
    if (field === "init") asked.seconds = to - from;
  }
}
