"""Pop, ballad and indie."""

from __future__ import annotations

from songloom.band.styles.palettes import POP_MAJOR, POP_MINOR
from songloom.band.styles.style import Palette, Seat, Style

_BALLAD = Palette(
    "major",
    3,
    (
        "I | V/3 | vi | IV",
        "I | iii | IV | V",
        "Imaj7 | vi7 | IVmaj7 | V7sus4",
        "I | V/3 | vi | I/5 | IV | I/3 | ii7 | V",
        "I | iii7 | vi7 | IV iv",
    ),
    ("IV | V | iii7 | vi", "vi | IV | I/3 | V", "IV | V/3 | vi I/5 | IV V"),
    "IV V",
    "I",
)
_INDIE = Palette(
    "major",
    3,
    ("Iadd9 | vi7 | IVmaj7 | IVmaj7", "I | IVmaj7 | I | IVmaj7", "IVmaj7 | I | vi7 | V", "I | iii7 | IVadd9 | iv"),
    ("vi7 | IV | I | V", "IV | V | iii | vi"),
    "IV",
)
_SONG_MOODS = {
    "happy": 2,
    "uplifting": 2,
    "romantic": 1.5,
    "nostalgic": 1.5,
    "sad": 1,
    "energetic": 2,
    "melancholic": 1,
    "dreamy": 1,
}

STYLES = (
    Style(
        "pop",
        (84, 132),
        (POP_MAJOR, POP_MINOR),
        (
            (
                Seat("melody", ("saw lead", "square lead", "voice oohs", "clean guitar"), ("pop", "hook")),
                Seat(
                    "chords",
                    ("grand piano", "bright piano", "electric piano"),
                    ("block", "ballad piano"),
                    0.0,
                    -0.2,
                    low=48,
                    high=72,
                ),
                Seat(
                    "chords",
                    ("steel guitar", "clean guitar"),
                    ("strum sixteenth", "strum"),
                    -1.0,
                    0.4,
                    enters=0.5,
                    chance=0.6,
                    low=48,
                    high=74,
                ),
                Seat("bass", ("finger bass", "synth bass"), ("eighths", "root", "motown")),
                Seat("drums", ("standard kit", "linn kit", "909 kit"), ("pop",), 0.0),
                Seat("pad", ("warm pad", "slow strings", "poly synth"), ("pad",), 0.0, enters=0.6),
                Seat("arpeggio", ("pluck", "fm bell"), ("plucks", "arpeggio up"), -1.0, enters=0.6, chance=0.5),
                Seat("percussion", ("hand percussion",), ("shaker",), -1.0, enters=0.6, chance=0.4),
            ),
        ),
        {**_SONG_MOODS, "happy": 4, "uplifting": 4, "energetic": 3, "playful": 2},
        timing=0.006,
        turns=0.2,
        ends=0.3,
    ),
    Style(
        "ballad",
        (50, 84),
        (_BALLAD, POP_MINOR),
        (
            (
                Seat(
                    "melody", ("voice oohs", "violin", "tenor sax", "oboe", "flute", "lead guitar"), ("singing", "soul")
                ),
                Seat("chords", ("grand piano", "electric piano"), ("ballad piano", "broken"), 1.0, low=43, high=69),
                Seat("pad", ("slow strings", "string ensemble", "warm pad"), ("pad",), 0.0, enters=0.5),
                Seat("bass", ("finger bass", "fretless bass"), ("root", "roots and fifths"), enters=0.4),
                Seat("drums", ("room kit", "standard kit"), ("ballad",), -1.0, enters=0.45),
                Seat(
                    "chords",
                    ("nylon guitar", "steel guitar"),
                    ("fingerpicked",),
                    -1.0,
                    0.4,
                    chance=0.4,
                    low=48,
                    high=72,
                ),
            ),
        ),
        {"romantic": 5, "sad": 4, "melancholic": 3, "nostalgic": 3, "calm": 2, "uplifting": 1.5, "dreamy": 1},
        {"4/4": 5.0, "6/8": 2.0, "3/4": 0.7},
        timing=0.015,
        touch=6.0,
        turns=0.5,
        ends=0.6,
    ),
    Style(
        "indie",
        (92, 150),
        (_INDIE, POP_MINOR, POP_MAJOR),
        (
            (
                Seat("melody", ("clean guitar", "glockenspiel", "square lead", "voice oohs"), ("pop", "hook"), pan=0.1),
                Seat("chords", ("clean guitar",), ("broken", "arpeggio up", "strum"), 1.0, -0.5, low=50, high=76),
                Seat(
                    "chords",
                    ("crunch guitar", "steel guitar"),
                    ("strum", "strum sixteenth"),
                    0.0,
                    0.5,
                    enters=0.5,
                    low=45,
                    high=70,
                ),
                Seat("bass", ("picked bass", "finger bass"), ("eighths",)),
                Seat("drums", ("room kit", "standard kit"), ("rock", "pop", "disco")),
                Seat("pad", ("string machine", "warm pad", "rock organ"), ("pad",), 0.0, enters=0.65, chance=0.6),
            ),
        ),
        {**_SONG_MOODS, "dreamy": 3, "nostalgic": 3, "melancholic": 2},
        timing=0.014,
        touch=6.0,
        turns=0.2,
        ends=0.4,
    ),
)
