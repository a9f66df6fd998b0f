// Hearing: music while it is made, parts of sounds, and never two things at a time.

import { call } from "./calls.js";
import { later, say } from "./elements.js";
import { growing } from "./pcm.js";
import { tell } from "./state.js";
import { grow } from "./wave.js";

export const live = {
  context: null, take: null, sources: new Set(), frames: 0, part: 0, lines: null, leaving: null,
  ready() {  // to be called at a touch of the page, which lets it sound
    this.context ??= new AudioContext();
    this.context.resume();
  },
  at(buffer, second) {
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.context.destination);
    this.sources.add(source);
    source.addEventListener("ended", () => { this.sources.delete(source); });
    source.start(second);
  },
  once(buffer) {
    this.ready();
    hush();
    this.at(buffer, 0);
  },
  async follow(take) {  // the first candidate, from its beginning, as it grows
    this.ready();
    hush();
    const leaving = this.leaving = new AbortController();
    this.take = take;
    this.frames = this.part = 0;
    this.lines = new Float32Array(300);
    tell("takes");
    try {
      const response = await call(`/v1/jobs/${take.job.id}/stream`, { signal: leaving.signal });
      await this.hear(response.body.getReader(), take.job.request.seconds ?? 10);
      while (this.sources.size && this.leaving === leaving) await later(100);
    } catch (error) {
      if (!take.ended && error.name !== "AbortError") say("The music cannot be heard while it is made.");
    }
    leaving.abort();
    if (this.leaving === leaving) this.take = null;
    tell("takes");
  },
  async hear(reader, seconds) {
    let due = 0;
    for await (const buffer of growing(reader)) {
      if (due < this.context.currentTime + 0.02) due = this.context.currentTime + 0.3;  // it ran dry: gather a little
      this.at(buffer, due);
      due += buffer.duration;
      grow(this.lines, buffer, this.frames, seconds);
      this.frames += buffer.length;
      this.part = this.frames / (seconds * buffer.sampleRate);
      tell("heard");
    }
  },
};

export function hush(but = null) {
  document.querySelectorAll("audio").forEach((audio) => audio !== but && audio.pause());
  live.leaving?.abort();
  live.sources.forEach((source) => source.stop());
  if (live.take === null) return;
  live.take = null;
  tell("takes");
}
