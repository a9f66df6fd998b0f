"""The band's score: a composed piece as plain data, before any sound.

Everything that listens, renders or captions a piece reads these classes and nothing else. Time is in
beats (the tempo's unit; in 6/8 a beat is the dotted quarter and a bar has two); beat 0 is the first
downbeat and the piece begins exactly there. Tempo is constant within a piece.
"""

from __future__ import annotations

from dataclasses import dataclass

PITCH_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One played note, humanised: `start` and `length` in beats, `pitch` 0..127 (MIDI; a General MIDI
    drum key for drums), `velocity` 1..127."""

    start: float
    length: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord of the progression: `start` and `length` in beats, `root` and `bass` as pitch classes
    0..11, `quality` a key of `theory.QUALITIES` ("maj", "min7", "dom7", "sus4", ...)."""

    start: float
    length: float
    root: int
    quality: str
    bass: int


@dataclass(frozen=True, slots=True)
class Section:
    """A formal section ("intro", "A", "B", "chorus", "bridge", "outro", ...): bars from `start_bar`;
    `energy` 0..1 is how full the arrangement plays."""

    name: str
    start_bar: int
    bars: int
    energy: float


@dataclass(frozen=True, slots=True)
class Part:
    """One player: `role` is one of ROLES, `sound` a name in `band.sounds.SOUNDS`, `level` in dB relative
    to the style's balance, `pan` -1 (left) .. 1 (right)."""

    name: str
    role: str
    sound: str
    notes: tuple[Note, ...]
    level: float = 0.0
    pan: float = 0.0


ROLES = ("melody", "counter", "chords", "pad", "arpeggio", "bass", "drums", "percussion")


@dataclass(frozen=True, slots=True)
class Meter:
    """`beats` per bar and `division`, the subdivisions of a beat: 2 = simple, 3 = compound (6/8)."""

    name: str
    beats: int
    division: int = 2


METERS = {
    "4/4": Meter("4/4", 4),
    "3/4": Meter("3/4", 3),
    "6/8": Meter("6/8", 2, 3),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A whole composition. `tempo` in beats per minute; `tonic` 0..11 and `mode` a key of `theory.MODES`
    ("major", "minor", "dorian", "mixolydian", "lydian", "phrygian", "harmonic minor", ...); `swing` 0..1
    (0 straight, 1 full triplet; already applied to the notes); `brightness` and `intensity` 0..1 are what
    the mood asks of the sound and the loudness."""

    seed: int
    style: str
    mood: str
    tempo: float
    meter: Meter
    tonic: int
    mode: str
    swing: float
    sections: tuple[Section, ...]
    chords: tuple[Chord, ...]
    parts: tuple[Part, ...]
    brightness: float = 0.5
    intensity: float = 0.5

    @property
    def bars(self) -> int:
        return sum(section.bars for section in self.sections)

    @property
    def beats(self) -> int:
        return self.bars * self.meter.beats

    @property
    def seconds(self) -> float:
        """Musical length in seconds, without the tail of the last notes."""
        return self.beats * 60.0 / self.tempo

    @property
    def key(self) -> str:
        """The key as text, such as "A minor" or "Eb mixolydian"."""
        return f"{PITCH_NAMES[self.tonic]} {self.mode}"

    @property
    def has_drums(self) -> bool:
        return any(part.role == "drums" and part.notes for part in self.parts)
