// "Your music": files go up, their captions are looked at, a model learns them and stands among the others.

import { ask, call } from "./calls.js";
import { $, button, clock, later, made, say, sentence } from "./elements.js";
import { drawPieces } from "./tune_pieces.js";
import { drawOutcome } from "./tune_outcome.js";
import { state, tell } from "./state.js";

const LOOK = 1000;        // milliseconds between looks at one that works
const SOUND = /\.(wav|flac|ogg|oga|opus|mp3|aiff?|au|caf|txt)$/i;
const DOES = { collecting: "Files are missing.", listening: "Listening…", review: "Look at what will be learned.",
  learning: "Learning…", done: "Learned.", failed: "It failed.", cancelled: "Cancelled." };
const shown = new Map();  // by id: { told, card, bar }

export function openTuning() {
  $("mine").querySelector("details").addEventListener("toggle", () => refresh().catch(complain), { once: true });
  for (const name of ["dragover", "drop"])
    $("mine").addEventListener(name, (event) => {
      if (![...event.dataTransfer?.types ?? []].includes("Files")) return;
      event.preventDefault();
      event.stopPropagation();
      document.body.classList.remove("dropping");
      if (name === "drop") begin([...event.dataTransfer.files]).catch(complain);
    });
  const file = made("input", { type: "file", accept: "audio/*,.txt", className: "visually", multiple: true, tabIndex: -1, ariaLabel: "Music" });
  file.addEventListener("change", () => {
    begin([...file.files]).catch(complain);
    file.value = "";
  });
  $("mine-add").append(button("Choose files…", () => file.click()), file, made("span", { className: "soft", textContent: "or drop them here" }));
}

const complain = (error) => say(sentence(error), true);
const post = (told, stage) => ask(`/v1/tunings/${told.id}/${stage}`, {});

async function refresh() {
  for (const told of (await ask("/v1/tunings")).reverse()) follow(told);
}

async function begin(files) {
  const chosen = files.filter((file) => SOUND.test(file.name));
  if (!chosen.some((file) => !/\.txt$/i.test(file.name))) throw new Error("There is no sound among these files");
  const name = $("mine-name").value.trim() || "my music";
  let told = await ask("/v1/tunings", { name, model: state.model, steps: Number($("mine-steps").value) });
  follow(told);
  for (const [place, file] of chosen.entries()) {
    line(told, `Sending ${place + 1} of ${chosen.length}: ${file.name}`);
    const query = new URLSearchParams({ tuning: told.id, name: file.name });
    try {
      await call(`/v1/pieces?${query}`, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file });
    } catch (error) {
      say(`${file.name}: ${error.message}.`, true);  // one that cannot be used leaves the others alone
    }
  }
  told = await post(told, "listen");
  follow(told);
}

const line = (told, text) => { shown.get(told.id).card.querySelector("p").textContent = text; };

function follow(told) {  // draws it, and looks again while it works
  const before = shown.get(told.id);
  const card = before?.card ?? made("div", { className: "tuning" });
  if (!before) $("tunings").prepend(card);
  card.dataset.state = told.state;
  shown.set(told.id, { told, card });
  card.replaceChildren(made("h2", { textContent: told.name }), made("p", { className: "soft", textContent: said(told) }), ...parts(told));
  if (["listening", "learning"].includes(told.state)) look(told);
}

function said(told) {
  const count = told.files.filter((name) => !/\.txt$/i.test(name)).length, pieces = count === 1 ? "1 piece" : `${count} pieces`;
  return `${DOES[told.state]} ${pieces}, ${clock(told.seconds)}, for ${told.model}. ${told.error ?? ""}`;
}

function parts(told) {
  const again = async (stage) => follow(await post(told, stage));
  const row = (...buttons) => made("div", { className: "row" }, ...buttons, button("Delete", () => forget(told)));
  switch (told.state) {
    case "listening": case "learning":
      return [made("progress", { value: told.job.progress, max: 1 }),
        made("div", { className: "row" }, button("Cancel", () => ask(`/v1/jobs/${told.job.id}/cancel`, {})))];
    case "review": {
      const pieces = drawPieces(told);
      return [pieces.node, row(button("Learn it", async () => { await pieces.correct(); await again("learn"); }, { className: "learn" }))];
    }
    case "done":
      return [...drawOutcome(told), row(button("Make music with it", () => choose(told), { className: "choose" }))];
    default:
      return [row(button(told.pieces.length ? "Go on" : "Listen again", () => again(told.pieces.length ? "learn" : "listen")))];
  }
}

async function look(told) {
  for (;;) {
    await later(LOOK);
    if (!shown.has(told.id)) return;
    const now = await ask(`/v1/tunings/${told.id}`).catch(() => told);
    if (now.state !== told.state) {
      follow(now);
      if (now.state === "done") await models();
      return;
    }
    const bar = shown.get(told.id).card.querySelector("progress");
    if (bar && now.job) bar.value = now.job.progress;
  }
}

async function models() {
  state.models = (await ask("/v1/models")).filter((one) => one.role === "generator" || one.error);
  tell("rebuild");
}

async function choose(told) {
  await models();
  state.model = told.name;
  tell("rebuild");
  $("prompt").focus();
}

async function forget(told) {
  await call(`/v1/tunings/${told.id}`, { method: "DELETE" });
  shown.get(told.id).card.remove();
  shown.delete(told.id);
  await models();
}
