// Sound as samples: mixed to one channel, cut, written as WAV, read from a WAV that still grows.

export async function decoded(data) {
  return new OfflineAudioContext(1, 1, 44100).decodeAudioData(data);
}

export function mono(buffer) {
  const sum = new Float32Array(buffer.length);
  for (let channel = 0; channel < buffer.numberOfChannels; channel++)
    buffer.getChannelData(channel).forEach((sample, place) => { sum[place] += sample / buffer.numberOfChannels; });
  return sum;
}

export function cut(buffer, from, to) {  // seconds
  const [first, last] = [from, to].map((second) => Math.round(second * buffer.sampleRate));
  const part = new AudioBuffer({ numberOfChannels: buffer.numberOfChannels, length: Math.max(1, last - first), sampleRate: buffer.sampleRate });
  for (let channel = 0; channel < buffer.numberOfChannels; channel++)
    part.copyToChannel(buffer.getChannelData(channel).subarray(first, last), channel);
  return part;
}

export function wav(buffer) {
  const { numberOfChannels: channels, length, sampleRate } = buffer, bytes = length * channels * 2;
  const view = new DataView(new ArrayBuffer(44 + bytes));
  const word = (at, text) => [...text].forEach((letter, place) => view.setUint8(at + place, letter.charCodeAt(0)));
  word(0, "RIFF"); view.setUint32(4, 36 + bytes, true); word(8, "WAVEfmt "); view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); view.setUint16(22, channels, true); view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * channels * 2, true); view.setUint16(32, channels * 2, true); view.setUint16(34, 16, true);
  word(36, "data"); view.setUint32(40, bytes, true);
  for (let channel = 0; channel < channels; channel++)
    buffer.getChannelData(channel).forEach((sample, place) =>
      view.setInt16(44 + 2 * (place * channels + channel), Math.max(-1, Math.min(1, sample)) * 32767, true));
  return view.buffer;
}

export async function* growing(reader) {  // pieces of a WAV, as soon as they are there
  let bytes = new Uint8Array(), head = null;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    bytes = joined(bytes, value);
    if (!head) {
      if (bytes.length < 44) continue;
      const view = new DataView(bytes.buffer);
      head = { channels: view.getUint16(22, true), rate: view.getUint32(24, true) };
      bytes = bytes.slice(44);
    }
    const width = 2 * head.channels, frames = Math.floor(bytes.length / width);
    if (!frames) continue;
    const samples = new Int16Array(bytes.slice(0, frames * width).buffer);
    const buffer = new AudioBuffer({ numberOfChannels: head.channels, length: frames, sampleRate: head.rate });
    for (let channel = 0; channel < head.channels; channel++)
      buffer.copyToChannel(Float32Array.from({ length: frames }, (_, n) => samples[n * head.channels + channel] / 32768), channel);
    bytes = bytes.slice(frames * width);
    yield buffer;
  }
}

function joined(first, second) {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
