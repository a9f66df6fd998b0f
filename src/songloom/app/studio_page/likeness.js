// How near a candidate lies to the words that asked for it, as an embedder hears both: -1..1. It is kept, so that each
// is asked for once.

import { ask, call } from "./calls.js";
import { cut, wav } from "./pcm.js";
import { state } from "./state.js";

const KEPT = 500;
const SHORTEST = 1;      // second of a section that is heard by itself
let turn = Promise.resolve();  // one at a time

export function likeness(job, result, data, buffer) {  // null where there is nothing to compare, or nobody to do it
  const { prompt = "", story = [] } = job.request;
  if (!state.embedder || !(prompt || story.length)) return null;
  const kept = JSON.parse(localStorage.getItem("likeness") ?? "[]"), name = `${state.embedder} ${result.path}`;
  const found = kept.find(([one]) => one === name);
  if (found) return found[1];
  return turn = turn.catch(() => {}).then(async () => {
    const value = await mean(sections(prompt, story, buffer.duration), data, buffer);
    const others = JSON.parse(localStorage.getItem("likeness") ?? "[]").slice(1 - KEPT);
    localStorage.setItem("likeness", JSON.stringify([...others, [name, value]]));
    return value;
  });
}

function sections(prompt, story, duration) {  // [from, to, words]: the prompt holds throughout
  const starts = story.length && story[0][0] <= 0 ? story : [[0, ""], ...story];
  const all = starts.map(([at, text], place) => [at, starts[place + 1]?.[0] ?? duration, [prompt, text].filter(Boolean).join(", ")]);
  return all.filter(([from, to]) => to - from >= SHORTEST || all.length === 1);
}

async function mean(parts, data, buffer) {
  if (!parts.length) return null;
  const model = encodeURIComponent(state.embedder);
  const { vectors } = await ask("/v1/embed/texts", { texts: parts.map(([, , words]) => words), model: state.embedder });
  let sum = 0;
  for (const [place, [from, to]] of parts.entries()) {
    const body = parts.length === 1 ? data : wav(cut(buffer, from, Math.min(to, buffer.duration)));
    const { whole } = await (await call(`/v1/embed?model=${model}`, { method: "POST", body })).json();
    sum += whole.reduce((product, value, n) => product + value * vectors[place][n], 0);
  }
  return sum / parts.length;
}
