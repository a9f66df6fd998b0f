"""Small hand-made pieces for the renderer's tests."""

from __future__ import annotations

from songloom.band.piece import METERS, Note, Part, Piece, Section
from songloom.band.sounds import SOUNDS

_ROLES = {"drums": "drums", "percussion": "percussion", "bass": "bass"}


def small_part(sound: str, name: str = "", role: str = "", bars: int = 2) -> Part:
    """Four notes a bar within the sound's range, or a plain beat for kits."""
    entry = SOUNDS[sound]
    role = role or _ROLES.get(entry.family, "melody")
    if entry.family == "drums" or entry.engine == "soundfont-drums":
        keys = (36, 42, 38, 42)
    else:
        middle = min(max(60 if role != "bass" else 36, entry.low), entry.high - 4)
        keys = (middle, middle + 4, middle + 2, middle)
    notes = [Note(float(beat), 0.9, keys[beat % 4], 80 + 10 * (beat % 3)) for beat in range(4 * bars)]
    return Part(name or sound, role, sound, tuple(notes))


def small_piece(*sounds: str, style: str = "pop", seed: int = 5, bars: int = 2, tempo: float = 120.0) -> Piece:
    """One part per sound, named after it."""
    parts = tuple(small_part(sound, bars=bars) for sound in sounds)
    sections = (Section("intro", 0, bars // 2, 0.3), Section("A", bars // 2, bars - bars // 2, 0.9))
    return Piece(
        seed, style, "happy", tempo, METERS["4/4"], 0, "major", 0.0, sections, (), parts, brightness=0.5, intensity=0.5
    )
