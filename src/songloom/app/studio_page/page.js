// The beginning: models, form, history; then keys and dropped files.

import { ask } from "./calls.js";
import { $, later, say } from "./elements.js";
import { openForm } from "./form.js";
import { listenToKeys } from "./keys.js";
import { drop } from "./sounds.js";
import { recall, state } from "./state.js";
import { history, takes } from "./takes.js";
import { dress } from "./theme.js";
import { openTuning } from "./tune.js";

const PAGE = 20;         // takes shown at first

async function models() {
  for (;;) {
    try {
      return await ask("/v1/models");
    } catch {
      say("The server does not answer; trying again.");
      await later(1500);
    }
  }
}

for (const name of ["dragover", "drop", "dragleave"])
  document.addEventListener(name, (event) => {
    if (![...event.dataTransfer?.types ?? []].includes("Files")) return;
    event.preventDefault();
    document.body.classList.toggle("dropping", name === "dragover");
    if (name === "drop") [...event.dataTransfer.files].forEach(drop);
  });
$("earlier").addEventListener("click", () => history(takes.size + PAGE));
dress();
listenToKeys();
const all = await models();
say("");
state.models = all.filter((one) => one.role === "generator" || one.error);
state.embedder = all.find((one) => one.role === "embedder" && !one.error)?.name ?? "";
recall();
openForm();
openTuning();
await history(PAGE);
document.body.dataset.ready = "yes";
