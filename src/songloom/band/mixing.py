"""From raw parts to the mix before the bus: levels, filters, echoes, ducking, panning and reverbs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from songloom.band.compressors import apply_gain, compress, ducking, envelope
from songloom.band.effects import Wave, decibels, delay, high_pass, low_pass, pan, width
from songloom.band.piece import Part, Piece
from songloom.band.production import Production, role_gain
from songloom.band.reverbs import reverberate
from songloom.band.sounds import SOUNDS
from songloom.band.sources import seconds_of

_REFERENCE_DB = -20.0
_KICKS = (35, 36)
_LOW_CUTS = {"melody": 130.0, "counter": 130.0, "chords": 110.0, "pad": 130.0, "arpeggio": 150.0, "percussion": 150.0}
_WET_ROLES = {"melody": 0.0, "counter": 1.0, "chords": -1.0, "pad": 2.0, "arpeggio": 1.0, "bass": -16.0,
              "percussion": 0.0}  # fmt: skip
_DUCKED = {"pad": 1.0, "chords": 1.0, "arpeggio": 0.8, "bass": 0.7, "melody": 0.5, "counter": 0.7}
_ELECTRONIC = ("synth",)


def mix_parts(
    piece: Piece, production: Production, waves: Sequence[Wave], sample_rate: int, *, keep_parts: bool
) -> tuple[Wave, list[Wave]]:
    """The mix before the bus [2, T] and, if asked for, the finished parts [2, T] that add up to it."""
    seconds = waves[0].shape[-1] / sample_rate
    kicks = _kick_times(piece)
    recovery = min(0.42, 0.85 * 60.0 / piece.tempo)
    dry = []
    for part, wave in zip(piece.parts, waves, strict=True):
        shaped = _chain(piece, part, wave, production, sample_rate)
        depth = production.duck * _DUCKED.get(part.role, 0.0)
        if depth > 0.3 and kicks:
            shaped = apply_gain(shaped, ducking(kicks, seconds, depth, recovery))
        if production.sweeps and SOUNDS[part.sound].family in _ELECTRONIC:
            shaped = _sweep(piece, shaped, sample_rate)
        dry.append(shaped)
    if keep_parts:
        parts = [wave + _reverbs(piece, production, [part], [wave], sample_rate) for part, wave in zip(piece.parts, dry, strict=True)]
        return np.sum(parts, axis=0, dtype=np.float32), parts
    total = _reverbs(piece, production, piece.parts, dry, sample_rate)
    for wave in dry:
        total += wave
    return total, []


def _chain(piece: Piece, part: Part, wave: Wave, production: Production, sample_rate: int) -> Wave:
    """Level, low cut, drum compression, echo and place of one part."""
    level = _active_level(wave, sample_rate, drums=part.role in ("drums", "percussion"))
    if level <= 1e-6:
        return np.zeros_like(wave)
    gain = decibels(_REFERENCE_DB + role_gain(production, part.role) + part.level) / level
    wave = wave * np.float32(gain)
    solo = len(piece.parts) < 3
    if part.role in _LOW_CUTS and not solo:
        wave = high_pass(wave, _LOW_CUTS[part.role], sample_rate)
    if part.role == "drums" and production.punch > 0.5:
        crushed = compress(wave, sample_rate, -30.0, 6.0, 0.002, 0.08)
        wave = wave + crushed * np.float32(decibels(production.punch) - 1.0)
    if part.role == "bass":
        wave = compress(width(wave, 0.2), sample_rate, -24.0, 3.0)
    if production.echo > -28.0 and production.echo_beats and part.role in production.echo_roles:
        seconds = production.echo_beats * 60.0 / piece.tempo
        wave = wave + np.float32(decibels(production.echo + 6.0)) * delay(wave, seconds, production.feedback, sample_rate)
    return pan(wave, part.pan) if part.pan else wave


def _active_level(wave: Wave, sample_rate: int, *, drums: bool) -> float:
    """RMS of the frames that sound (drums: of their loudest), with presence counted a little more."""
    step = 1 if wave.shape[-1] < 4 * sample_rate else 2
    frames = envelope(wave[:, : wave.shape[-1] // step * step], sample_rate, 0.05)
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


def _reverbs(
    piece: Piece, production: Production, parts: Sequence[Part], waves: Sequence[Wave], sample_rate: int
) -> Wave:
    """The returns of the main space and of the drum space for some of the parts."""
    send = np.zeros_like(waves[0])
    drums = np.zeros_like(waves[0])
    for part, wave in zip(parts, waves, strict=True):
        if part.role == "drums":
            drums += wave
        else:
            send += wave * np.float32(decibels(_WET_ROLES.get(part.role, 0.0)))
    variant = piece.seed % 4
    total = np.zeros_like(send)
    if any(part.role != "drums" for part in parts):
        total += np.float32(decibels(production.wet)) * reverberate(send, production.space, sample_rate, variant)
    if any(part.role == "drums" for part in parts):
        if production.drum_space == "gated":
            drums = high_pass(drums, 180.0, sample_rate)
        total += np.float32(decibels(production.drum_wet)) * reverberate(drums, production.drum_space, sample_rate, variant)
    return total


def _sweep(piece: Piece, wave: Wave, sample_rate: int) -> Wave:
    """A low-pass that opens over quiet sections towards louder ones, as a cross-fade with a dark copy."""
    opening = _opening_curve(piece, wave.shape[-1] / sample_rate)
    if float(opening.min()) > 0.98:
        return wave
    dark = low_pass(wave, 500.0, sample_rate)
    return dark + apply_gain(wave - dark, opening)


def _opening_curve(piece: Piece, seconds: float) -> NDArray[np.float64]:
    """0 closed .. 1 open on a 50 ms grid: sections of less energy start closed and open to their end."""
    times = np.arange(0.0, seconds, 0.05)
    opening = np.ones(len(times))
    bar = piece.meter.beats * 60.0 / piece.tempo
    sections = piece.sections
    for section, following in zip(sections[:-1], sections[1:], strict=True):
        if following.energy > section.energy + 0.1:
            start, end = section.start_bar * bar, (section.start_bar + section.bars) * bar
            inside = (times >= start) & (times < end)
            progress = (times[inside] - start) / max(end - start, 1e-6)
            opening[inside] = np.maximum(0.15 + 0.85 * progress**2, section.energy * 0.5)
    return opening


