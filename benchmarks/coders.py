"""Ways through which a clip goes there and back: codecs at several rates, Griffin-Lim alone, Opus and MP3.

Every coder takes a wave [1, T] at a sample rate and gives a copy of the same shape, lined up with it, with what it
cost. Computing time is CPU time of this process (one thread) or of the programs it ran, so that other work on the
machine does not count.
"""

from __future__ import annotations

import math
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from torch import Tensor
from torch.nn import functional

from songloom.audio import files
from songloom.audio.griffin_lim import griffin_lim
from songloom.audio.resample import resample
from songloom.audio.spectrogram import Stft
from songloom.metrics.spectral import delay, lined_up
from songloom.systems.roles import Codec

LONGEST_DELAY = 0.1  # seconds by which a program's copy may be late or early


@dataclass(frozen=True)
class Copy:
    """A clip that went through a coder: `wave` [1, T], `kbps` (None where nothing is stored), seconds of CPU, and the
    `codes` [K, F] of a codec."""

    wave: Tensor
    kbps: float | None
    encode_seconds: float | None
    decode_seconds: float | None
    codes: Tensor | None = None


@dataclass(frozen=True)
class Coder:
    """`name` as it stands in the table, one of a `family` that differs in bitrate; `copy` takes a wave [1, T] and its
    sample rate. Codes are below `codebook_size` (0: none), `frame_rate` of them a second."""

    name: str
    family: str
    copy: Callable[[Tensor, int], Copy]
    codebook_size: int = 0
    frame_rate: float = 0.0


def codec_coders(name: str, codec: Codec, kbps: Sequence[float]) -> list[Coder]:
    """The codec at all of the rates that it has, and with its latents as they are. Rates are those of plain codes."""
    label = Path(name).name
    known = [rate for rate in kbps if codec.streams and codec.bitrate(1) <= rate * (1 + 1e-6)]
    counts = sorted({codec.streams_for(min(rate, codec.bitrate())) for rate in known})
    rest = [Coder(f"{label}, {'unquantised' if codec.streams else 'latents'}", label, partial(through, codec, None))]
    return [
        Coder(
            f"{label}, {count} stream{'s' if count > 1 else ''}",
            label,
            partial(through, codec, count),
            codec.codebook_size,
            codec.frame_rate,
        )
        for count in counts
    ] + rest


def through(codec: Codec, streams: int | None, wave: Tensor, rate: int) -> Copy:
    """A wave [1, T] to latents, to codes (not without `streams`), and back, at the codec's own rate and channels."""
    own = files.with_channels(resample(wave, rate, codec.sample_rate), codec.channels)[None]
    began = time.process_time()
    latents = codec.encode(own)
    codes = None if streams is None else codec.quantize(latents, streams=streams)
    between = time.process_time()
    shown = latents if codes is None else codec.dequantize(codes)
    made = codec.decode(shown, length=own.shape[-1])[0].mean(0, keepdim=True)
    ended = time.process_time()
    back = resample(made, codec.sample_rate, rate)
    copy = functional.pad(back, (0, wave.shape[-1] - back.shape[-1]))
    if codes is None:
        return Copy(copy, None, between - began, ended - between)
    bits = codes[0].numel() * math.ceil(math.log2(codec.codebook_size))
    return Copy(copy, bits * rate / wave.shape[-1] / 1000, between - began, ended - between, codes[0])


def phase_free(iterations: int) -> Coder:
    """True magnitudes and phases by Griffin-Lim: what a phase-free codec without any other loss would give."""
    stft = Stft(2048, 512, "same")

    def copy(wave: Tensor, _: int) -> Copy:
        began = time.process_time()
        magnitude = stft.magnitude(wave)
        between = time.process_time()
        made = griffin_lim(magnitude, stft, iterations=iterations, samples=wave.shape[-1])
        return Copy(made, None, between - began, time.process_time() - between)

    return Coder("Griffin-Lim alone", "Griffin-Lim alone", copy)


@dataclass(frozen=True)
class Program:
    """An encoder and its decoder: command lines for (source, coded) and (coded, copy), and the rate it works at."""

    suffix: str
    rate: int
    encode: Callable[[str, str], list[str]]
    decode: Callable[[str, str], list[str]]

    def missing(self) -> list[str]:
        """The programs of it that this machine lacks."""
        needed = {self.encode("", "")[0], self.decode("", "")[0]}
        return sorted(name for name in needed if shutil.which(name) is None)

    def copy(self, wave: Tensor, rate: int) -> Copy:
        """A wave [1, T] through both programs; `kbps` is that of the whole file, headers too."""
        with tempfile.TemporaryDirectory() as folder:
            source, coded, made = (str(Path(folder) / name) for name in ("source.wav", f"c{self.suffix}", "made.wav"))
            files.write(source, resample(wave, rate, self.rate), self.rate)
            encode_seconds = _run(self.encode(source, coded))
            decode_seconds = _run(self.decode(coded, made))
            size = Path(coded).stat().st_size
            back, _ = files.read(made, sample_rate=rate, channels=1)
        later = delay(back, wave, longest=round(LONGEST_DELAY * rate))
        kbps = 8 * size * rate / wave.shape[-1] / 1000
        return Copy(lined_up(back, wave.shape[-1], later), kbps, encode_seconds, decode_seconds)


def opus(kbps: int) -> Program:
    """Opus at 48 kHz, tuned for music; opusdec takes its own delay back."""
    return Program(
        ".opus",
        48_000,
        lambda source, coded: [
            *("opusenc", "--quiet", "--music", "--bitrate", str(kbps), "--padding", "0"), source, coded,
        ],
        lambda coded, made: ["opusdec", "--quiet", "--rate", "48000", coded, made],
    )  # fmt: skip


def mp3(kbps: int) -> Program:
    """Mono MP3 of constant rate, from 64 kbps on at 44.1 kHz, below at 32 kHz; below 32 kbps, where MP3 does not allow
    that, LAME takes a lower sample rate."""
    return Program(
        ".mp3",
        44_100 if kbps >= 64 else 32_000,
        lambda source, coded: ["lame", "--quiet", "-m", "m", "--cbr", "-b", str(kbps), source, coded],
        lambda coded, made: ["lame", "--quiet", "--decode", coded, made],
    )


FAMILIES = {"Opus": (opus, tuple(range(6, 257))), "MP3": (mp3, (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128))}
"""Programs by their rate in whole kbps, and the rates that they have for one channel."""


def program_coders(kbps: Sequence[float]) -> tuple[list[Coder], list[str]]:
    """The other formats at those of the rates that they have, where their programs are there, and the programs that
    are not."""
    found, absent = [], set[str]()
    for family, (make, rates) in FAMILIES.items():
        for rate in (int(rate) for rate in kbps if rate in rates):
            program = make(rate)
            absent |= set(program.missing())
            if not program.missing():
                found.append(Coder(f"{family}, asked {rate}", family, program.copy))
    return found, sorted(absent)


def _run(command: list[str]) -> float:
    """CPU seconds of a program. Raises ValueError with its last words when it fails."""
    import resource  # POSIX only

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if ended.returncode:
        raise ValueError(f"{command[0]} failed: {ended.stderr.strip().splitlines()[-1:] or ended.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
