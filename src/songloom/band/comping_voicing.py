"""The chords of a progression as voicings, led from one to the next."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from songloom.band.changes import Changes
from songloom.band.piece import Chord, Meter, Section
from songloom.band.theory import QUALITIES, voice

_BASS_REGISTER = 12


@dataclass(frozen=True, slots=True)
class Comp:
    """What an accompaniment is asked for; `low`..`high` are MIDI pitches."""

    changes: Changes
    sections: Sequence[Section]
    meter: Meter
    rng: random.Random
    low: int
    high: int

    @property
    def beats(self) -> int:
        return sum(section.bars for section in self.sections) * self.meter.beats

    def energy(self, time: float) -> float:
        bar = int(time / self.meter.beats + 1e-6)
        for section in self.sections:
            if bar < section.bars:
                return section.energy
            bar -= section.bars
        return self.sections[-1].energy

    def velocity(self, time: float, extra: int = 0) -> int:
        """Loudness from the section's energy and the place in the bar."""
        beat = time % self.meter.beats
        accent = 6 if beat < 0.01 else 2 if abs(beat - round(beat)) < 0.01 else -3
        return min(127, max(1, round(58 + 38 * self.energy(time) + accent + extra)))

    def clipped(self, pitch: int) -> int:
        """The pitch moved by octaves into the range."""
        while pitch > self.high and pitch - 12 >= self.low:
            pitch -= 12
        while pitch < self.low and pitch + 12 <= self.high:
            pitch += 12
        return min(self.high, max(self.low, pitch))

    def bass(self, chord: Chord) -> int:
        """The chord's bass note in the lowest octave of the range."""
        return self.clipped(self.low + (chord.bass - self.low) % 12)

    def fifth(self, chord: Chord) -> int:
        """The alternate bass: the fifth below the bass note, or above it at the end of the range."""
        size = next((size for size in (7, 6, 8) if size in QUALITIES[chord.quality]), 7)
        pitch = self.low + (chord.root + size - self.low) % 12
        below = pitch - 12
        return below if pitch > self.bass(chord) and below >= self.low else self.clipped(pitch)

    def voicings(self, count: int, bottom: int = 0, top: int = 127) -> list[tuple[int, ...]]:
        """`count` voices of every chord between `bottom` and `top` semitones above the low end, each led from
        the one before; the range grows to an octave where less is left."""
        low = min(self.low + bottom, max(self.low, self.high - 12))
        high = min(self.high, max(low + 12, self.low + top))
        led: list[tuple[int, ...]] = []
        for chord in self.changes.chords:
            previous = led[-1] if led else None
            led.append(voice(chord, previous, low, high, count) or (self.bass(chord),))
        return led

    def grips(self, top: int) -> list[tuple[int, ...]]:
        """Power chords: root, fifth and octave from the low end; a slash bass is left to the bass."""
        grips: list[tuple[int, ...]] = []
        for chord in self.changes.chords:
            root = self.clipped(self.low + (chord.root - self.low) % 12)
            fifth = 6 if {7, 6} & set(QUALITIES[chord.quality]) == {6} else 7
            reach = (root, root + fifth, root + 12)
            grips.append(tuple(pitch for pitch in reach if pitch <= min(self.high, self.low + top)) or (root,))
        return grips


def bass_room(low: int, high: int) -> int:
    """How far above the low end the voices begin when the bass note has the lowest octave."""
    return _BASS_REGISTER if high - low >= 2 * _BASS_REGISTER else max(0, (high - low) // 3)
