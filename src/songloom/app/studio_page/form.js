// The form: what the chosen model uses, and nothing else; what it says becomes a wish.

import { ask } from "./calls.js";
import { $, button, clock, fold, made, say, sentence } from "./elements.js";
import { FIELDS, input } from "./fields.js";
import { addSounds, drawSounds } from "./sounds.js";
import { model, on, state, tell, uses } from "./state.js";
import { drawStory } from "./story.js";
import { begin } from "./takes.js";

const EXAMPLES = [
  ["Lo-fi", "warm lo-fi piano, 75 bpm"], ["House", "house, four on the floor, 124 bpm"], ["Ambient", "ambient pads, slow and wide"],
  ["Funk", "funk with slap bass, 105 bpm"], ["Strings", "string quartet in D minor, sad"], ["Drum & bass", "drum and bass, 174 bpm, dark"],
  ["Guitar", "acoustic guitar, gentle, A major"], ["8-bit", "8-bit game tune, fast and happy"],
];

function build() {
  $("model").replaceChildren(...state.models.map((one) => made("option", { value: one.name, disabled: Boolean(one.error),
    textContent: one.error ? `${one.name}: ${one.error}` : one.name })));
  $("models").hidden = state.models.length < 2;
  $("model").value = state.model;
  $("prompt").value = state.prompt;
  const [rough, fine] = [false, true].map((fine) => FIELDS.filter((field) => Boolean(field.fine) === fine && stands(field)));
  $("fields").replaceChildren(...rough.filter(({ check }) => !check).map(input), $("models"), ...rough.filter(({ check }) => check).map(input));
  $("fine").replaceChildren(...fine.map(input));
  drawSounds();
  drawStory();
  tell("changed");
}

function stands(field) {
  if (field.unit) return field.unit === (state.inBars ? "bars" : "seconds");
  const used = field.always || uses(field.name) || (field.name === "tempo" && state.inBars && uses("bars"));
  return used && (!field.needs || state.sounds.some((sound) => sound.use === field.needs));
}

function wish() {
  const asked = { model: model().name, prompt: state.prompt.trim() };
  for (const field of FIELDS.filter(stands)) {
    const value = state.values[field.name] ?? field.fallback;
    if (value !== undefined) asked[field.name] = field.curve ? { curve: value } : value;
  }
  if (uses("story") && state.story.length)
    asked.story = state.story.filter(({ text }) => text.trim()).map(({ at, text }) => [at, text.trim()]);
  return asked;
}

let estimating;

function estimate() {
  fold("more", FIELDS.filter((field) => field.fine && stands(field) && state.values[field.name] !== undefined).length || "");
  clearTimeout(estimating);
  say("");
  const wrong = $("form").querySelector(":invalid:not(details)");
  if (wrong) { $("estimate").textContent = `${wrong.ariaLabel ?? wrong.labels[0].firstElementChild.textContent}: ${wrong.validationMessage}`; return; }
  estimating = setTimeout(async () => {
    if (!model().name) return;
    try {
      const told = await ask("/v1/estimate", wish());
      state.length = told.length;
      const lasts = state.inBars ? `${Number(told.length.toFixed(2))} s of music. ` : "";
      $("estimate").textContent = lasts + (told.seconds ? `Ready in about ${clock(told.seconds)}.` : "");
      tell("laid");
    } catch (error) {
      $("estimate").textContent = sentence(error);
    }
  }, 400);
}

const fresh = () => Math.floor(Math.random() * 1e6);  // short enough to be read out

async function make(event) {
  event.preventDefault();
  if (!state.prompt.trim() && !state.story.length && !state.sounds.length) {
    say("Write what you want to hear first.");
    $("prompt").focus();
    return;
  }
  $("make").disabled = true;
  try {
    const asked = { seed: fresh(), ...wish() };
    await addSounds(asked);
    await begin(asked);
    if (state.values.seed === state.seed) { delete state.values.seed; tell("rebuild"); }  // a take's own, lent for one time
    state.seed = null;
  } catch (error) {
    say(sentence(error), true);
  }
  $("make").disabled = false;
}

function write(text) {
  state.prompt = $("prompt").value = text;
  tell("changed");
}

export function openForm() {
  $("form").addEventListener("submit", make);
  $("form").addEventListener("invalid", ({ target }) => { for (let part = target; (part = part.parentElement?.closest("details"));) part.open = true; }, true);
  $("prompt").addEventListener("input", () => write($("prompt").value));
  $("model").addEventListener("change", () => { state.model = $("model").value; tell("rebuild"); });
  $("examples").append(...EXAMPLES.map(([name, text]) => button(name, () => write(text), { title: text })));
  on("rebuild", build);
  on("changed", estimate);
  build();
}
