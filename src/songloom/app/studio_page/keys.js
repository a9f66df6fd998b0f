// What the keyboard does, wherever one is on the page.

import { heardLast } from "./candidate.js";
import { $, say } from "./elements.js";
import { stopLatest } from "./takes.js";

export function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if ($("door").open || event.altKey) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); $("form").requestSubmit(); return; }
    if (event.ctrlKey || event.metaKey || event.target.closest?.("input:not([type=checkbox]), textarea, select")) return;
    if (event.key === "Escape") stopLatest().catch((error) => say(`${error.message}.`, true));
    else if (event.key === " " && !event.target.closest?.("button, audio, summary, input")) toggle(heardLast() ?? newest(0));
    else if (/^[1-9]$/.test(event.key)) toggle(newest(Number(event.key) - 1));
    else return;
    event.preventDefault();
  });
}

function newest(place) {  // a candidate's player of the latest take that is done
  return [...$("takes").children].find((node) => node.dataset.state === "done")?.querySelectorAll("audio")[place];
}

function toggle(audio) {
  if (audio?.paused) audio.play().catch(() => {}); else audio?.pause();
}
