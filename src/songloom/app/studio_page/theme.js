// Light and dark: the system's choice, until another one is made.

import { $ } from "./elements.js";
import { tell } from "./state.js";

const system = matchMedia("(prefers-color-scheme: dark)");
const chosen = () => localStorage.getItem("theme");
const dark = () => (chosen() ?? (system.matches ? "dark" : "light")) === "dark";

function apply() {
  document.documentElement.style.colorScheme = chosen() ?? "";
  $("theme").ariaLabel = dark() ? "Light colours" : "Dark colours";
  $("theme").title = $("theme").ariaLabel;
  tell("colours");
}

export function dress() {
  $("theme").addEventListener("click", () => {
    const next = dark() ? "light" : "dark";
    if ((next === "dark") === system.matches) localStorage.removeItem("theme"); else localStorage.setItem("theme", next);
    apply();
  });
  system.addEventListener("change", apply);
  apply();
}
