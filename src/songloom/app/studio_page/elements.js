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
    try { await does(event); } catch (error) { say(sentence(error), true); }
  });
  return node;
}

export const sentence = ({ message }) => `${message[0].toUpperCase()}${message.slice(1)}.`;  // what went wrong

export function say(text, bad = false) {
  $("status").textContent = text;
  $("status").classList.toggle("bad", bad);
}

export function fold(id, badge, ...children) {  // what a folded part of the form holds, and how much of it is set
  $(id).querySelector(".badge").textContent = badge;
  if (children.length) $(id).lastElementChild.replaceChildren(...children);
}

export const clock = (seconds) => seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
export const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
export const signed = (number, digits) => (Number(number.toFixed(digits)) + 0).toFixed(digits).replace("-", "−");  // no -0
export const later = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
