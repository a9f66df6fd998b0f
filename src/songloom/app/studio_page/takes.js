// Takes: what was made, is made, or waits.

import { ask, call } from "./calls.js";
import { candidate, title } from "./candidate.js";
import { $, button, clock, made, say } from "./elements.js";
import { FIELDS } from "./fields.js";
import { hush, live } from "./live.js";
import { attend } from "./progress.js";
import { on, state, tell } from "./state.js";
import { paint } from "./wave.js";

export const takes = new Map();  // by the ids of their jobs
const ENDED = ["done", "failed", "cancelled"];
const empty = () => { $("empty").hidden = takes.size > 0; };

export async function begin(asked, path = "/v1/jobs") {
  live.ready();
  const job = await ask(path, asked);
  say("");
  show(job);
  takes.get(job.id).node.scrollIntoView({ block: "nearest", behavior: "smooth" });
  if ($("aloud").checked) live.follow(takes.get(job.id));
}

export async function history(count) {
  const jobs = await ask(`/v1/jobs?kind=music&limit=${count + 1}`);
  jobs.slice(0, count).forEach(show);
  $("earlier").hidden = jobs.length <= count;
  empty();
}

function show(job) {
  const take = takes.get(job.id) ?? { node: made("article", { tabIndex: -1 }), redraw: new Set(), since: null };
  const before = take.job;
  take.job = job;
  take.ended = ENDED.includes(job.state);
  if (job.progress > 0) take.since ??= { clock: performance.now(), progress: job.progress };
  if (!before) {
    takes.set(job.id, take);
    take.node.take = take;
    $("takes").insertBefore(take.node, [...$("takes").children].find((node) => node.take.job.created <= job.created) ?? null);
  }
  if (before?.state !== job.state) render(take); else if (!take.ended) take.tell();
  empty();
  attend(takes, show);
}

on("colours", () => takes.forEach((take) => take.redraw.forEach((draw) => draw())));
on("takes", () => takes.forEach((take) => take.ended || render(take)));  // buttons say which one is heard

function render(take) {
  const { job, node } = take, { bars, seconds = 10 } = job.request;
  const facts = [job.model, ...(bars ? [`${bars} bars`] : []), `${Number(seconds.toFixed(2))} s`, new Date(1000 * job.created).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })];
  const body = job.state === "done" ? results(take) : take.ended ? ending(job) : waiting(take);
  node.dataset.state = job.state;
  node.replaceChildren(made("h2", { textContent: title(job) }), made("p", { className: "soft", textContent: facts.join(" · ") }),
    ...body, ...(take.ended ? [more(take)] : []));
}

function ending({ error }) {
  return [made("p", { className: error ? "soft bad" : "soft", textContent: error ? `This failed: ${error}.` : "Cancelled." })];
}

function waiting(take) {
  const bar = made("progress", { max: 1, ariaLabel: "Part that is made" }), words = made("p", { className: "soft" });
  take.tell = () => {
    const { state, progress, expected } = take.job, since = take.since;
    bar.value = progress;
    const speed = since && (progress - since.progress) / (performance.now() - since.clock);
    const left = speed > 0 ? `, ${clock((1 - progress) / speed / 1000)} left` : expected ? `, takes about ${clock(expected)}` : "";
    words.textContent = state === "queued" ? "Waits for its turn" : progress ? `${Math.round(100 * progress)} % made${left}` : `Begins${left}`;
  };
  take.tell();
  const cancel = button("Cancel", () => stop(take), { className: "cancel" }), sounding = live.take === take;
  const listen = button(sounding ? "Stop listening" : "Listen now", () => { sounding ? hush() : live.follow(take); }, { className: "listen" });
  const wave = made("canvas", { width: 1200, height: 144, className: "growing", hidden: !sounding });
  take.paint = () => paint(wave, live.lines, (part) => part <= live.part);
  if (sounding) queueMicrotask(take.paint);
  return [bar, words, wave, made("div", { className: "row" }, cancel, listen)];
}

on("heard", () => live.take?.ended === false && live.take.paint());

async function stop(take) {
  if (live.take === take) hush();
  show(await ask(`/v1/jobs/${take.job.id}/cancel`, {}));
}

export async function stopLatest() {
  const open = [...takes.values()].filter((take) => !take.ended);
  if (open.length) await stop(open.at(-1));
}

const seen = new IntersectionObserver((entries) => entries.forEach((entry) => {
  if (!entry.isIntersecting) return;
  seen.unobserve(entry.target);
  entry.target.load();
}), { rootMargin: "300px" });

function results(take) {
  take.redraw.clear();
  const nodes = take.job.results.map((result, place) => candidate(take, result, place));
  nodes.forEach((node) => seen.observe(node));
  return [made("div", { className: "candidates" }, ...nodes)];
}

function more(take) {
  const { job } = take, { seed = 0, candidates = 1 } = job.request, row = made("div", { className: "row" });
  const known = state.models.some((one) => one.name === job.model), done = job.state === "done";
  if (known && done) row.append(button("Four variations", () => begin({ seed: seed + candidates, candidates: 4 }, `/v1/jobs/${job.id}/again`)));
  if (known) row.append(button(done ? "Change and make again" : "Back to the form", () => restore(job)));
  row.append(button("Remove", async () => {
    await call(`/v1/jobs/${job.id}`, { method: "DELETE" });
    take.node.remove();
    takes.delete(job.id);
    empty();
  }));
  return row;
}

function restore({ model, request: asked }) {
  const followed = Object.values(asked).some((value) => value && typeof value === "object" && !Array.isArray(value));
  if (!followed) state.sounds = [];  // of another wish
  state.model = model;
  state.prompt = asked.prompt ?? "";
  state.values = Object.fromEntries(FIELDS.filter(({ name, curve }) => !curve && asked[name] !== undefined).map(({ name }) => [name, asked[name]]));
  state.values.seed = state.seed = asked.seed ?? 0;
  state.inBars = asked.bars !== undefined;
  state.story = (asked.story ?? []).map(([at, text]) => ({ at, text }));
  tell("rebuild");
  $("prompt").focus();
  if (followed && !state.sounds.length) say("The sounds and curves of this take stay with the server: give them again, or make variations.");
}
