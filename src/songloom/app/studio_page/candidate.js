// One candidate: its player, what is measured of it, its downloads.

import { call } from "./calls.js";
import { button, clock, made, say, signed } from "./elements.js";
import { likeness } from "./likeness.js";
import { decoded } from "./pcm.js";
import { player } from "./player.js";
import { beginnings, drop } from "./sounds.js";
import { spectrogram } from "./spectrogram.js";
import { state, tell } from "./state.js";
import { outline, paint } from "./wave.js";

export function title({ request }) {
  const story = (request.story ?? []).map(([second, text]) => second ? `${clock(second)}: ${text}` : text);
  return [request.prompt, ...story].filter(Boolean).join(" → ") || "from a sound";
}

export function candidate(take, result, place) {
  const wave = made("canvas", { width: 600, height: 144, className: "waveform" });
  const spectrum = made("canvas", { width: 300, height: 80, className: "spectrogram" });
  const alone = take.job.results.length === 1, name = alone ? [] : [`Take ${place + 1}`, ...(place ? [] : [made("span", { className: "badge", textContent: "closest", title: "The nearest to what was asked for: tempo, key, drums, and the words" })])];
  let lines = null, heard = 0;
  const repaint = (part = heard) => { heard = part; if (lines) paint(wave, lines, (one) => !heard || one <= heard); };
  const { audio, nodes } = player(name, alone ? "the take" : `take ${place + 1}`, [wave, spectrum], repaint);
  audio.loop = Boolean(take.job.request.loop);
  const list = made("dl", { className: "facts" }, ...facts(result).map((one) => fact(...one)));
  const node = made("div", { className: "candidate" }, ...nodes, list, made("div", { className: "downloads" }, ...tools(take, result, place)));
  take.redraw.add(() => repaint());
  node.load = async () => {
    try {
      const data = await (await call(result.path)).arrayBuffer();
      audio.src = URL.createObjectURL(new Blob([data], { type: "audio/flac" }));
      const buffer = await decoded(data.slice());
      lines = outline(buffer, 150);
      repaint();
      spectrogram(spectrum, buffer);
      node.dataset.drawn = "yes";
      const found = await likeness(take.job, result, data, buffer);
      if (found !== null) list.prepend(fact("words", "Like the words", signed(found, 2), "How near sound and words lie to each other, for the model that compares them: 1 is nearest, what has nothing to do with the words is about 0"));
    } catch (error) {
      node.append(made("p", { className: "soft bad", textContent: `This cannot be shown: ${error.message}.` }));
    }
  };
  return node;
}

function facts({ recipe, measured }) {
  return [
    ["tempo", "Tempo", measured.tempo && `${Math.round(measured.tempo)} bpm`],
    ["key", "Key", measured.key],
    ["drums", "Drums", measured.drums === undefined ? null : measured.drums > 0.5 ? "yes" : "no"],
    ["loudness", "Loudness", Number.isFinite(measured.loudness) && `${signed(measured.loudness, 1)} LUFS`],
    ["seed", "Seed", String(recipe.request.seed ?? 0)],
  ].filter(([, , value]) => value);
}

function fact(name, label, value, told = "") {
  const node = made("div", { title: told }, made("dt", { textContent: label }), made("dd", { textContent: value }));
  node.dataset.fact = name;
  return node;
}

function tools(take, result, place) {
  const found = ["wav", "flac", "mp3"].map((format) =>
    button(format.toUpperCase(), () => download(take.job, result, place, format), { ariaLabel: `Download as ${format}`, title: `Download as ${format}` }));
  const model = state.models.find((one) => one.name === take.job.model);
  if (model && beginnings(model.controls).length)
    found.push(button("Start from it", async () => {
      if (state.model !== model.name) { state.model = model.name; tell("rebuild"); }
      await drop(new File([await (await call(result.path)).blob()], `${title(take.job)}.flac`));
    }));
  return found;
}

async function download(job, result, place, format) {
  say("");
  const blob = await (await call(`${result.path}?format=${format}`)).blob(), url = URL.createObjectURL(blob);
  const name = title(job).toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 48) || "song";
  made("a", { href: url, download: `${name}${place ? `-${place + 1}` : ""}.${format}` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
