"""The sound of a `.dac` file by a DAC codec.

The package codes long files in windows whose convolutions do not pad, so that what windows give fits together
without a seam; such windows have to be decoded in the same way. The wave is whole in memory, since its loudness,
which the file restores, is known at the end only.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio import files
from songloom.audio.file_stream import WHOLE, Part
from songloom.audio.loudness import loudness
from songloom.audio.resample import resample, resampled_length
from songloom.layers.dilated import Decoder, Enter, Leave, ResidualUnit, Up
from songloom.published.dac_file import DacFile
from songloom.systems.codecs.dac import Dac
from songloom.systems.roles import Codec


@torch.inference_mode()
def wave_of(codec: Dac, file: DacFile, streams: int | None = None) -> Tensor:
    """The wave [C, T] at the file's sample rate and loudness; the first `streams` books only where given. Both
    channels get the same gain (the package would make each as loud as the whole was). Raises ValueError when the
    file is not of this codec."""
    books, highest = file.codes.shape[1], int(file.codes.max())
    if books > codec.streams or highest >= codec.codebook_size:
        raise ValueError(f"it has {books} codebooks and codes up to {highest}; the codec is another")
    pieces = []
    for begin in range(0, file.codes.shape[2], file.chunk_length):
        codes = torch.from_numpy(file.codes[:, :streams, begin : begin + file.chunk_length])
        latents = codec.dequantize(codes)
        pieces.append(codec.decode(latents) if file.padding else unpadded(codec.decoder, latents).tanh())
    wave = torch.cat(pieces, -1)[:, 0]
    if resampled_length(wave.shape[1], codec.sample_rate, file.sample_rate) < file.samples:
        raise ValueError(f"its {wave.shape[1]} samples are fewer than the {file.samples} that it promises")
    now = loudness(wave, codec.sample_rate)
    gain = 10 ** ((file.loudness - now) / 20) if math.isfinite(now) else 1.0
    return resample(gain * wave, codec.sample_rate, file.sample_rate)[:, : file.samples]


def unpadded(decoder: Decoder, latents: Tensor) -> Tensor:
    """The decoder without any padding: latents [B, D, F] -> the middle of the wave [B, 1, T], before the tanh. Raises
    ValueError for too few frames."""
    frames = latents
    for step in decoder.steps:
        if isinstance(step, Enter):
            frames = bare(step.conv, frames)
        elif isinstance(step, Up):
            up = step.conv
            frames = functional.conv_transpose1d(step.snake(frames), up.weight, up.bias, up.stride)
            for unit in step.units:
                assert isinstance(unit, ResidualUnit)
                inner = bare(unit.mix, unit.second(bare(unit.dilated, unit.first(frames))))
                cut = (frames.shape[-1] - inner.shape[-1]) // 2
                frames = inner + frames[..., cut : frames.shape[-1] - cut]
        else:
            assert isinstance(step, Leave)
            frames = bare(step.conv, step.snake(frames))
    return frames


def bare(conv: torch.nn.Conv1d, frames: Tensor) -> Tensor:
    """A convolution [B, C, T] -> [B, C', T'] that does not pad."""
    if frames.shape[-1] <= conv.dilation[0] * (conv.kernel_size[0] - 1):
        raise ValueError("its chunks are too short for a codec that does not pad")
    return functional.conv1d(frames, conv.weight, conv.bias, conv.stride, 0, conv.dilation)


def decode_file(codec: Codec, file: DacFile, target: Path, *, part: Part = WHOLE, streams: int | None = None) -> float:
    """Writes the wave of a `.dac` file, or a part of it, as a sound file; gives its seconds. Raises ValueError for a
    codec that is no DAC or another one, and for a part or streams that the file does not have."""
    if not isinstance(codec, Dac):
        raise ValueError(f".dac files are of DAC; the codec is a {type(codec).__name__}")
    if streams is not None and not 1 <= streams <= file.codes.shape[1]:
        raise ValueError(f"it has 1 to {file.codes.shape[1]} streams, not {streams}")
    first, last = part.of(file.samples, file.sample_rate)
    files.write(target, wave_of(codec, file, streams)[:, first:last], file.sample_rate)
    return (last - first) / file.sample_rate
