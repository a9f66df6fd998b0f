// The outline of a wave, with what is selected of it.

import { colour } from "./elements.js";
import { mono } from "./pcm.js";

export function waveform(canvas, buffer, selected = null) {
  const pen = canvas.getContext("2d"), { width, height } = canvas, wave = mono(buffer), step = wave.length / width;
  pen.clearRect(0, 0, width, height);
  if (selected) {
    pen.fillStyle = colour("--wash");
    const [begin, end] = selected.map((second) => second / buffer.duration * width);
    pen.fillRect(begin, 0, end - begin, height);
  }
  pen.fillStyle = colour("--accent");
  for (let x = 0; x < width; x++) {
    let low = 0, high = 0;
    for (let place = Math.floor(x * step); place < Math.min(wave.length, (x + 1) * step); place++) {
      low = Math.min(low, wave[place]);
      high = Math.max(high, wave[place]);
    }
    pen.fillRect(x, height / 2 * (1 - high), 1, Math.max(1, height / 2 * (high - low)));
  }
}
