"""Audio files: everything libsndfile reads; wav, flac, ogg, opus, mp3 and aiff written whole or not at all.

Waves are float [C, T] in [-1, 1]. Wrong input is a ValueError of one line; what the disk refuses (no
permission, no space) stays an OSError, and then an older file of that name is still there.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch
from torch import Tensor

from songloom.audio.metadata import packed, riff_comment, unpacked, with_riff_comment
from songloom.audio.replacing import replacing
from songloom.audio.resample import resample
from songloom.audio.tar_members import Window, find, through_tar

PCM = {16: "PCM_16", 24: "PCM_24"}
FORMATS = {
    ".wav": ("WAV", PCM | {32: "FLOAT"}),
    ".flac": ("FLAC", PCM),
    ".aiff": ("AIFF", PCM),
    ".aif": ("AIFF", PCM),
    ".ogg": ("OGG", {}),
    ".opus": ("OGG", {}),
    ".mp3": ("MP3", {}),
}
LOSSY = {".ogg": "VORBIS", ".opus": "OPUS", ".mp3": "MPEG_LAYER_III"}
OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
BLOCK = 1 << 15  # libvorbis keeps what it is given at once on the stack


@dataclass(frozen=True)
class AudioInfo:
    """What a file says of itself: `frames` samples per channel at `sample_rate` Hz."""

    sample_rate: int
    channels: int
    frames: int
    format: str
    subtype: str

    @property
    def seconds(self) -> float:
        return self.frames / self.sample_rate


class Sound(soundfile.SoundFile):
    """A sound file that is read onwards: it can be sought, but a read does not seek again behind what it gave, which
    costs as much as a crop of FLAC."""

    def seekable(self) -> bool:
        return False


def opened(path: str | os.PathLike[str]) -> Sound:
    """The sound file at a path, which may lead through a tar, open for reading. Raises ValueError when it is none."""
    file = Path(path)
    if not file.exists():
        if place := through_tar(file):
            return _opened_member(file, *place)
        raise FileNotFoundError(f"{file}: no such file")
    if file.is_dir():
        raise ValueError(f"{file} is a folder, not an audio file")
    try:
        return Sound(file)
    except soundfile.LibsndfileError as error:
        os.close(os.open(file, os.O_RDONLY))  # no permission is said as such
        raise ValueError(f"{file} is not audio that can be read: {error.error_string}") from None


def _opened_member(path: Path, tar: Path, name: str) -> Sound:
    window = Window(tar, find(tar, name))
    try:
        return Sound(window)
    except soundfile.LibsndfileError as error:
        window.close()
        raise ValueError(f"{path} is not audio that can be read: {error.error_string}") from None


def info(path: str | os.PathLike[str]) -> AudioInfo:
    """Sample rate, channels and length of an audio file."""
    with opened(path) as sound:
        return AudioInfo(sound.samplerate, sound.channels, sound.frames, sound.format, sound.subtype)


def read(
    path: str | os.PathLike[str],
    *,
    sample_rate: int | None = None,
    channels: int | None = None,
    start: float = 0.0,
    seconds: float | None = None,
) -> tuple[Tensor, int]:
    """The wave [C, T] (float32) of a file and its sample rate.

    `sample_rate` resamples; `channels` 1 averages and more repeats a mono file; `start` and `seconds` choose
    a part, which ends earlier where the file does.
    """
    with opened(path) as sound:
        if start < 0 or (seconds is not None and not seconds > 0):
            raise ValueError(f"start {start} s, length {seconds} s: a part begins at 0 or later and is longer than 0")
        first = round(start * sound.samplerate)
        if not sound.frames or first >= sound.frames:
            raise ValueError(f"{path} has {sound.frames / sound.samplerate:g} s of audio; nothing is at {start:g} s")
        sound.seek(first)
        left = sound.frames - first
        count = left if seconds is None else min(left, max(1, round(seconds * sound.samplerate)))
        try:
            samples = sound.read(count, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise ValueError(f"{path} breaks off: {error.error_string}") from None
        rate = sound.samplerate
    if not len(samples):
        raise ValueError(f"{path} has no audio")
    if not np.isfinite(samples).all():
        raise ValueError(f"{path} has samples that are not numbers (NaN or infinite)")
    wave = with_channels(torch.from_numpy(np.ascontiguousarray(samples.T)), channels)
    if sample_rate is not None and sample_rate != rate:
        return resample(wave, rate, sample_rate), sample_rate
    return wave, rate


def with_channels(wave: Tensor, channels: int | None) -> Tensor:
    """A wave [C, T] with `channels` channels: the mean for 1, a mono wave repeated for more."""
    if channels is None or wave.shape[0] == channels:
        return wave
    if channels == 1:
        return wave.mean(0, keepdim=True)
    if wave.shape[0] == 1 and channels > 1:
        return wave.repeat(channels, 1)
    raise ValueError(f"the wave has {wave.shape[0]} channels; {channels} can only be made from 1 or {channels}")


def checked_suffix(path: str | os.PathLike[str]) -> str:
    """The path's suffix in lower case; a ValueError where no format goes by it."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(f"{str(path)!r} ends in {suffix!r}; a sound file ends in {', '.join(FORMATS)}")
    return suffix


def encoded(
    wave: Tensor, sample_rate: int, suffix: str, *, bits: int = 16, quality: float = 0.6, metadata: str | None = None
) -> bytes:
    """A whole audio file of a wave [C, T] as bytes; parameters as for `write`."""
    container, widths = FORMATS[checked_suffix(f"x{suffix}")]
    if wave.ndim != 2 or not wave.numel():
        raise ValueError(f"the wave is {tuple(wave.shape)}; a file needs [C, T] with at least one sample")
    if not torch.isfinite(wave).all():
        raise ValueError("the wave has samples that are not numbers (NaN or infinite)")
    if widths and bits not in widths:
        raise ValueError(f"{bits} bits; {suffix} has {', '.join(map(str, widths))}")
    if not 0 <= quality <= 1:
        raise ValueError(f"quality {quality}; it is 0 (smallest) to 1 (best)")
    if suffix == ".opus" and sample_rate not in OPUS_RATES:
        wave, sample_rate = resample(wave, sample_rate, 48000), 48000
    samples = wave.detach().to("cpu", torch.float32).T.numpy()
    if bits != 32:
        samples = np.clip(samples, -1.0, 1.0)
    settings = {} if widths else {"compression_level": 1.0 - quality}
    subtype = LOSSY.get(suffix) or widths[bits]
    target = io.BytesIO()
    try:
        with soundfile.SoundFile(
            target, "w", sample_rate, wave.shape[0], subtype, format=container, **settings
        ) as sound:
            if metadata and suffix != ".wav":
                sound.comment = packed(metadata)
            for begin in range(0, len(samples), BLOCK):
                sound.write(samples[begin : begin + BLOCK])
    except soundfile.LibsndfileError as error:
        raise ValueError(
            f"{suffix} does not take {wave.shape[0]} channels at {sample_rate} Hz: {error.error_string}"
        ) from None
    data = target.getvalue()
    return with_riff_comment(data, metadata) if metadata and suffix == ".wav" else data


def write(
    path: str | os.PathLike[str],
    wave: Tensor,
    sample_rate: int,
    *,
    bits: int = 16,
    quality: float = 0.6,
    metadata: str | None = None,
) -> None:
    """Write a wave [C, T] in the format of the path's suffix.

    `bits` is 16 or 24, for wav also 32 (float, the only one that keeps samples beyond 1); `quality` is 0 to 1
    for ogg, opus and mp3. `metadata` is a text (a recipe) that `read_metadata` gives back. Opus holds few
    sample rates; another one is resampled to 48 kHz.
    """
    suffix = checked_suffix(path)
    replace_file(path, encoded(wave, sample_rate, suffix, bits=bits, quality=quality, metadata=metadata))


def replace_file(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` beside the path, then rename: the path holds all of it or what it held before."""
    with replacing(path) as file:
        file.write(data)


def read_metadata(path: str | os.PathLike[str]) -> str | None:
    """The text that `write` stored as `metadata` (any file's comment), or None."""
    with opened(path) as sound:
        comment = str(sound.comment)
        container = sound.format
    if container in ("WAV", "WAVEX") and not through_tar(Path(path)):
        comment = riff_comment(Path(path)) or ""
    return unpacked(comment) or None
