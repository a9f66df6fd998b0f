"""Drum machines from formulas: 808, 909, a sampled-sounding machine of the eighties, and a game console.

Each kit is a table from a drum (what a General MIDI key means) to a voice; a voice renders one hit, and the
kit plays a part by placing its hits. Hats choke each other as on the machines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from songloom.band.effects import Wave, pan, saturate
from songloom.band.fluid import LineNote

Hit = NDArray[np.float64]
KITS = ("kit-808", "kit-909", "kit-linn", "kit-chip")

_DRUM_OF_KEY = {
    35: "kick", 36: "kick", 37: "rim", 38: "snare", 39: "clap", 40: "snare", 41: "low tom", 43: "low tom",
    45: "mid tom", 47: "mid tom", 48: "high tom", 50: "high tom", 42: "hat", 44: "hat", 46: "open hat",
    49: "crash", 57: "crash", 52: "crash", 55: "crash", 51: "ride", 59: "ride", 53: "bell", 54: "tambourine",
    56: "cowbell", 60: "high conga", 61: "low conga", 62: "high conga", 63: "high conga", 64: "low conga",
    65: "high conga", 66: "low conga", 67: "bell", 68: "bell", 69: "shaker", 70: "shaker", 82: "shaker",
    75: "clave", 76: "clave", 77: "rim", 80: "bell", 81: "bell",
}  # fmt: skip
_PANS = {"hat": 0.15, "open hat": 0.15, "crash": -0.3, "ride": 0.3, "low tom": 0.35, "high tom": -0.3,
         "cowbell": 0.25, "shaker": -0.35, "tambourine": 0.35, "high conga": -0.4, "low conga": 0.4,
         "clave": 0.3}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Machine:
    """The knobs of a kit. Frequencies in Hz, decays in seconds; `cymbals` their level, `grit` dB of
    saturation."""

    kick_pitch: float
    kick_drop: float
    kick_decay: float
    kick_click: float
    snare_pitch: float
    snare_decay: float
    snare_noise: float
    hat_pitch: float
    hat_decay: float
    open_decay: float
    cymbals: float
    grit: float


Voice = Callable[[Machine, int, np.random.Generator], Hit]

_MACHINES = {
    "kit-808": Machine(48.0, 90.0, 0.75, 0.15, 185.0, 0.16, 0.75, 7500.0, 0.045, 0.40, 1.7, 2.0),
    "kit-909": Machine(52.0, 240.0, 0.32, 0.55, 200.0, 0.17, 1.0, 8200.0, 0.055, 0.32, 1.2, 5.0),
    "kit-linn": Machine(62.0, 160.0, 0.20, 0.45, 190.0, 0.20, 1.1, 6800.0, 0.07, 0.35, 1.1, 4.0),
    "kit-chip": Machine(70.0, 300.0, 0.14, 0.0, 220.0, 0.14, 1.0, 9000.0, 0.035, 0.20, 1.0, 0.0),
}


def drum_of_key(key: int) -> str:
    """What a General MIDI percussion key is; unknown keys are shakers above 68 and rims below."""
    return _DRUM_OF_KEY.get(key, "shaker" if key > 68 else "rim")


def play_kit(engine: str, notes: Sequence[LineNote], samples: int, sample_rate: int, rng: np.random.Generator) -> Wave:
    """A drum part on one machine, float32 [2, samples]."""
    machine = _tuned(_MACHINES[engine], rng)
    chip = engine == "kit-chip"
    hits: dict[tuple[str, int], Wave] = {}
    out = np.zeros((2, samples), np.float32)
    ordered = sorted(notes, key=lambda note: note.start)
    closing = [note.start for note in ordered if drum_of_key(note.pitch) in ("hat", "open hat")]
    take = 0
    for note in ordered:
        drum = drum_of_key(note.pitch)
        take = (take + 1) % 3 if drum in ("hat", "snare", "shaker") else 0
        if (drum, take) not in hits:
            hits[drum, take] = _placed(drum, machine, sample_rate, rng, chip)
        hit = hits[drum, take]
        start = max(0, int(note.start * sample_rate))
        count = min(hit.shape[-1], samples - start)
        if drum == "open hat":
            count = min(count, _until_next(closing, note.start, sample_rate))
        if count > 8:
            sound = hit[:, :count] * np.float32((note.velocity / 112.0) ** 1.5)
            fade = min(count, int(0.004 * sample_rate))
            sound[:, count - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
            out[:, start : start + count] += sound
    return saturate(out, machine.grit) if machine.grit else out


def _until_next(starts: Sequence[float], start: float, sample_rate: int) -> int:
    later = [other for other in starts if other > start + 0.01]
    return int((later[0] - start) * sample_rate) if later else 10**9


def _tuned(machine: Machine, rng: np.random.Generator) -> Machine:
    """The same machine with other knob positions."""
    spread = {name: rng.uniform(0.88, 1.14) for name in machine.__dataclass_fields__}
    return Machine(**{name: getattr(machine, name) * factor for name, factor in spread.items()})


def _placed(drum: str, machine: Machine, sample_rate: int, rng: np.random.Generator, chip: bool) -> Wave:
    hit = (
        _CHIP_VOICES.get(drum, _chip_noise)(machine, sample_rate, rng)
        if chip
        else _VOICES[drum](machine, sample_rate, rng)
    )
    wave = np.stack([hit, hit]).astype(np.float32)
    return wave if chip else pan(wave, _PANS.get(drum, 0.0))


def _time(seconds: float, sample_rate: int) -> NDArray[np.float64]:
    return np.arange(int(seconds * sample_rate)) / sample_rate


def _noise(time: NDArray[np.float64], low: float, high: float, sample_rate: int, rng: np.random.Generator) -> Hit:
    band = (low, min(high, 0.47 * sample_rate))
    sections = signal.butter(2, band, "bandpass", fs=sample_rate, output="sos")
    return np.asarray(signal.sosfilt(sections, rng.standard_normal(len(time))))


def _kick(machine: Machine, sample_rate: int, rng: np.random.Generator) -> Hit:
    time = _time(machine.kick_decay * 2.2, sample_rate)
    frequency = machine.kick_pitch + machine.kick_drop * np.exp(-time / 0.018) + 600.0 * np.exp(-time / 0.003)
    body = np.sin(2 * np.pi * np.cumsum(frequency) / sample_rate) * np.exp(-time / (machine.kick_decay / 2.4))
    click = machine.kick_click * _noise(time, 1500.0, 9000.0, sample_rate, rng) * np.exp(-time / 0.004)
    return np.tanh(1.5 * body) * np.minimum(1.0, time / 0.0008) + click


def _snare(machine: Machine, sample_rate: int, rng: np.random.Generator) -> Hit:
    time = _time(machine.snare_decay * 3.0, sample_rate)
    bend = 1.0 + 0.4 * np.exp(-time / 0.012)
    phase = 2 * np.pi * machine.snare_pitch * np.cumsum(bend) / sample_rate
    body = (np.sin(phase) + 0.5 * np.sin(1.78 * phase)) * np.exp(-time / 0.06)
    rattle = _noise(time, 900.0, 9500.0, sample_rate, rng) * np.exp(-time / (0.55 * machine.snare_decay))
    return 0.55 * body + 0.75 * machine.snare_noise * rattle


def _clap(_machine: Machine, sample_rate: int, rng: np.random.Generator) -> Hit:
    time = _time(0.35, sample_rate)
    burst = sum(np.exp(-np.maximum(time - at, 0.0) / 0.006) * (time >= at) for at in (0.0, 0.011, 0.023))
    tail = 0.6 * np.exp(-np.maximum(time - 0.03, 0.0) / 0.07) * (time >= 0.03)
    return 0.95 * _noise(time, 750.0, 3200.0, sample_rate, rng) * (burst + tail)


def _rim(_machine: Machine, sample_rate: int, rng: np.random.Generator) -> Hit:
    time = _time(0.08, sample_rate)
    tone = np.sin(2 * np.pi * 1680.0 * time) + 0.6 * np.sin(2 * np.pi * 470.0 * time)
    return 0.5 * tone * np.exp(-time / 0.012) + 0.2 * _noise(time, 2000, 8000, sample_rate, rng) * np.exp(-time / 0.004)


def _metal(time: NDArray[np.float64], pitch: float) -> Hit:
    """Six square waves at the machines' inharmonic ratios."""
    ratios = (2.0, 3.0, 4.16, 5.43, 6.79, 8.21)
    base = pitch / 26.0
    return np.asarray(sum(np.sign(np.sin(2 * np.pi * base * ratio * time + ratio)) for ratio in ratios)) / 6.0


def _cymbal(pitch: float, decay: float, level: float, sample_rate: int, rng: np.random.Generator, low: float) -> Hit:
    time = _time(decay * 3.2, sample_rate)
    edge = signal.butter(3, low, "highpass", fs=sample_rate, output="sos")
    source = signal.sosfilt(edge, 0.7 * _metal(time, pitch) + 0.45 * rng.standard_normal(len(time)))
    return np.asarray(level * source * np.exp(-time / (decay / 1.4)) * np.minimum(1.0, time / 0.001))


def _hat(machine: Machine, sample_rate: int, rng: np.random.Generator) -> Hit:
    return _cymbal(machine.hat_pitch, machine.hat_decay, 0.42 * machine.cymbals, sample_rate, rng, 6500.0)


def _open_hat(machine: Machine, sample_rate: int, rng: np.random.Generator) -> Hit:
    return _cymbal(machine.hat_pitch, machine.open_decay, 0.40 * machine.cymbals, sample_rate, rng, 6000.0)


def _crash(machine: Machine, sample_rate: int, rng: np.random.Generator) -> Hit:
    return _cymbal(machine.hat_pitch * 0.8, 1.1, 0.5 * machine.cymbals, sample_rate, rng, 3200.0)


def _ride(machine: Machine, sample_rate: int, rng: np.random.Generator) -> Hit:
    return _cymbal(machine.hat_pitch * 0.9, 0.5, 0.3, sample_rate, rng, 4800.0)


def _shaker(_machine: Machine, sample_rate: int, rng: np.random.Generator) -> Hit:
    time = _time(0.09, sample_rate)
    return 0.3 * _noise(time, 4500, 11000, sample_rate, rng) * np.minimum(1, time / 0.015) * np.exp(-time / 0.022)


def _tambourine(_machine: Machine, sample_rate: int, rng: np.random.Generator) -> Hit:
    return _cymbal(9500.0, 0.12, 0.35, sample_rate, rng, 7000.0)


def _cowbell(_machine: Machine, sample_rate: int, _rng: np.random.Generator) -> Hit:
    time = _time(0.4, sample_rate)
    tone = np.sign(np.sin(2 * np.pi * 540.0 * time)) + np.sign(np.sin(2 * np.pi * 800.0 * time))
    band = signal.butter(2, (500.0, 3500.0), "bandpass", fs=sample_rate, output="sos")
    return np.asarray(0.35 * signal.sosfilt(band, tone) * (0.6 * np.exp(-time / 0.015) + 0.4 * np.exp(-time / 0.09)))


def _bell(_machine: Machine, sample_rate: int, _rng: np.random.Generator) -> Hit:
    time = _time(0.6, sample_rate)
    return 0.25 * (np.sin(2 * np.pi * 2100.0 * time) + np.sin(2 * np.pi * 5300.0 * time)) * np.exp(-time / 0.14)


def _clave(_machine: Machine, sample_rate: int, _rng: np.random.Generator) -> Hit:
    time = _time(0.07, sample_rate)
    return 0.6 * np.sin(2 * np.pi * 2450.0 * time) * np.exp(-time / 0.014)


def _drum_tone(pitch: float, decay: float, sample_rate: int) -> Hit:
    time = _time(decay * 3.0, sample_rate)
    bend = pitch * (1.0 + 0.6 * np.exp(-time / 0.03))
    return 0.8 * np.sin(2 * np.pi * np.cumsum(bend) / sample_rate) * np.exp(-time / (decay / 1.6))


def _tom(pitch: float, decay: float = 0.28) -> Voice:
    def voice(_machine: Machine, sample_rate: int, _rng: np.random.Generator) -> Hit:
        return _drum_tone(pitch, decay, sample_rate)

    return voice


_VOICES: dict[str, Voice] = {
    "kick": _kick, "snare": _snare, "clap": _clap, "rim": _rim, "hat": _hat, "open hat": _open_hat,
    "crash": _crash, "ride": _ride, "bell": _bell, "tambourine": _tambourine, "cowbell": _cowbell,
    "shaker": _shaker, "clave": _clave, "low tom": _tom(82.0), "mid tom": _tom(118.0), "high tom": _tom(165.0),
    "low conga": _tom(190.0, 0.16), "high conga": _tom(290.0, 0.12),
}  # fmt: skip


def _chip_noise(machine: Machine, sample_rate: int, rng: np.random.Generator) -> Hit:
    return _held_noise(0.10, 2, machine.hat_decay * 0.6, sample_rate, rng) * 0.45


def _held_noise(seconds: float, hold: int, decay: float, sample_rate: int, rng: np.random.Generator) -> Hit:
    """One-bit noise at a fraction of the rate, as a shift register makes it."""
    time = _time(seconds, sample_rate)
    bits = rng.choice([-1.0, 1.0], len(time) // hold + 1)
    return np.repeat(bits, hold)[: len(time)] * np.exp(-time / decay)


def _chip_kick(machine: Machine, sample_rate: int, _rng: np.random.Generator) -> Hit:
    time = _time(0.16, sample_rate)
    phase = np.cumsum(machine.kick_pitch * 0.8 + machine.kick_drop * np.exp(-time / 0.025)) / sample_rate
    triangle = 2.0 * np.abs(2.0 * (phase % 1.0) - 1.0) - 1.0
    return np.round(triangle * 8.0) / 8.0 * np.exp(-time / 0.09)


def _chip_snare(_machine: Machine, sample_rate: int, rng: np.random.Generator) -> Hit:
    return 0.7 * _held_noise(0.2, 5, 0.06, sample_rate, rng)


def _chip_open(_machine: Machine, sample_rate: int, rng: np.random.Generator) -> Hit:
    return 0.4 * _held_noise(0.3, 2, 0.09, sample_rate, rng)


_CHIP_VOICES: dict[str, Voice] = {"kick": _chip_kick, "snare": _chip_snare, "clap": _chip_snare, "open hat": _chip_open,
                "crash": _chip_open, "low tom": _chip_kick, "mid tom": _chip_kick, "high tom": _chip_kick}  # fmt: skip
