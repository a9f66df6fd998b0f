"""Audio files of any length, read and written piece by piece in constant memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import soundfile
import torch
from torch import Tensor

from songloom.audio import files
from songloom.audio.replacing import replacing
from songloom.audio.resample import ResampleStream

BLOCK = 1 << 16
"""The most samples per channel that are read, or made by resampling, at a time."""


def pieces(path: str | os.PathLike[str], *, sample_rate: int, channels: int) -> Iterator[Tensor]:
    """The wave of a file in pieces [C, t] (float32) at another sample rate and number of channels; together
    `files.read` of the whole, but for rounding where it is resampled. Raises ValueError as that does."""
    with files.opened(path) as sound:
        if not sound.frames:
            raise ValueError(f"{path} has no audio")
        mixed = sound.channels if channels > sound.channels else channels
        if mixed not in (1, sound.channels):
            raise ValueError(f"{path} has {sound.channels} channels; {channels} can only be made from 1 or {channels}")
        stream = ResampleStream(sound.samplerate, sample_rate, mixed)
        block = max(1, BLOCK * sound.samplerate // max(sample_rate, sound.samplerate))
        while True:
            try:
                samples = sound.read(block, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                raise ValueError(f"{path} breaks off: {error.error_string}") from None
            if not np.isfinite(samples).all():
                raise ValueError(f"{path} has samples that are not numbers (NaN or infinite)")
            wave = files.with_channels(torch.from_numpy(np.ascontiguousarray(samples.T)), mixed)
            made = stream.push(wave) if len(samples) else stream.finish()
            if made.shape[1]:
                yield files.with_channels(made, channels)
            if not len(samples):
                return


class Counted:
    """The same pieces [..., t]; `samples` is how many positions have come so far."""

    def __init__(self, pieces: Iterable[Tensor]) -> None:
        self._pieces, self.samples = pieces, 0

    def __iter__(self) -> Iterator[Tensor]:
        for piece in self._pieces:
            self.samples += piece.shape[-1]
            yield piece


class AudioWriter:
    """Adds pieces to a sound file that is open for writing."""

    def __init__(self, sound: soundfile.SoundFile, stream: ResampleStream) -> None:
        self._sound, self._stream = sound, stream

    def add(self, wave: Tensor) -> None:
        """The next piece [C, t] in [-1, 1]; what lies beyond is clipped. Raises ValueError for NaN."""
        if not torch.isfinite(wave).all():
            raise ValueError("the wave has samples that are not numbers (NaN or infinite)")
        self._write(self._stream.push(wave.detach().to("cpu", torch.float32)))

    def finish(self) -> None:
        """What resampling still holds."""
        self._write(self._stream.finish())

    def _write(self, wave: Tensor) -> None:
        for part in torch.split(wave.clamp(-1, 1), files.BLOCK, dim=1):
            try:
                self._sound.write(part.T.numpy())
            except soundfile.LibsndfileError as error:
                raise OSError(f"{self._sound.name} cannot be written: {error.error_string}") from None


@contextmanager
def writing(path: str | os.PathLike[str], sample_rate: int, channels: int) -> Iterator[AudioWriter]:
    """A sound file in the format of the path's suffix (16 bits where it has bits) that takes pieces; it stands at
    the path once the block has ended well, and nothing of it is left otherwise."""
    suffix = files.checked_suffix(path)
    container, widths = files.FORMATS[suffix]
    rate = 48_000 if suffix == ".opus" and sample_rate not in files.OPUS_RATES else sample_rate
    subtype = files.LOSSY.get(suffix) or widths[16]
    with replacing(path) as file:
        try:  # by its name: Ctrl-C inside a callback would get lost
            sound = soundfile.SoundFile(file.name, "w", rate, channels, subtype, format=container)
        except soundfile.LibsndfileError as error:
            raise ValueError(f"{suffix} does not take {channels} channels at {rate} Hz: {error.error_string}") from None
        with sound:
            writer = AudioWriter(sound, ResampleStream(sample_rate, rate, channels))
            yield writer
            writer.finish()


@dataclass(frozen=True)
class Part:
    """A wave from `start` to `end` seconds; without an end, to its own."""

    start: float = 0.0
    end: float | None = None

    def of(self, samples: int, sample_rate: int) -> tuple[int, int]:
        """The first sample, and the one after the last, of a wave of `samples`. Raises ValueError when none is."""
        whole = samples / sample_rate
        stop = whole if self.end is None else self.end
        if not 0 <= self.start < min(stop, whole):
            raise ValueError(f"it has {whole:g} s; there is no part from {self.start:g} to {stop:g} s")
        first = min(round(self.start * sample_rate), samples - 1)
        last = samples if stop >= whole else round(stop * sample_rate)
        return first, max(last, first + 1)


WHOLE = Part()


def write_part(
    path: str | os.PathLike[str],
    pieces: Iterable[Tensor],
    sample_rate: int,
    *,
    skip: int,
    samples: int,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Writes `samples` samples of a wave that comes in pieces [C, t], without its first `skip`; where it ends early,
    silence follows. No piece is asked for that is not needed."""
    waves = iter(pieces)
    piece = next(waves)
    with writing(path, sample_rate, len(piece)) as writer:
        given = 0
        while True:
            part = piece[:, skip : skip + samples - given]
            skip, given = max(0, skip - piece.shape[1]), given + part.shape[1]
            writer.add(part)
            if progress:
                progress(given / samples)
            if given == samples:
                return
            more = next(waves, None)
            piece = torch.zeros(len(piece), min(samples - given, BLOCK)) if more is None else more
