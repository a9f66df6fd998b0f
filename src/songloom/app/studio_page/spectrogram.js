// A spectrogram over a logarithmic axis, from 40 Hz up.

import { mono } from "./pcm.js";

const BINS = 1024, SIZE = 2 * BINS;
const table = (does) => Float32Array.from({ length: SIZE }, (_, n) => does(2 * Math.PI * n / SIZE));
const COSINES = table(Math.cos), SINES = table(Math.sin), WINDOW = COSINES.map((cosine) => 0.5 - 0.5 * cosine);

export function spectrogram(canvas, buffer) {
  const pen = canvas.getContext("2d"), { width, height } = canvas, wave = mono(buffer);
  const image = pen.createImageData(width, height), nyquist = buffer.sampleRate / 2;
  const rows = Array.from({ length: height }, (_, y) => Math.min(BINS - 1, Math.round(BINS * 40 * (nyquist / 40) ** (1 - y / height) / nyquist)));
  for (let x = 0; x < width; x++) {
    const level = levels(wave, Math.round((x + 0.5) * wave.length / width));
    rows.forEach((k, y) => {
      const heat = Math.min(1, Math.max(0, (level[k] + 85) / 75)), at = 4 * (y * width + x);
      image.data.set([20 + 235 * heat ** 0.8, 16 + 220 * heat ** 2.2, 40 + 110 * Math.sin(Math.PI * heat), 255], at);
    });
  }
  pen.putImageData(image, 0, 0);
}

function levels(wave, middle) {  // dB of each bin around a sample
  const real = WINDOW.map((weight, n) => weight * (wave[middle + n - BINS] ?? 0)), imaginary = new Float32Array(SIZE);
  transform(real, imaginary);
  return Float32Array.from({ length: BINS }, (_, k) => 20 * Math.log10(Math.hypot(real[k], imaginary[k]) / BINS * 2 + 1e-9));
}

function transform(real, imaginary) {  // Cooley and Tukey's, in place
  for (let place = 1, other = 0; place < SIZE; place++) {
    let bit = SIZE >> 1;
    for (; other & bit; bit >>= 1) other ^= bit;
    other ^= bit;
    if (place < other) [real[place], real[other]] = [real[other], real[place]];
  }
  for (let length = 2; length <= SIZE; length *= 2)
    for (let k = 0; k < length / 2; k++) {
      const c = COSINES[k * SIZE / length], s = -SINES[k * SIZE / length];
      for (let at = k; at < SIZE; at += length) {
        const to = at + length / 2, x = c * real[to] - s * imaginary[to], y = s * real[to] + c * imaginary[to];
        real[to] = real[at] - x; imaginary[to] = imaginary[at] - y;
        real[at] += x; imaginary[at] += y;
      }
    }
}
