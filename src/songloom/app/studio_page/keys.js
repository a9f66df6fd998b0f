// What the keyboard does, wherever one is on the page.

import { $, say, sentence } from "./elements.js";
import { heardLast, toggle } from "./player.js";
import { stopLatest } from "./takes.js";

export function listenToKeys() {
  $("keys").addEventListener("click", () => $("help").showModal());
  document.addEventListener("keydown", (event) => {
    if ($("door").open || $("help").open || event.altKey) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); $("form").requestSubmit(); return; }
    if (event.ctrlKey || event.metaKey || event.target.closest?.("input:not([type=checkbox]), textarea, select")) return;
    if (event.key === "Escape") stopLatest().catch((error) => say(sentence(error), true));
    else if (event.key === " " && !event.target.closest?.("button, summary, input")) toggle(under(event.target) ?? heardLast() ?? newest(0));
    else if (event.key === "?") $("help").showModal();
    else if (/^[1-9]$/.test(event.key)) toggle(newest(Number(event.key) - 1));
    else return;
    event.preventDefault();
  });
}

const under = (node) => node.closest?.(".candidate")?.querySelector("audio");

function newest(place) {  // a candidate's player of the latest take that is done
  return [...$("takes").children].find((node) => node.dataset.state === "done")?.querySelectorAll("audio")[place];
}
