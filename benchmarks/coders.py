"""Ways through which a clip goes there and back: our codec at several rates, Griffin-Lim alone, Opus and MP3.

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
from pathlib import Path

from torch import Tensor

from songloom.audio import files
from songloom.audio.griffin_lim import griffin_lim
from songloom.audio.resample import resample
from songloom.audio.spectrogram import Stft
from songloom.metrics.spectral import delay, lined_up
from songloom.systems.roles import Codec

LONGEST_DELAY = 0.1  # seconds by which a program's copy may be late or early


@dataclass(frozen=True)
class Copy:
    """A clip that went through a coder: `wave` [1, T], `kbps` (None where nothing is stored), and seconds of CPU."""

    wave: Tensor
    kbps: float | None
    encode_seconds: float | None
    decode_seconds: float | None


@dataclass(frozen=True)
class Coder:
    """`name` as it stands in the table; `copy` takes a wave [1, T] and its sample rate."""

    name: str
    copy: Callable[[Tensor, int], Copy]


def codec_coders(name: str, codec: Codec, books: Sequence[int]) -> list[Coder]:
    """The codec with so many books, and with its latents as they are. Rates are those of the plain codes."""

    def through(wave: Tensor, rate: int, streams: int | None) -> Copy:
        began = time.process_time()
        latents = codec.encode(files.with_channels(wave, codec.channels)[None])
        codes = None if streams is None else codec.quantize(latents, streams=streams)
        between = time.process_time()
        shown = latents if codes is None else codec.dequantize(codes)
        copy = codec.decode(shown, length=wave.shape[-1])[0].mean(0, keepdim=True)
        ended = time.process_time()
        bits = None if codes is None else codes[0].numel() * math.ceil(math.log2(codec.codebook_size))
        kbps = None if bits is None else bits * rate / wave.shape[-1] / 1000
        return Copy(copy, kbps, between - began, ended - between)

    def coder(streams: int | None) -> Coder:
        label = "unquantised" if streams is None else f"{streams} book{'s' if streams > 1 else ''}"
        return Coder(f"{name}, {label}", lambda wave, rate: through(wave, rate, streams))

    return [coder(streams) for streams in (*(one for one in books if one <= codec.streams), None)]


def phase_free(iterations: int) -> Coder:
    """True magnitudes and phases by Griffin-Lim: what a phase-free codec without any other loss would give."""
    stft = Stft(2048, 512, "same")

    def copy(wave: Tensor, _: int) -> Copy:
        began = time.process_time()
        magnitude = stft.magnitude(wave)
        between = time.process_time()
        made = griffin_lim(magnitude, stft, iterations=iterations, samples=wave.shape[-1])
        return Copy(made, None, between - began, time.process_time() - between)

    return Coder("Griffin-Lim alone", copy)


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
    """Mono MP3 of constant rate at 32 kHz; below 32 kbps, where MP3 has no such rate, LAME takes a lower one."""
    return Program(
        ".mp3",
        32_000,
        lambda source, coded: ["lame", "--quiet", "-m", "m", "--cbr", "-b", str(kbps), source, coded],
        lambda coded, made: ["lame", "--quiet", "--decode", coded, made],
    )


PROGRAMS = {
    **{f"Opus, asked {kbps}": opus(kbps) for kbps in (8, 12)},
    **{f"MP3, asked {kbps}": mp3(kbps) for kbps in (16, 32)},
}


def program_coders() -> tuple[list[Coder], list[str]]:
    """The other formats whose programs are there, and the programs that are not."""
    found = [Coder(name, program.copy) for name, program in PROGRAMS.items() if not program.missing()]
    absent = {name for program in PROGRAMS.values() for name in program.missing()}
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
