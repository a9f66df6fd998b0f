"""Moods: how each shifts the choice of mode, tempo, dynamics, register, density and sound of a piece."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mood:
    """`light` -1..1 favours dark or bright modes; `pace` 0..1 is the place in the style's tempo range;
    `loudness` scales velocities; `register` shifts melodies in semitones; `density` 0..1 is how busy parts
    are; `energy` is added to every section's; `brightness` and `intensity` 0..1 go to the sound."""

    name: str
    light: float
    pace: float
    loudness: float
    register: int
    density: float
    energy: float
    brightness: float
    intensity: float


MOODS: dict[str, Mood] = {
    mood.name: mood
    for mood in (
        Mood("happy", 0.9, 0.60, 1.00, 2, 0.60, 0.05, 0.70, 0.55),
        Mood("sad", -0.9, 0.15, 0.84, -2, 0.30, -0.12, 0.30, 0.25),
        Mood("calm", 0.4, 0.15, 0.78, 0, 0.25, -0.15, 0.40, 0.15),
        Mood("energetic", 0.2, 0.85, 1.10, 1, 0.80, 0.15, 0.75, 0.85),
        Mood("dark", -1.0, 0.35, 0.98, -5, 0.40, 0.00, 0.15, 0.60),
        Mood("romantic", 0.3, 0.25, 0.86, 0, 0.40, -0.05, 0.50, 0.35),
        Mood("epic", -0.2, 0.55, 1.14, 1, 0.55, 0.18, 0.65, 0.95),
        Mood("dreamy", 0.5, 0.25, 0.80, 4, 0.35, -0.10, 0.55, 0.25),
        Mood("tense", -0.8, 0.65, 1.02, -1, 0.60, 0.05, 0.45, 0.70),
        Mood("playful", 0.8, 0.65, 0.92, 4, 0.65, 0.00, 0.70, 0.45),
        Mood("melancholic", -0.7, 0.25, 0.84, -2, 0.35, -0.08, 0.35, 0.30),
        Mood("uplifting", 0.8, 0.60, 1.02, 3, 0.60, 0.10, 0.75, 0.70),
        Mood("aggressive", -0.7, 0.80, 1.15, -3, 0.80, 0.20, 0.60, 1.00),
        Mood("nostalgic", 0.2, 0.30, 0.86, 0, 0.40, -0.05, 0.40, 0.35),
    )
}

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
    """How much the mood multiplies a mode's weight: about 1/6 .. 6."""
    return float(6.0 ** (mood.light * LIGHT_OF_MODE[mode]))
