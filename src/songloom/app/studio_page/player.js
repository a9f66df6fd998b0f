// A player: a button, the time, and pictures of the music along which one moves.

import { made, minutes } from "./elements.js";
import { within } from "./grip.js";
import { hush } from "./live.js";

let latest = null;       // the player that was heard last
export const heardLast = () => latest?.isConnected ? latest : null;

export function toggle(audio) {
  if (audio?.paused) audio.play().catch(() => {}); else audio?.pause();
}

export function player(name, label, pictures, repaint) {  // name: nodes; repaint: shows how much was heard, 0..1
  const head = made("div", { className: "head", hidden: true }), audio = made("audio");
  const picture = made("div", { className: "picture", tabIndex: 0, role: "slider", ariaLabel: `Place in ${label}`, ariaValueMin: "0" }, ...pictures, head);
  const play = made("button", { type: "button", className: "play", ariaLabel: `Play ${label}`, ariaPressed: "false" });
  const time = made("span", { className: "soft" });
  let wanted = null, next = null;  // seconds: some browsers hang for good when one seek overtakes another, so they go one by one
  const seek = () => { audio.currentTime = next; next = null; };
  const go = (second) => {
    next = wanted = within(0, second, audio.duration || 0);
    if (!audio.seeking) seek();
  };
  audio.addEventListener("seeked", () => { if (next === null) wanted = null; else seek(); });
  const follow = () => {
    const { currentTime, duration, paused } = audio, part = currentTime / (duration || 1);
    head.style.left = `${100 * part}%`;
    head.hidden = !part;
    time.textContent = duration ? `${minutes(currentTime)} / ${minutes(duration)}` : "";
    Object.assign(picture, { ariaValueNow: currentTime.toFixed(1), ariaValueMax: (duration || 0).toFixed(1), ariaValueText: minutes(currentTime) });
    play.ariaPressed = String(!paused);
    repaint(part);
    if (!paused) requestAnimationFrame(follow);
  };
  for (const event of ["play", "seeked", "pause", "loadedmetadata"]) audio.addEventListener(event, follow);
  audio.addEventListener("play", () => { hush(audio); latest = audio; });
  play.addEventListener("click", () => toggle(audio));
  picture.addEventListener("click", (event) => {
    const box = picture.getBoundingClientRect();
    go((event.clientX - box.left) / box.width * audio.duration);
    audio.play().catch(() => {});
  });
  picture.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way) return;
    go((wanted ?? audio.currentTime) + way * (event.shiftKey ? 5 : 1));
    event.preventDefault();
  });
  return { audio, nodes: [made("div", { className: "listen" }, play, ...name, time), picture, audio] };
}
