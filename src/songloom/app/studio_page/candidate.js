// One candidate: its pictures, its player, what is measured of it, its downloads.

import { call } from "./calls.js";
import { button, made, say } from "./elements.js";
import { hush } from "./live.js";
import { decoded } from "./pcm.js";
import { beginnings, drop } from "./sounds.js";
import { spectrogram } from "./spectrogram.js";
import { state, tell } from "./state.js";
import { waveform } from "./wave.js";

export function title({ request }) {
  const at = (second) => `${Math.round(second)} s`;
  return [request.prompt, ...(request.story ?? []).map(([second, text]) => `${at(second)}: ${text}`)].filter(Boolean).join(" → ") || "from a sound";
}

export function candidate(take, result, place) {
  const wave = made("canvas", { width: 560, height: 112, className: "waveform" });
  const spectrum = made("canvas", { width: 280, height: 80, className: "spectrogram" });
  const picture = made("div", { className: "picture" }, wave, spectrum);
  const audio = player(picture, `Candidate ${place + 1}`);
  const name = take.job.results.length > 1 ? `${place + 1}${place ? "" : ", the closest"}` : "";
  const node = made("div", { className: "candidate" }, made("span", { className: "name", textContent: name }), picture, audio,
    made("ul", { className: "facts" }, ...facts(result).map((textContent) => made("li", { textContent }))),
    made("div", { className: "row" }, ...tools(take, result, place)));
  node.load = async () => {
    try {
      const data = await (await call(result.path)).arrayBuffer();
      audio.src = URL.createObjectURL(new Blob([data], { type: "audio/flac" }));
      const buffer = await decoded(data), draw = () => waveform(wave, buffer);
      take.redraw.add(draw);
      draw();
      spectrogram(spectrum, buffer);
      node.dataset.drawn = "yes";
    } catch (error) {
      node.append(made("p", { className: "soft bad", textContent: `This cannot be shown: ${error.message}.` }));
    }
  };
  return node;
}

function player(picture, name) {
  const head = made("div", { className: "head" }), audio = made("audio", { controls: true, ariaLabel: name });
  picture.append(head);
  const follow = () => {
    head.style.left = `${100 * audio.currentTime / (audio.duration || 1)}%`;
    if (!audio.paused) requestAnimationFrame(follow);
  };
  for (const event of ["play", "seeked", "pause"]) audio.addEventListener(event, follow);
  audio.addEventListener("play", () => { hush(audio); latest = audio; });
  picture.addEventListener("click", (event) => {
    const box = picture.getBoundingClientRect();
    audio.currentTime = (event.clientX - box.left) / box.width * audio.duration;
    audio.play().catch(() => {});
  });
  return audio;
}

let latest = null;       // the player that was heard last
export const heardLast = () => latest?.isConnected ? latest : null;

function facts({ recipe, measured }) {
  return [`seed ${recipe.request.seed ?? 0}`, measured.tempo && `${Math.round(measured.tempo)} bpm`, measured.key,
    measured.drums !== undefined && (measured.drums > 0.5 ? "drums" : "no drums"),
    Number.isFinite(measured.loudness) && `${measured.loudness.toFixed(1)} LUFS`].filter(Boolean);
}

function tools(take, result, place) {
  const found = ["wav", "flac", "mp3"].map((format) =>
    button(format, () => download(take.job, result, place, format), { ariaLabel: `Download as ${format}` }));
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
