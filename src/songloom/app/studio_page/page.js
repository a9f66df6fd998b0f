// The beginning: models, form, history; then keys and dropped files.

import { ask } from "./calls.js";
import { $, later, say } from "./elements.js";
import { openForm } from "./form.js";
import { listenToKeys } from "./keys.js";
import { drop } from "./sounds.js";
import { recall, state, tell } from "./state.js";
import { history, takes } from "./takes.js";

const PAGE = 20;         // takes shown at first

async function models() {
  for (;;) {
    try {
      return (await ask("/v1/models")).filter((one) => one.role === "generator" || one.error);
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
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  takes.forEach((take) => take.redraw.forEach((draw) => draw()));
  tell("rebuild");
});
$("earlier").addEventListener("click", () => history(takes.size + PAGE));
listenToKeys();
state.models = await models();
say("");
recall();
openForm();
await history(PAGE);
document.body.dataset.ready = "yes";
