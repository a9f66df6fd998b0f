// The outline of a wave, in full colour where it is lit.

import { mono } from "./pcm.js";

export function outline(buffer, columns) {  // the lowest and the highest sample of each column, by turns
  const wave = mono(buffer), step = wave.length / columns, found = new Float32Array(2 * columns);
  for (let x = 0; x < columns; x++)
    for (let place = Math.floor(x * step); place < Math.min(wave.length, (x + 1) * step); place++) {
      found[2 * x] = Math.min(found[2 * x], wave[place]);
      found[2 * x + 1] = Math.max(found[2 * x + 1], wave[place]);
    }
  return found;
}

export function grow(lines, buffer, frames, seconds) {  // puts in what comes after so many frames of a whole of so many seconds
  const wave = mono(buffer), columns = lines.length / 2, most = columns - 1;
  wave.forEach((sample, place) => {
    const x = Math.min(most, Math.floor((frames + place) / (seconds * buffer.sampleRate) * columns));
    lines[2 * x] = Math.min(lines[2 * x], sample);
    lines[2 * x + 1] = Math.max(lines[2 * x + 1], sample);
  });
}

export function paint(canvas, wave, lit = () => true) {  // lit: of a part of the length, 0..1
  const pen = canvas.getContext("2d"), { width, height } = canvas, columns = wave.length / 2, bar = width / columns;
  const most = wave.reduce((so_far, sample) => Math.max(so_far, Math.abs(sample)), 0.05);
  pen.clearRect(0, 0, width, height);
  pen.fillStyle = getComputedStyle(canvas).color;
  for (let x = 0; x < columns; x++) {
    pen.globalAlpha = lit((x + 0.5) / columns) ? 1 : 0.35;
    const [low, high] = [wave[2 * x] / most, wave[2 * x + 1] / most];
    pen.fillRect(x * bar, height / 2 * (1 - 0.92 * high), bar * 0.7, Math.max(2, 0.92 * height / 2 * (high - low)));
  }
  pen.globalAlpha = 1;
}
