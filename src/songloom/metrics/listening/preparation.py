"""From files to the clips that raters hear: one rate, one loudness, one length at most, and names that tell nothing.

All clips are 48 kHz stereo FLAC of 16 bits without tags, so that neither the file nor its header tells a system. They
are made equally loud by gain alone, since a limiter would be heard as a fault of the system.
"""

from __future__ import annotations

import hashlib
import json
import math
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from songloom.audio import files
from songloom.audio.loudness import loudness, true_peak
from songloom.metrics.listening import hidden
from songloom.metrics.listening.design import ANCHOR, BEEPS, LONGEST, REFERENCE, SHORTEST, Clip, Design, Settings
from songloom.metrics.listening.material import Material
from songloom.metrics.listening.plan import shuffled

SAMPLE_RATE, CHANNELS = 48000, 2
WANTED, LOWEST_TARGET, CEILING = -23.0, -33.0, -1.0
FADE = 0.05
BEEP_COUNTS = (3, 4, 5, 6, 7, 8)


@dataclass(frozen=True)
class Source:
    """A clip still to be made: from which file, as what."""

    path: Path
    prompt: str
    system: str
    source: str = ""
    beeps: int = 0

    def wave(self, settings: Settings) -> Tensor:
        """The sound [C, T] before its loudness is set."""
        wave, _ = files.read(self.path, sample_rate=SAMPLE_RATE, seconds=settings.seconds or LONGEST)
        wave = files.with_channels(wave[:CHANNELS], CHANNELS)
        if wave.shape[1] < SHORTEST * SAMPLE_RATE:
            raise ValueError(f"{self.path} is {wave.shape[1] / SAMPLE_RATE:.2f} s long; a clip needs {SHORTEST} s")
        if self.system == BEEPS:
            return hidden.with_beeps(wave, SAMPLE_RATE, self.beeps)
        return _faded(hidden.low_anchor(wave, SAMPLE_RATE, seed=settings.seed) if self.system == ANCHOR else wave)


def prepare(
    material: Material, settings: Settings, folder: Path, report: Callable[[float], None] = lambda _: None
) -> Design:
    """Writes every clip of a test to `folder`/ID.flac and gives the test's design. `report` takes the part done."""
    if settings.mode == "preference" and len(material.systems) + (material.reference is not None) < 2:
        raise ValueError("a choice needs two systems, or one and a reference")
    sources = list(_sources(material, settings))
    measured = []
    for done, source in enumerate(sources):
        wave = source.wave(settings)
        measured.append((loudness(wave, SAMPLE_RATE), true_peak(wave, SAMPLE_RATE)))
        report((done + 1) / (2 * len(sources)))
    target = common_target(measured)
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.flac"):
        stale.unlink()
    clips = []
    for done, (source, (level, peak)) in enumerate(zip(sources, measured, strict=True)):
        gain = gain_to(target, level, peak)
        clips.append(_written(source, source.wave(settings), level, gain, folder))
        report(0.5 + (done + 1) / (2 * len(sources)))
    return Design(
        settings.title,
        settings.mode,
        settings.seed,
        settings.trials,
        target,
        tuple(material.systems),
        material.prompts,
        tuple(clips),
        fingerprint(material, settings),
    )


def common_target(measured: list[tuple[float, float]]) -> float:
    """The loudness in LUFS that clips of these loudnesses (LUFS) and true peaks (dBTP) can all be brought to by gain
    without a peak above -1 dBTP: -23 (EBU R 128), less where one is too peaky for that, never below -33."""
    reachable = [level + CEILING - peak for level, peak in measured if math.isfinite(level)]
    return max(LOWEST_TARGET, min([WANTED, *reachable]))


def gain_to(target: float, level: float, peak: float) -> float:
    """The gain in dB that brings a clip to `target` LUFS, or as near as its peaks let it; 0 for silence."""
    return min(target - level, CEILING - peak) if math.isfinite(level) else 0.0


def fingerprint(material: Material, settings: Settings) -> str:
    """Tells whether a test was made from the same files (by size and time of change), prompts and settings."""
    groups = {**material.systems, REFERENCE: material.reference or {}}
    found = {
        name: {prompt: [(state := path.stat()).st_size, state.st_mtime_ns] for prompt, path in sorted(clips.items())}
        for name, clips in groups.items()
    }
    texts = [(prompt.id, prompt.text) for prompt in material.prompts]
    asked = (settings.title, settings.mode, settings.seed, settings.seconds, settings.trials)
    return hashlib.sha256(json.dumps([found, texts, asked], sort_keys=True).encode()).hexdigest()


def _sources(material: Material, settings: Settings) -> Iterator[Source]:
    """Systems and reference for every prompt; the anchor of each, from the reference or from systems in turn; beeps."""
    names = list(material.systems)
    for place, prompt in enumerate(material.prompts):
        for name, clips in material.systems.items():
            yield Source(clips[prompt.id], prompt.id, name)
        if material.reference is not None:
            yield Source(material.reference[prompt.id], prompt.id, REFERENCE)
        origin = REFERENCE if material.reference is not None else names[(place + settings.seed) % len(names)]
        base = material.reference if material.reference is not None else material.systems[origin]
        yield Source(base[prompt.id], prompt.id, ANCHOR, origin)
    if settings.mode == "ratings":
        order = shuffled(material.prompts, settings.seed, BEEPS)
        for place, count in enumerate(BEEP_COUNTS):
            prompt, name = order[place % len(order)], names[place % len(names)]
            yield Source(material.systems[name][prompt.id], prompt.id, BEEPS, name, count)


def _written(source: Source, wave: Tensor, level: float, gain: float, folder: Path) -> Clip:
    identity = secrets.token_hex(8)
    files.write(folder / f"{identity}.flac", wave * 10 ** (gain / 20), SAMPLE_RATE)
    after = level + gain if math.isfinite(level) else None
    seconds = wave.shape[1] / SAMPLE_RATE
    return Clip(identity, source.prompt, source.system, seconds, after, gain, source.source, source.beeps)


def _faded(wave: Tensor) -> Tensor:
    """A wave [C, T] that ends softly, wherever it was cut."""
    count = round(FADE * SAMPLE_RATE)
    return torch.cat([wave[:, :-count], wave[:, -count:] * torch.linspace(1, 0, count)], -1)
