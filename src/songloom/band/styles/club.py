"""Dance styles: house, techno, trance, drum and bass, dubstep."""

from __future__ import annotations

from songloom.band.styles.palettes import DARK_BEATS, DEEP, TECHNO
from songloom.band.styles.style import Palette, Seat, Style

_TRANCE = (
    Palette(
        "minor",
        4,
        (
            "i | bVI | bIII | bVII",
            "bVI | bVII | i | i",
            "i | i | bVI | bVII",
            "i | iv | bVI | bVII",
            "i | v/3 | bVI | bVII",
        ),
        ("bVI | bVII | i | bIII", "bVI | bIII | bVII | i"),
        "bVII",
        "i",
    ),
    Palette("major", 1.5, ("I | V | vi | IV", "I | IV | vi | V"), ("IV | V | vi | I/3",), "V"),
    Palette("harmonic minor", 0.7, ("i | bVI | iv | V",), ("i | iv | bVI | V",), "V", "i"),
)

STYLES = (
    Style(
        "house",
        (118, 128),
        DEEP,
        (
            (
                Seat("drums", ("909 kit",), ("house",), 0.0),
                Seat("bass", ("synth bass", "sub bass"), ("house offbeat", "octaves", "funk syncopated"), 0.0),
                Seat(
                    "chords",
                    ("house stab", "bright piano", "electric piano"),
                    ("house chords", "stabs"),
                    low=52,
                    high=79,
                ),
                Seat("pad", ("warm pad", "string machine"), ("pad",), 0.0, enters=0.5),
                Seat(
                    "melody", ("pluck", "saw lead", "alto sax", "voice oohs"), ("hook",), -0.5, enters=0.6, chance=0.8
                ),
                Seat("percussion", ("hand percussion",), ("shaker", "salsa"), -1.0, chance=0.5),
            ),
            (
                Seat("drums", ("909 kit",), ("house",), 0.0),
                Seat("bass", ("synth bass", "sub bass"), ("house offbeat", "rolling"), 0.0),
                Seat("chords", ("grand piano", "tonewheel organ", "house stab"), ("house chords",), low=52, high=79),
                Seat("arpeggio", ("pluck", "fm bell"), ("plucks", "arpeggio sixteenth"), 0.0, enters=0.6, chance=0.6),
                Seat("pad", ("string machine", "airy pad"), ("pad",), 0.0, enters=0.45),
            ),
        ),
        {
            "energetic": 4,
            "happy": 3,
            "uplifting": 4,
            "calm": 0.7,
            "dreamy": 1.5,
            "dark": 1,
            "playful": 1,
            "nostalgic": 1,
        },
        swing=(0.0, 0.3),
        swing_level=4,
        timing=0.0,
        touch=3.0,
        forms=("club",),
        turns=0.0,
        ends=0.1,
    ),
    Style(
        "techno",
        (124, 142),
        TECHNO,
        (
            (
                Seat("drums", ("909 kit",), ("techno",), 0.0),
                Seat("bass", ("sub bass", "synth bass"), ("rolling", "house offbeat"), 0.0),
                Seat(
                    "arpeggio", ("acid bass",), ("arpeggio sixteenth",), 2.0, low=36, high=64, enters=0.45, chance=0.5
                ),
                Seat("chords", ("house stab", "poly synth"), ("stabs",), 0.0, enters=0.4, low=48, high=74),
                Seat("pad", ("airy pad", "warm pad"), ("drone", "pad"), -1.0, enters=0.3, chance=0.6),
                Seat("melody", ("pluck", "saw lead", "fm bell"), ("hook",), -1.5, enters=0.75, chance=0.4),
            ),
            (
                Seat("drums", ("909 kit", "808 kit"), ("techno",), 0.0),
                Seat("bass", ("acid bass",), ("acid",), 0.0, low=28, high=52),
                Seat("chords", ("house stab",), ("stabs",), 0.0, enters=0.6, low=48, high=72),
                Seat("pad", ("airy pad", "string machine"), ("drone",), -1.0, enters=0.5),
            ),
        ),
        {"dark": 5, "tense": 3, "energetic": 4, "aggressive": 2, "dreamy": 0.7},
        timing=0.0,
        touch=3.0,
        forms=("club",),
        turns=0.0,
        ends=0.05,
    ),
    Style(
        "trance",
        (130, 142),
        _TRANCE,
        (
            (
                Seat("drums", ("909 kit",), ("trance",), 0.0),
                Seat("bass", ("synth bass",), ("rolling", "house offbeat"), 0.0),
                Seat("melody", ("supersaw", "saw lead"), ("anthem", "hook"), enters=0.5),
                Seat("chords", ("supersaw",), ("trance gate", "supersaw chords"), 0.0, enters=0.5, low=52, high=79),
                Seat("arpeggio", ("pluck",), ("arpeggio sixteenth",), 1.0),
                Seat("pad", ("warm pad", "string machine", "airy pad"), ("pad",), 0.0),
            ),
        ),
        {"uplifting": 6, "energetic": 4, "epic": 3, "dreamy": 2, "melancholic": 1, "dark": 0.7},
        timing=0.0,
        touch=3.0,
        forms=("club",),
        turns=0.0,
        ends=0.1,
    ),
    Style(
        "drum and bass",
        (168, 178),
        DEEP,
        (
            (
                Seat("drums", ("break kit",), ("drum and bass",), 0.0),
                Seat("bass", ("reese bass", "sub bass"), ("reese",), 0.5),
                Seat("pad", ("airy pad", "warm pad", "string machine"), ("pad",), 1.0),
                Seat(
                    "melody",
                    ("saw lead", "fm bell", "pluck", "voice oohs"),
                    ("sparse", "hook"),
                    -1.0,
                    enters=0.5,
                    chance=0.8,
                ),
                Seat(
                    "chords",
                    ("electric piano", "house stab"),
                    ("stabs", "whole notes"),
                    -1.0,
                    enters=0.6,
                    chance=0.6,
                    low=50,
                    high=76,
                ),
            ),
        ),
        {"energetic": 5, "dark": 4, "aggressive": 2, "dreamy": 2, "tense": 2, "uplifting": 1},
        timing=0.003,
        touch=4.0,
        forms=("club",),
        turns=0.0,
        ends=0.1,
    ),
    Style(
        "dubstep",
        (138, 144),
        DARK_BEATS,
        (
            (
                Seat("drums", ("break kit", "909 kit"), ("rock half-time", "trap"), 0.0),
                Seat("bass", ("reese bass",), ("reese", "funk syncopated"), 1.0, enters=0.35),
                Seat("pad", ("airy pad", "warm pad"), ("pad",), 0.0),
                Seat(
                    "chords",
                    ("house stab", "supersaw"),
                    ("stabs", "supersaw chords"),
                    0.0,
                    enters=0.7,
                    low=50,
                    high=74,
                ),
                Seat(
                    "melody",
                    ("saw lead", "square lead", "fm bell"),
                    ("rap hook", "sparse"),
                    -1.0,
                    enters=0.4,
                    chance=0.85,
                ),
                Seat("arpeggio", ("pluck",), ("plucks",), -1.0, chance=0.5),
            ),
        ),
        {"aggressive": 5, "dark": 5, "energetic": 3, "tense": 2, "epic": 1},
        timing=0.0,
        touch=3.0,
        forms=("club",),
        turns=0.0,
        ends=0.1,
    ),
)
