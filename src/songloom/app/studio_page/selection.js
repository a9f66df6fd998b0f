// What is selected of a sound: regions of its wave, drawn with the pointer, moved by their edges.

import { button, made } from "./elements.js";
import { grip, secondAt, within } from "./grip.js";
import { tell } from "./state.js";
import { outline, paint } from "./wave.js";

const LEAST = 0.05;      // seconds that a region has

export function middle({ buffer: { duration } }) {
  return [duration / 3, 2 * duration / 3];
}

export function selection(sound, { several }) {  // the wave with its regions, and a row of numbers for each
  const canvas = made("canvas", { width: 720, height: 160 }), line = made("div", { className: "line" }, canvas);
  const rows = made("div", { className: "spans" }), wave = outline(sound.buffer, 180), { duration } = sound.buffer;
  const draw = () => {
    paint(canvas, wave, (part) => sound.regions.some(([from, to]) => from <= part * duration && part * duration < to));
    for (const node of [...line.children, ...rows.querySelectorAll("input")]) node.put?.();
  };
  const rebuild = () => {
    const regions = sound.regions.map((_, place) => region(sound, line, place, draw));
    line.querySelectorAll(".region, .grip").forEach((mark) => mark.remove());
    line.append(...regions.flatMap((one) => one.marks));  // the wave stays where it is: it may be holding the pointer
    rows.replaceChildren(...regions.map(({ row }, place) => { if (several) row.append(away(place)); return row; }));
    if (several) rows.append(button("Select one more part", () => { add(sound, duration); rebuild(); tell("changed"); }));
    draw();
  };
  const away = (place) => button("×", () => { sound.regions.splice(place, 1); rebuild(); tell("changed"); }, { ariaLabel: `Remove selection ${place + 1}`, className: "plain" });
  pointed(canvas, sound, several, rebuild);
  rebuild();
  queueMicrotask(draw);  // colours are known once it stands on the page
  return [line, rows];
}

function region(sound, line, place, draw) {
  const { duration } = sound.buffer, mark = made("div", { className: "region" });
  const names = ["Beginning", "End"].map((name) => sound.regions.length > 1 ? `${name} of selection ${place + 1}` : `${name} of the selection`);
  const move = (end, second) => {
    const [low, high] = end ? [sound.regions[place][0] + LEAST, sound.regions[place + 1]?.[0] ?? duration]
      : [sound.regions[place - 1]?.[1] ?? 0, sound.regions[place][1] - LEAST];
    sound.regions[place][end] = within(low, second, high);
    draw();
  };
  const grips = [0, 1].map((end) => grip(line, names[end], { step: 0.05, length: () => duration, at: () => sound.regions[place][end],
    move: (second) => move(end, second), done: () => tell("changed") }));
  mark.put = () => {
    const [from, to] = sound.regions[place];
    mark.style.left = `${100 * from / duration}%`;
    mark.style.right = `${100 - 100 * to / duration}%`;
  };
  const numbers = [0, 1].map((end) => {
    const node = made("input", { type: "number", min: 0, max: duration, step: "any", name: end ? "sound-to" : "sound-from", ariaLabel: `${names[end]}, seconds` });
    node.put = () => { if (node !== document.activeElement) node.value = sound.regions[place][end].toFixed(2); };
    node.addEventListener("input", () => { move(end, Number(node.value)); tell("changed"); });
    return node;
  });
  const row = made("div", { className: "span ends" }, numbers[0], made("span", { className: "soft", textContent: "to" }), numbers[1]);
  return { marks: [mark, ...grips], row };
}

function add(sound, duration) {  // the middle of the largest part that is free
  const edges = [0, ...sound.regions.flat(), duration];
  const gaps = edges.flatMap((edge, place) => place % 2 ? [] : [[edge, edges[place + 1]]]);
  const [from, to] = gaps.reduce((most, gap) => gap[1] - gap[0] > most[1] - most[0] ? gap : most);
  if (to - from < 4 * LEAST) throw new Error("all of it is selected already");
  sound.regions.push([from + (to - from) / 3, to - (to - from) / 3]);
  sound.regions.sort((one, other) => one[0] - other[0]);
}

function joined(regions) {  // those that touch are one
  return regions.reduce((found, [from, to]) => {
    if (found.length && from - found.at(-1)[1] < LEAST / 10) found.at(-1)[1] = to; else found.push([from, to]);
    return found;
  }, []);
}

function pointed(canvas, sound, several, rebuild) {
  const { duration } = sound.buffer;
  let start = null, kept = [];
  const drawn = (event) => {  // as far as the neighbours leave room
    const low = Math.max(0, ...kept.map(([, to]) => to).filter((to) => to <= start));
    const high = Math.min(duration, ...kept.map(([from]) => from).filter((from) => from >= start));
    return [start, within(low, secondAt(canvas, event, duration), high)].sort((one, other) => one - other);
  };
  canvas.addEventListener("pointerdown", (event) => {
    const second = secondAt(canvas, event, duration);
    if (several && sound.regions.some(([from, to]) => from < second && second < to)) return;
    canvas.setPointerCapture(event.pointerId);
    start = second;
    kept = several ? sound.regions.map((one) => [...one]) : [];
  });
  canvas.addEventListener("pointermove", (event) => {
    if (start === null) return;
    sound.regions = [...kept, drawn(event)].sort((one, other) => one[0] - other[0]);
    rebuild();
  });
  canvas.addEventListener("pointerup", (event) => {
    if (start === null) return;
    const [from, to] = drawn(event);
    start = null;
    if (several) sound.regions = joined(sound.regions);
    if (to - from < LEAST) sound.regions = several ? kept : [[0, duration]];  // a mere touch selects all, or nothing
    rebuild();
    tell("changed");
  });
}
