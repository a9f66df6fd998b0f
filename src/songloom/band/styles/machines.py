"""Synthesiser and game-console styles: synthwave, chiptune, electro."""

from __future__ import annotations

from songloom.band.styles.palettes import SYNTHWAVE, TECHNO
from songloom.band.styles.style import Palette, Seat, Style

_CHIP = (
    Palette(
        "major",
        3,
        ("I | V | vi | IV", "I | bVII | IV | I", "I | vi | IV | V", "bVI | bVII | I | I", "I | II | IV | I"),
        ("IV | V | iii | vi", "vi | V | IV | V"),
        "V",
    ),
    Palette(
        "minor",
        2.5,
        ("i | bVII | bVI | V", "i | bVI | bIII | bVII", "i | iv | V | i"),
        ("bVI | bVII | i | i", "bIII | bVII | iv | V"),
        "V",
        "i",
    ),
    Palette("mixolydian", 1, ("I | bVII | IV | I",), ("IV | bVII | I | I",), "bVII"),
)

STYLES = (
    Style(
        "synthwave",
        (80, 118),
        SYNTHWAVE,
        (
            (
                Seat("drums", ("linn kit",), ("synthwave",), 0.0),
                Seat("bass", ("synth bass",), ("eighths", "octaves", "rolling"), 0.0),
                Seat("melody", ("saw lead", "square lead", "fm bell", "lead guitar"), ("anthem", "hook", "pop")),
                Seat("pad", ("string machine", "poly synth", "warm pad"), ("pad",), 1.0),
                Seat(
                    "arpeggio", ("pluck", "poly synth", "square lead"), ("arpeggio sixteenth", "arpeggio up"), 0.0, 0.3
                ),
                Seat(
                    "chords",
                    ("poly synth", "supersaw"),
                    ("stabs", "whole notes"),
                    -1.0,
                    -0.3,
                    enters=0.65,
                    chance=0.7,
                    low=50,
                    high=76,
                ),
            ),
        ),
        {
            "nostalgic": 5,
            "energetic": 3,
            "dreamy": 3,
            "dark": 2,
            "uplifting": 2,
            "epic": 1,
            "melancholic": 1,
            "romantic": 1,
        },
        timing=0.0,
        touch=3.0,
        forms=("song", "groove"),
        turns=0.0,
        ends=0.25,
    ),
    Style(
        "chiptune",
        (112, 180),
        _CHIP,
        (
            (
                Seat("melody", ("chip pulse",), ("chip", "hook", "pop")),
                Seat("arpeggio", ("chip pulse",), ("chip arpeggio",), 0.0, 0.2, low=52, high=88),
                Seat("bass", ("chip triangle",), ("chip", "octaves"), 0.0, low=36, high=60),
                Seat("drums", ("chip kit",), ("chiptune",)),
                Seat("counter", ("chip pulse",), ("thirds", "answers"), -0.5, -0.2, enters=0.6, chance=0.6),
            ),
        ),
        {"playful": 5, "happy": 4, "energetic": 4, "epic": 1, "tense": 1, "nostalgic": 2, "dark": 0.7},
        {"4/4": 8.0, "3/4": 1.0},
        timing=0.0,
        touch=1.5,
        forms=("song", "strophic"),
        turns=0.3,
        ends=0.3,
    ),
    Style(
        "electro",
        (110, 132),
        TECHNO + SYNTHWAVE[2:],
        (
            (
                Seat("drums", ("808 kit",), ("breakbeat", "trap"), 0.0),
                Seat("bass", ("synth bass", "acid bass"), ("funk syncopated", "octaves", "acid"), 0.0),
                Seat("melody", ("saw lead", "square lead"), ("funk riff", "hook"), 0.0, enters=0.45),
                Seat("chords", ("poly synth", "house stab"), ("stabs",), 0.0, low=50, high=76),
                Seat("arpeggio", ("pluck", "fm bell"), ("arpeggio sixteenth", "plucks"), 0.0, enters=0.55, chance=0.6),
                Seat("pad", ("string machine",), ("pad",), 0.0, enters=0.6, chance=0.6),
            ),
        ),
        {"energetic": 5, "playful": 3, "dark": 2, "tense": 1, "happy": 2, "aggressive": 1},
        timing=0.0,
        touch=3.0,
        forms=("groove", "club"),
        turns=0.0,
        ends=0.1,
    ),
)
