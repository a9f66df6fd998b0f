// What the server tells of jobs while they go on, by server-sent events.

import { call } from "./calls.js";
import { later, say, sentence } from "./elements.js";

const MOST = 3;          // streams at a time: a browser has few connections
const RETRY = 1500;      // milliseconds
const attended = new Set();

export function attend(takes, show) {  // follows the oldest jobs that go on
  const open = [...takes.values()].filter((take) => !take.ended).sort((a, b) => a.job.created - b.job.created);
  for (const take of open.slice(0, MOST))
    if (!attended.has(take.job.id) && attended.size < MOST) watch(take, takes, show);
}

async function watch(take, takes, show) {
  const { id } = take.job;
  attended.add(id);
  while (takes.has(id) && !take.ended) {
    try {
      await told((await call(`/v1/jobs/${id}/events`)).body.pipeThrough(new TextDecoderStream()).getReader(), show);
    } catch (error) {
      if (!(error instanceof TypeError)) { say(sentence(error), true); break; }
      say("The server does not answer; trying again. Nothing is lost.");
    }
    await later(take.ended ? 0 : RETRY);
  }
  attended.delete(id);
  attend(takes, show);
}

async function told(reader, show) {
  for (let text = ""; ;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (text + value).split("\n\n");
    text = events.pop();
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data: "));
      if (data) show(JSON.parse(data.slice(6)));
    }
  }
}
