// A grip on a line of time: moved by pointer and by arrow keys.

import { made } from "./elements.js";

export function grip(line, label, { step, length, at, move, done = () => {} }) {  // seconds, all of them
  const node = made("div", { className: "grip", tabIndex: 0, role: "slider", ariaLabel: label });
  node.addEventListener("pointerdown", (event) => { node.setPointerCapture(event.pointerId); event.stopPropagation(); });
  node.addEventListener("pointermove", (event) => {
    if (node.hasPointerCapture(event.pointerId)) move(rounded(secondAt(line, event, length()), step));
  });
  node.addEventListener("pointerup", done);
  node.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!way) return;
    move(at() + way * step * (event.shiftKey ? 10 : 1));
    done();
    event.preventDefault();
  });
  node.put = () => {
    node.style.left = `${100 * at() / length()}%`;
    Object.assign(node, { ariaValueMin: "0", ariaValueMax: length().toFixed(2), ariaValueNow: at().toFixed(2), ariaValueText: `${at().toFixed(2)} seconds` });
  };
  return node;
}

export function secondAt(line, event, length) {
  const box = line.getBoundingClientRect();
  return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * length;
}

const rounded = (second, step) => Math.round(second / step) * step;
export const within = (low, value, high) => Math.min(high, Math.max(low, value));
