// The pieces that will be learned: each with its player, its captions to correct, tempo and key, and whether it is wanted.

import { call } from "./calls.js";
import { button, made } from "./elements.js";
import { KEYS } from "./fields.js";

export function drawPieces(told) {
  const rows = told.pieces.map((piece, place) => drawn(told, piece, place + 1));
  const correct = async () => {
    const changed = rows.map((row) => row.changed()).filter((row) => Object.keys(row).length > 1);
    if (!changed.length) return;
    const headers = { "Content-Type": "application/json" };
    await call(`/v1/tunings/${told.id}/captions`, { method: "PUT", headers, body: JSON.stringify(changed) });
  };
  return { node: made("div", { className: "pieces" }, ...rows.map((row) => row.node)), correct };
}

function drawn(told, piece, number) {
  const use = made("input", { type: "checkbox", checked: piece.use });
  const text = made("textarea", { value: piece.captions.join("\n"), rows: Math.max(2, piece.captions.length),
    placeholder: "What it sounds like, one wording a line" });
  text.setAttribute("aria-label", `Captions of ${piece.file}`);
  const shown = piece.tempo ? String(Number(piece.tempo.toFixed(1))) : "";
  const tempo = made("input", { type: "number", min: 20, max: 400, step: "any", value: shown, placeholder: "tempo, bpm", ariaLabel: `Tempo of ${piece.file}, beats per minute` });
  const key = made("select", { ariaLabel: `Key of ${piece.file}` }, ...[["", "no key"], ...KEYS.map((name) => [name, name])].map(([value, said]) =>
    made("option", { value, textContent: said })));
  key.value = piece.key ?? "";
  const node = made("div", { className: "piece" },
    made("label", { className: "tick" }, use, `${piece.file} (${piece.source ? `captions: ${piece.source}` : "no captions"})`),
    text, made("div", { className: "grid" }, tempo, key), player(`/v1/tunings/${told.id}/pieces/${number}`));
  const wanted = () => text.value.split("\n").map((words) => words.trim()).filter(Boolean);
  const changed = () => ({
    file: piece.file,
    ...(use.checked !== piece.use && { use: use.checked }),
    ...(wanted().join("\n") !== piece.captions.join("\n") && { captions: wanted() }),
    ...(tempo.value !== shown && tempo.value !== "" && { tempo: Number(tempo.value) }),
    ...(key.value !== (piece.key ?? "") && KEYS.includes(key.value) && { key: key.value }),
  });
  return { node, changed };
}

export function player(path) {  // fetched when it is asked for: a player of its own could not show a token
  const audio = made("audio", { controls: true, hidden: true });
  const play = button("Play", async () => {
    audio.src = URL.createObjectURL(await (await call(path)).blob());
    audio.hidden = false;
    play.hidden = true;
    await audio.play();
  });
  return made("div", {}, play, audio);
}
