"""Rock, punk and metal."""

from __future__ import annotations

from songloom.band.styles.palettes import POP_MAJOR
from songloom.band.styles.style import Palette, Seat, Style

_ROCK_MIXOLYDIAN = Palette(
    "mixolydian",
    2,
    ("I5 | bVII5 | IV5 | I5", "I | bVII | IV | IV", "I5 | I5 | bVII5 | IV5"),
    ("bVII | IV | I | I", "IV | bVII | I | V"),
    "bVII",
)
_ROCK_MAJOR = Palette(
    "major",
    2,
    ("I5 | IV5 | V5 | IV5", "I | V | vi | IV", "I | IV | I | V", "I5 | vi5 | IV5 | V5"),
    ("IV | V | I | vi", "vi | IV | I | V"),
    "V",
)
_ROCK_MINOR = Palette(
    "minor",
    2,
    ("i5 | bVI5 | bVII5 | i5", "i5 | bIII5 | bVII5 | IV5", "i5 | i5 | bVI5 | bVII5", "i5 | bVII5 | bVI5 | V5"),
    ("bVI5 | bVII5 | i5 | i5", "bIII | bVII | iv | i"),
    "bVII5",
    "i5",
)
_ROCK_DORIAN = Palette(
    "dorian", 1, ("i5 | IV5 | i5 | bVII5", "i7 | IV | i7 | IV"), ("bIII5 | bVII5 | IV5 | i5",), "bVII5", "i5"
)
_METAL = (
    Palette(
        "phrygian",
        3,
        ("i5 | i5 | bII5 | i5", "i5 | bII5 | bIII5 | bII5", "i5 | i5 | bVI5 | bII5", "i5 | bII5 | i5 | bVII5"),
        ("bVI5 | bVII5 | i5 | bII5", "i5 | bVI5 | bIII5 | bII5"),
        "bII5",
        "i5",
    ),
    Palette(
        "minor",
        2.5,
        ("i5 | bVI5 | bVII5 | i5", "i5 | bVI5 | bIII5 | bVII5", "i5 | i5 | bVII5 | bVI5"),
        ("bVI5 | bVII5 | i5 | i5", "bVI5 | bIII5 | bVII5 | iv5"),
        "bVII5",
        "i5",
    ),
    Palette(
        "harmonic minor", 1.2, ("i5 | bVI5 | V5 | i5", "i5 | iv5 | V5 | V5"), ("bVI5 | iv5 | V5 | V5",), "V5", "i5"
    ),
)
_RHYTHM_GUITARS = (
    Seat("chords", ("crunch guitar", "distorted guitar"), ("power chords", "palm mute"), pan=-0.7, low=38, high=64),
    Seat(
        "chords",
        ("crunch guitar", "distorted guitar"),
        ("power chords",),
        pan=0.7,
        low=38,
        high=64,
        chance=0.7,
        enters=0.5,
    ),
)

STYLES = (
    Style(
        "rock",
        (92, 168),
        (_ROCK_MIXOLYDIAN, _ROCK_MAJOR, _ROCK_MINOR, _ROCK_DORIAN),
        (
            (
                *_RHYTHM_GUITARS,
                Seat("melody", ("lead guitar",), ("rock riff", "pop", "solo"), enters=0.4),
                Seat("bass", ("picked bass", "finger bass"), ("eighths", "root")),
                Seat("drums", ("power kit", "room kit"), ("rock", "rock half-time"), 0.0),
                Seat("pad", ("rock organ", "tonewheel organ"), ("pad",), -1.0, enters=0.6, chance=0.4),
            ),
            (
                Seat("chords", ("crunch guitar",), ("strum", "power chords"), pan=-0.5, low=40, high=67),
                Seat(
                    "chords",
                    ("clean guitar", "rock organ", "bright piano"),
                    ("broken", "block", "strum"),
                    0.0,
                    0.5,
                    low=50,
                    high=76,
                ),
                Seat("melody", ("lead guitar", "rock organ"), ("pop", "rock riff")),
                Seat("bass", ("picked bass", "finger bass"), ("eighths", "roots and fifths")),
                Seat("drums", ("power kit", "standard kit"), ("rock",), 0.0),
            ),
        ),
        {
            "energetic": 4,
            "aggressive": 2,
            "uplifting": 2,
            "epic": 1,
            "dark": 1,
            "happy": 1,
            "nostalgic": 1,
            "melancholic": 0.7,
        },
        {"4/4": 12.0, "6/8": 1.0},
        timing=0.01,
        touch=6.0,
        turns=0.25,
        ends=0.4,
    ),
    Style(
        "punk",
        (150, 200),
        (_ROCK_MAJOR, _ROCK_MINOR, POP_MAJOR),
        (
            (
                Seat("chords", ("distorted guitar", "crunch guitar"), ("punk eighths",), pan=-0.7, low=38, high=64),
                Seat(
                    "chords",
                    ("distorted guitar", "crunch guitar"),
                    ("punk eighths", "power chords"),
                    pan=0.7,
                    low=38,
                    high=64,
                ),
                Seat("bass", ("picked bass",), ("power eighths", "eighths"), 0.0),
                Seat("drums", ("power kit", "room kit"), ("punk",), 0.0),
                Seat("melody", ("lead guitar",), ("anthem", "rock riff", "pop"), 0.0, enters=0.5, chance=0.85),
            ),
        ),
        {"energetic": 5, "aggressive": 4, "happy": 1, "uplifting": 1, "playful": 1},
        timing=0.012,
        touch=5.0,
        turns=0.2,
        ends=0.4,
    ),
    Style(
        "metal",
        (96, 190),
        _METAL,
        (
            (
                Seat("chords", ("distorted guitar",), ("palm mute",), 2.0, -0.8, low=36, high=60),
                Seat("chords", ("distorted guitar",), ("palm mute", "power chords"), 2.0, 0.8, low=36, high=60),
                Seat("bass", ("picked bass",), ("power eighths", "eighths")),
                Seat("drums", ("power kit",), ("metal", "double-kick"), 0.0),
                Seat("melody", ("lead guitar", "distorted guitar"), ("rock riff", "solo"), 0.0, enters=0.75),
            ),
            (
                Seat("chords", ("distorted guitar",), ("power chords", "palm mute"), 2.0, -0.8, low=36, high=60),
                Seat("chords", ("distorted guitar",), ("power chords", "tremolo"), 1.0, 0.8, low=40, high=67),
                Seat("bass", ("picked bass",), ("power eighths", "root")),
                Seat("drums", ("power kit",), ("double-kick", "metal", "rock half-time"), 0.0),
                Seat("melody", ("lead guitar",), ("solo", "anthem"), 0.0, enters=0.75, chance=0.8),
                Seat("pad", ("choir", "slow strings"), ("pad",), -1.0, enters=0.75, chance=0.3),
            ),
        ),
        {"aggressive": 6, "dark": 4, "epic": 2, "tense": 2, "energetic": 2},
        timing=0.005,
        touch=4.0,
        forms=("song", "groove"),
        turns=0.15,
        ends=0.4,
    ),
)
