"""One file of music as it is decoded: block by block up to a bound, in stretches that end at quiet moments.

Nothing is allocated by what a header claims, and no more of a file lies in memory than a stretch and a half. What has
more than a few channels or an odd sample rate is refused before.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import torch
from torch import Tensor

from songloom.audio import files

MOST_CHANNELS = 8
RATES = (4_000, 384_000)
MOST_VALUES = 1 << 28
"""Samples of all channels together that a file may have which is not cut: 1 GiB of float32."""
AHEAD = 1.5
"""Of a stretch's most that is decoded before it is cut, so that no short rest is left."""
FROM = 0.75
"""Of a stretch's most, from where a quiet moment is looked for."""
AROUND = 0.125
"""Of what is left, where it makes two stretches: how far from its middle a quiet moment may be."""
HOPS_PER_SECOND, QUIET_HOPS = 20, 4


def stretches(path: Path, longest: float, cut: float = 0.0) -> Iterator[tuple[Tensor, int]]:
    """The wave of a file as stretches [C, T], one after another, with its sample rate.

    With `cut` (seconds; 0 for none) what is longer is parted into stretches of at most that, and of three eighths of it
    at least, where it is quietest. Raises ValueError, at the latest behind the last stretch, for a file that proves
    longer than `longest` seconds, breaks off, or is no music: odd rates, many channels, no samples, no numbers.
    """
    with files.opened(path) as sound:
        rate, channels = sound.samplerate, sound.channels
        if channels > MOST_CHANNELS or not RATES[0] <= rate <= RATES[1]:
            raise ValueError(
                f"{path} has {channels} channels at {rate} Hz; at most {MOST_CHANNELS} at {RATES} Hz are read"
            )
        bound = int(longest * rate)
        most = int(cut * rate)
        blocks = _blocks(path, sound, bound if cut else min(bound, MOST_VALUES // channels))
        held: list[np.ndarray] = []
        length = 0
        for block in blocks:
            held.append(block)
            length += block.shape[1]
            while cut and length > AHEAD * most:
                wave = np.concatenate(held, axis=1)
                end = quietest(wave, rate, int(FROM * most), most)
                yield _checked(path, wave[:, :end]), rate
                held, length = [wave[:, end:]], length - end
        wave = np.concatenate(held, axis=1)
        if cut and length > most:
            end = quietest(wave, rate, int((0.5 - AROUND) * length), int((0.5 + AROUND) * length))
            yield _checked(path, wave[:, :end]), rate
            wave = wave[:, end:]
        yield _checked(path, wave), rate


def decode(path: Path, longest: float) -> tuple[Tensor, int]:
    """The whole wave [C, T] of a file and its sample rate. Raises ValueError as `stretches` does."""
    ((wave, rate),) = stretches(path, longest)
    return wave, rate


def quietest(wave: np.ndarray, sample_rate: int, first: int, last: int) -> int:
    """The sample in the middle of the quietest fifth of a second of a wave [C, T] between two samples."""
    hop = max(1, sample_rate // HOPS_PER_SECOND)
    count = (last - first) // hop
    if count < QUIET_HOPS:
        return (first + last) // 2
    seen = wave[:, first : first + count * hop].astype(np.float64)
    power = np.square(seen).reshape(wave.shape[0], count, hop).mean((0, 2))
    quiet = int(np.convolve(power, np.ones(QUIET_HOPS), "valid").argmin())
    return first + (quiet + QUIET_HOPS // 2) * hop


def _blocks(path: Path, sound: soundfile.SoundFile, most: int) -> Iterator[np.ndarray]:
    """The blocks [C, t] of an open file up to its end."""
    rate, count = sound.samplerate, 0
    while True:
        try:
            block = sound.read(files.BLOCK, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise ValueError(f"{path} breaks off: {error.error_string}") from None
        if not len(block):
            break
        count += len(block)
        if count > most:
            raise ValueError(f"{path} is longer than {most / rate:g} s")
        yield block.T
    if not count:
        raise ValueError(f"{path} has no audio")
    if count < sound.frames:
        raise ValueError(f"{path} breaks off after {count / rate:g} s of {sound.frames / rate:g} s")


def _checked(path: Path, wave: np.ndarray) -> Tensor:
    if not np.isfinite(wave).all():
        raise ValueError(f"{path} has samples that are not numbers (NaN or infinite)")
    return torch.from_numpy(np.ascontiguousarray(wave))
