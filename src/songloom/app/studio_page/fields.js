// The fields of a wish as a musician sets them; only those stand on the page that the model uses.

import { made } from "./elements.js";
import { state, tell } from "./state.js";

const TONICS = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"];
export const KEYS = ["major", "minor"].flatMap((mode) => TONICS.map((tonic) => `${tonic} ${mode}`));
export const FIELDS = [
  { name: "seconds", label: "Length", least: 0.1, most: 3600, step: "any", always: true, fallback: 10, unit: "seconds" },
  { name: "bars", label: "Length", least: 1, most: 2000, step: 1, always: true, fallback: 8, unit: "bars" },
  { name: "tempo", label: "Tempo (bpm)", least: 20, most: 300, step: "any", unset: "any" },
  { name: "key", label: "Key", options: KEYS.map((key) => [key, key]) },
  { name: "drums", label: "Drums", options: [["with drums", true], ["no drums", false]] },
  { name: "candidates", label: "Takes", least: 1, most: 8, step: 1, always: true, fallback: 1 },
  { name: "loop", label: "A loop", check: true },
  { name: "negative_prompt", label: "What it should not sound like", words: "drums, distortion", wide: true, fine: true },
  { name: "melody", label: "Chords to follow, one a bar", curve: "Am F C G, or Am F C G 120 bpm", wide: true, fine: true },
  { name: "dynamics", label: "Loudness to follow, dB at seconds", curve: "0:-40 8:-12", wide: true, fine: true },
  { name: "rhythm", label: "Beat to follow", curve: "90 bpm 3/4", wide: true, fine: true },
  { name: "seed", label: "Seed", least: 0, most: 2 ** 31, step: 1, always: true, unset: "a new one", fine: true },
  { name: "guidance", label: "Strictness of the words", least: 0, most: 30, step: "any", fine: true },
  { name: "steps", label: "Steps: more are finer", least: 1, most: 1000, step: 1, fine: true },
  { name: "temperature", label: "Boldness", least: 0, most: 10, step: "any", fine: true },
  { name: "top_k", label: "Among the likeliest k", least: 1, most: 1000000, step: 1, fine: true },
  { name: "top_p", label: "Among this probability", least: 0, most: 1, step: "any", fine: true },
  { name: "init_strength", label: "How much it changes", least: 0, most: 1, step: "any", fine: true, needs: "change" },
];

export function input(field) {
  const node = field.options ? choice(field) : field.check ? tick(field) : field.least !== undefined ? number(field) : words(field);
  node.name = field.name;
  if (field.check) return made("label", { className: "tick" }, node, field.label);
  const held = field.unit ? made("div", { className: "pair" }, node, unit(field)) : node;
  return made("label", { className: field.wide ? "wide" : "" }, made("span", { textContent: field.label }), held);
}

function set(field, value) {
  if (value === undefined) delete state.values[field.name]; else state.values[field.name] = value;
  tell("changed");
}

function unit(field) {  // of the length
  const node = made("select", { id: "unit", ariaLabel: "Unit of the length" }, ...[["seconds", "sec"], ["bars", "bars"]].map(([value, textContent]) => made("option", { value, textContent })));
  node.value = field.unit;
  node.addEventListener("change", () => {
    state.inBars = node.value === "bars";
    tell("rebuild");
    document.getElementById("unit").focus();
  });
  return node;
}

function choice(field) {
  const node = made("select", {}, made("option", { value: "", textContent: "any" }),
    ...field.options.map(([text], place) => made("option", { value: place, textContent: text })));
  node.value = String(field.options.findIndex(([, value]) => value === state.values[field.name]));
  if (node.selectedIndex < 0) node.value = "";
  node.addEventListener("change", () => set(field, node.value === "" ? undefined : field.options[node.value][1]));
  return node;
}

function tick(field) {
  const node = made("input", { type: "checkbox", checked: Boolean(state.values[field.name]) });
  node.addEventListener("change", () => set(field, node.checked || undefined));
  return node;
}

function number(field) {
  const node = made("input", { type: "number", min: field.least, max: field.most, step: field.step,
    value: state.values[field.name] ?? field.fallback ?? "", placeholder: field.unset ?? field.fallback ?? "usual" });
  node.addEventListener("input", () => set(field, node.value === "" ? undefined : Number(node.value)));
  return node;
}

function words(field) {
  const node = made("input", { value: state.values[field.name] ?? "", maxLength: 1000, placeholder: `as ${field.curve ?? field.words}` });
  node.addEventListener("input", () => set(field, node.value || undefined));
  return node;
}
