// Sounds that were dropped: a wave, what is selected of it, and what it is for.

import { call } from "./calls.js";
import { $, button, fold, made, say } from "./elements.js";
import { live } from "./live.js";
import { cut, decoded, wav } from "./pcm.js";
import { middle, selection } from "./selection.js";
import { model, on, seconds, state, tell } from "./state.js";

const USES = [  // what is done with a sound: [its name, in words, fields that the model has to use]
  ["continue", "Go on from the selection", ["continuation"]], ["change", "Change the selection", ["init"]],
  ["remake", "Make selected parts anew", ["init", "inpaint"]], ["melody", "Follow its tune", ["melody"]],
  ["rhythm", "Follow its beat", ["rhythm"]], ["dynamics", "Follow its loudness", ["dynamics"]],
];
export const beginnings = (controls) => USES.filter(([, , fields]) => fields.every((field) => controls.includes(field)));
const able = () => beginnings(model().controls).map(([use]) => use);

export async function drop(file) {
  if (!able().length) { say(`${model().name} begins from words only.`); return; }
  try {
    const buffer = await decoded(await file.arrayBuffer());
    const use = able().find((one) => !state.sounds.some((sound) => sound.use === one)) ?? able()[0], sound = { name: file.name, buffer, use };
    state.sounds.push({ ...sound, regions: afresh(sound) });
    longer(sound);
    $("sounds").open = true;
    tell("rebuild");
  } catch {
    say(`${file.name} is no sound that this browser reads.`, true);
  }
}

const afresh = (sound) => [sound.use === "remake" ? middle(sound) : [0, sound.buffer.duration]];

function put(sound, use) {
  sound.use = use;
  sound.regions = afresh(sound);
  longer(sound);
}

function longer({ use, buffer: { duration } }) {  // what goes on from a sound lasts longer than it
  if (use === "continue" && !state.inBars && seconds() <= duration) state.values.seconds = Math.ceil(duration) + 10;
}

export function drawSounds() {
  for (const sound of state.sounds) if (able().length && !able().includes(sound.use)) put(sound, able()[0]);
  if (!able().length) state.sounds = [];
  $("sounds").hidden = !able().length;
  const file = made("input", { type: "file", accept: "audio/*", id: "file", className: "visually", multiple: true, tabIndex: -1, ariaLabel: "A sound" });
  file.addEventListener("change", () => [...file.files].forEach(drop));
  fold("sounds", state.sounds.length || "", ...state.sounds.map(panel), made("div", { className: "row" },
    button("Add a sound…", () => file.click()), file, made("span", { className: "soft", textContent: "or drop one anywhere" })));
}

function panel(sound) {
  const choice = made("select", { ariaLabel: "What to do with it" },
    ...beginnings(model().controls).map(([value, textContent]) => made("option", { value, textContent })));
  choice.value = sound.use;
  choice.addEventListener("change", () => { put(sound, choice.value); tell("rebuild"); });
  const several = sound.use === "remake";
  const hear = button(several ? "Play" : "Play selection", () => live.once(several ? sound.buffer : cut(sound.buffer, ...sound.regions[0])));
  const away = button("Remove", () => { state.sounds = state.sounds.filter((one) => one !== sound); tell("rebuild"); });
  return made("div", { className: "sound" }, made("p", { className: "soft", textContent: `${sound.name}, ${sound.buffer.duration.toFixed(1)} s` }),
    choice, ...selection(sound, { several }), made("div", { className: "row" }, hear, away));
}

on("colours", drawSounds);

export async function addSounds(asked) {
  for (const { use, buffer, regions } of state.sounds) {
    const field = { continue: "continuation", change: "init", remake: "init" }[use] ?? use;
    const [from, to] = use === "remake" ? [0, buffer.duration] : regions[0];
    if (asked[field]?.sound) throw new Error("two sounds cannot be used in the same way");
    if (!regions.length) throw new Error("select what is to be made anew");
    if (use === "continue" && asked.seconds <= to - from)
      throw new Error(`the selection lasts ${(to - from).toFixed(1)} s, so the length, which counts it too, must be more`);
    const kept = await (await call("/v1/sounds", { method: "POST", body: wav(cut(buffer, from, to)) })).json();
    asked[field] = { sound: kept.id };
    if (use === "remake") asked.inpaint = regions;
    if (field !== "init") continue;
    asked.seconds = to - from;
    delete asked.bars;
  }
}
