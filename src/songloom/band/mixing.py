"""From raw parts to the mix before the bus: levels, filters, echoes, ducking, panning and reverbs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from songloom.band.compressors import apply_gain, compress, ducking, envelope, hop_length
from songloom.band.effects import Wave, decibels, delay, high_pass, low_pass, pan, width
from songloom.band.piece import Part, Piece
from songloom.band.production import Production, role_gain
from songloom.band.reverbs import reverberate
from songloom.band.sounds import SOUNDS
from songloom.band.sources import seconds_of

_REFERENCE_DB = -20.0
_KICKS = (35, 36)
_LOW_CUT = 120.0
_FULL_RANGE = ("bass", "drums")
_WET_ROLES = {"melody": 0.0, "counter": 1.0, "chords": -1.0, "pad": 2.0, "arpeggio": 1.0, "bass": -16.0,
              "percussion": 0.0}  # fmt: skip
_DUCKED = {"pad": 1.0, "chords": 1.0, "arpeggio": 0.8, "bass": 0.7, "melody": 0.5, "counter": 0.7}
# What an ear hears louder or softer than its RMS says, in dB.
_TRIMS = {"sub bass": -3.0, "808 bass": -2.0, "chip triangle": -1.5, "tin whistle": -2.5, "glockenspiel": -3.0,
          "celesta": -1.0, "banjo": -1.0, "supersaw": -1.0, "acid bass": -1.0}  # fmt: skip
_SWEPT_FAMILIES = ("synth",)
_SWEEP_STEP = 0.05


def mix_parts(
    piece: Piece, production: Production, waves: Sequence[Wave], sample_rate: int, *, keep_parts: bool
) -> tuple[Wave, list[Wave]]:
    """The mix before the bus [2, T] and, if asked for, the finished parts [2, T] that add up to it."""
    samples = waves[0].shape[-1]
    kicks = _kick_times(piece)
    recovery = min(0.42, 0.85 * 60.0 / piece.tempo)
    dry = []
    for part, wave in zip(piece.parts, waves, strict=True):
        shaped = _chain(piece, part, wave, production, sample_rate)
        depth = production.duck * _DUCKED.get(part.role, 0.0)
        if depth > 0.3 and kicks:
            shaped = apply_gain(shaped, ducking(kicks, samples, sample_rate, depth, recovery), hop_length(sample_rate))
        if production.sweeps and SOUNDS[part.sound].family in _SWEPT_FAMILIES:
            shaped = _sweep(piece, shaped, sample_rate)
        dry.append(shaped)
    if keep_parts:
        finished = [
            _assemble(piece, production, [part], [w], sample_rate) for part, w in zip(piece.parts, dry, strict=True)
        ]
        return np.sum(finished, axis=0, dtype=np.float32), finished
    return _assemble(piece, production, piece.parts, dry, sample_rate), []


def _chain(piece: Piece, part: Part, wave: Wave, production: Production, sample_rate: int) -> Wave:
    """Level, drum compression, echo and place of one part."""
    level = _active_level(wave, sample_rate, drums=part.role in ("drums", "percussion"))
    if level <= 1e-6:
        return np.zeros_like(wave)
    gain = decibels(_REFERENCE_DB + role_gain(production, part.role) + _TRIMS.get(part.sound, 0.0) + part.level) / level
    wave = wave * np.float32(gain)
    if part.role == "drums" and production.punch > 0.5:
        crushed = compress(wave, sample_rate, -30.0, 6.0, 0.002, 0.08)
        wave = wave + crushed * np.float32(decibels(production.punch) - 1.0)
    if part.role == "bass":
        wave = compress(width(wave, 0.2), sample_rate, -24.0, 3.0)
    if production.echo > -28.0 and production.echo_beats and part.role in production.echo_roles:
        seconds = production.echo_beats * 60.0 / piece.tempo
        wave = wave + np.float32(decibels(production.echo + 6.0)) * delay(
            wave, seconds, production.feedback, sample_rate
        )
    return pan(wave, part.pan) if part.pan else wave


def _active_level(wave: Wave, sample_rate: int, *, drums: bool) -> float:
    """RMS of the frames that sound (drums: of their loudest), with presence counted a little more."""
    frames = envelope(wave, max(1, int(0.05 * sample_rate)))
    loud = float(np.quantile(frames, 0.97))
    if loud <= 1e-7:
        loud = float(frames.max(initial=0.0))
    active = frames[frames > (0.7 if drums else 0.12) * loud]
    return float(np.sqrt((active**2).mean())) if len(active) else 0.0


def _kick_times(piece: Piece) -> list[float]:
    return [
        note.start
        for part in piece.parts
        if part.role == "drums"
        for note in seconds_of(piece, part)
        if note.pitch in _KICKS
    ]


def _assemble(
    piece: Piece, production: Production, parts: Sequence[Part], waves: Sequence[Wave], sample_rate: int
) -> Wave:
    """Sum some of the parts with a common low cut for the middle voices and the returns of both spaces.

    Linear in the parts, so that finished parts add up to the mix.
    """
    whole, middle, send, drums = (np.zeros_like(waves[0]) for _ in range(4))
    scaled = np.empty_like(waves[0])
    for part, wave in zip(parts, waves, strict=True):
        if part.role in _FULL_RANGE or len(piece.parts) < 3:
            whole += wave
        else:
            middle += wave
        if part.role == "drums":
            drums += wave
        else:
            send += np.multiply(wave, np.float32(decibels(_WET_ROLES.get(part.role, 0.0))), out=scaled)
    sends = []
    if any(part.role != "drums" for part in parts):
        sends.append((send, production.space, production.wet))
    if any(part.role == "drums" for part in parts):
        sends.append((drums, production.drum_space, production.drum_wet))
    if middle.any():
        whole += high_pass(middle, _LOW_CUT, sample_rate)
    whole += reverberate(sends, sample_rate, piece.seed % 4)
    return whole


def _sweep(piece: Piece, wave: Wave, sample_rate: int) -> Wave:
    """A low-pass that opens over quiet sections towards louder ones, as a cross-fade with a dark copy."""
    hop = max(1, int(_SWEEP_STEP * sample_rate))
    opening = _opening_curve(piece, wave.shape[-1] // hop + 2, hop / sample_rate)
    if float(opening.min()) > 0.98:
        return wave
    dark = low_pass(wave, 500.0, sample_rate)
    return dark + apply_gain(wave - dark, opening, hop)


def _opening_curve(piece: Piece, steps: int, step_seconds: float) -> NDArray[np.float64]:
    """0 closed .. 1 open: sections of less energy start closed and open to their end."""
    times = np.arange(steps) * step_seconds
    opening = np.ones(len(times))
    bar = piece.meter.beats * 60.0 / piece.tempo
    sections = piece.sections
    for section, following in pairwise(sections):
        if following.energy > section.energy + 0.1:
            start, end = section.start_bar * bar, (section.start_bar + section.bars) * bar
            inside = (times >= start) & (times < end)
            progress = (times[inside] - start) / max(end - start, 1e-6)
            opening[inside] = np.maximum(0.15 + 0.85 * progress**2, section.energy * 0.5)
    return opening
