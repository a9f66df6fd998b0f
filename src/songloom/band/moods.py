"""Moods: how each shifts the choice of mode, tempo, dynamics, register, density and sound of a piece."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mood:
    """`light` -1..1 favours dark or bright modes; `pace` 0..1 is the place in the style's tempo range;
    `loudness` scales velocities; `register` shifts melodies in semitones; `density` 0..1 is how busy parts
    are; `articulation` 0..1 is the share of melody notes that sounds; `energy` is added to every section's;
    `brightness` and `intensity` 0..1 go to the sound."""

    name: str
    light: float
    pace: float
    loudness: float
    register: int
    density: float
    articulation: float
    energy: float
    brightness: float
    intensity: float


MOODS: dict[str, Mood] = {
    mood.name: mood
    for mood in (
        Mood("happy", 0.9, 0.65, 1.02, 4, 0.60, 0.85, 0.05, 0.80, 0.55),
        Mood("sad", -0.9, 0.10, 0.76, -4, 0.20, 1.00, -0.14, 0.25, 0.20),
        Mood("calm", 0.4, 0.12, 0.68, 0, 0.15, 1.00, -0.18, 0.35, 0.10),
        Mood("energetic", 0.2, 0.92, 1.12, 2, 0.90, 0.80, 0.18, 0.85, 0.85),
        Mood("dark", -1.0, 0.35, 0.98, -7, 0.35, 1.00, 0.00, 0.05, 0.60),
        Mood("romantic", 0.4, 0.22, 0.86, 0, 0.45, 1.00, -0.05, 0.50, 0.35),
        Mood("epic", -0.3, 0.50, 1.18, 2, 0.45, 1.00, 0.20, 0.65, 0.95),
        Mood("dreamy", 0.6, 0.22, 0.74, 7, 0.25, 1.00, -0.12, 0.60, 0.20),
        Mood("tense", -0.8, 0.70, 1.02, -2, 0.70, 0.65, 0.05, 0.40, 0.70),
        Mood("playful", 0.9, 0.70, 0.90, 7, 0.70, 0.50, 0.00, 0.80, 0.40),
        Mood("melancholic", -0.8, 0.20, 0.82, -3, 0.40, 1.00, -0.08, 0.35, 0.30),
        Mood("uplifting", 0.9, 0.60, 1.06, 4, 0.55, 0.95, 0.12, 0.80, 0.75),
        Mood("aggressive", -0.9, 0.88, 1.20, -4, 0.90, 0.75, 0.22, 0.65, 1.00),
        Mood("nostalgic", 0.1, 0.30, 0.84, 0, 0.40, 0.95, -0.05, 0.30, 0.35),
    )
}

PACE_DEVIATION = 0.15
"""How far tempi stray from a mood's pace, in ranges of the style's tempo."""

LIGHT_OF_MODE: dict[str, float] = {
    "lydian": 1.0,
    "major": 0.8,
    "mixolydian": 0.45,
    "dorian": -0.25,
    "melodic minor": -0.4,
    "minor": -0.7,
    "harmonic minor": -0.85,
    "phrygian": -1.0,
}


def mode_factor(mood: Mood, mode: str) -> float:
    """How much the mood multiplies a mode's weight: about 1/16 .. 16."""
    return float(16.0 ** (mood.light * LIGHT_OF_MODE[mode]))
