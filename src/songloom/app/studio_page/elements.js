// Elements of the page: found, made, spoken through.

export const $ = (id) => document.getElementById(id);

export function made(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

export function button(text, does, properties = {}) {  // what goes wrong is said, not lost
  const node = made("button", { type: "button", textContent: text, ...properties });
  node.addEventListener("click", async (event) => {
    try { await does(event); } catch (error) { say(`${error.message}.`, true); }
  });
  return node;
}

export function say(text, bad = false) {
  $("status").textContent = text;
  $("status").classList.toggle("bad", bad);
}

export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
export const clock = (seconds) => seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
export const later = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
