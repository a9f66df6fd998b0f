"""Slow and hip-hop electronics: ambient, downtempo, trap, hip hop, lo-fi hip hop."""

from __future__ import annotations

from songloom.band.styles.palettes import DARK_BEATS, DEEP
from songloom.band.styles.style import Palette, Seat, Style

_AMBIENT = (
    Palette("lydian", 1.5, ("Imaj9 | Imaj9 | II/P | II/P", "Imaj7 | Imaj7 | vi9 | vi9"), (), "II/P", "Imaj9"),
    Palette(
        "major",
        2,
        ("Imaj9 | Imaj9 | IVmaj9 | IVmaj9", "Iadd9 | vi9 | IVmaj9 | IVmaj9", "Isus2 | IVadd9/P | Isus2 | V/P"),
        ("vi9 | IVmaj9 | Imaj9 | Imaj9",),
        "IVmaj9",
        "Imaj9",
    ),
    Palette(
        "minor",
        2,
        ("i9 | i9 | bVImaj7 | bVImaj7", "iadd9 | bVII/P | bVImaj7 | bVImaj7", "i9 | iv9 | i9 | bVII"),
        ("bVImaj7 | bVII | i9 | i9",),
        "bVII",
        "i9",
    ),
    Palette("dorian", 1.2, ("i11 | i11 | IV/P | IV/P", "i9 | i9 | bVIImaj7 | IV"), (), "IV/P", "i9"),
    Palette("phrygian", 0.5, ("i | i | bIImaj7/P | bIImaj7/P",), (), "bII/P", "i"),
)
_LOFI = (
    Palette(
        "major",
        3,
        (
            "ii9 | V13 | Imaj9 | vi9",
            "Imaj9 | vi9 | ii9 | V13",
            "IVmaj9 | iii7 | ii9 | Imaj9",
            "IVmaj7 | iv6 | iii7 | VI7b9",
            "Imaj7 | iii7 | vi7 | IVmaj7",
        ),
        ("IVmaj9 | V9 | iii7 | vi9", "vi9 | ii9 | IVmaj7 | V13"),
        "ii9 V13",
        "Imaj9",
    ),
    Palette(
        "minor",
        2.5,
        (
            "i9 | iv9 | bVII9 | bIIImaj9",
            "bVImaj7 | v7 | i9 | i9",
            "i9 | bVImaj9 | iv9 | v7",
            "iv9 | v7 | i9 | bIIImaj7",
        ),
        ("bVImaj9 | bVII9 | i9 | i9",),
        "v7",
        "i9",
    ),
    Palette("dorian", 1.5, ("i9 | IV9 | i9 | IV9", "i11 | IV13 | i9 | bIIImaj7"), (), "IV9", "i9"),
)
_BOOM_BAP = (
    Palette(
        "minor",
        3,
        ("i7 | i7 | bVImaj7 | v7", "i9 | iv7 | i9 | iv7", "i7 | bVII | bVImaj7 | v7", "i | iv7 | i | V7#9"),
        ("bVImaj7 | v7 | i7 | i7", "iv9 | v7 | i7 | i7"),
        "v7",
        "i7",
    ),
    Palette("dorian", 2, ("i9 | IV9 | i9 | IV9", "i7 | i7 | IV9 | IV9"), ("ii7 | v7 | i9 | i9",), "IV9", "i9"),
    Palette("major", 0.8, ("ii9 | V9 | Imaj7 | vi7", "Imaj7 | iii7 | vi7 | ii7"), (), "V9", "Imaj7"),
)

STYLES = (
    Style(
        "ambient",
        (40, 90),
        _AMBIENT,
        (
            (
                Seat("pad", ("airy pad", "warm pad", "string machine"), ("pad", "drone")),
                Seat("pad", ("warm pad", "choir", "slow strings"), ("pad",), 1.0, enters=0.4, low=48, high=72),
                Seat("melody", ("fm bell", "electric piano", "grand piano", "pluck"), ("sparse",), -0.5),
                Seat("bass", ("sub bass",), ("sustained",), -1.5, enters=0.35, chance=0.8),
                Seat(
                    "arpeggio",
                    ("fm bell", "pluck", "harp"),
                    ("plucks", "arpeggio updown"),
                    -1.0,
                    enters=0.55,
                    chance=0.5,
                ),
            ),
            (
                Seat("pad", ("airy pad", "warm pad"), ("pad",)),
                Seat("chords", ("grand piano", "electric piano"), ("whole notes", "broken"), 0.0, low=48, high=76),
                Seat("counter", ("voice oohs", "cello", "airy pad"), ("descant", "guide tones"), 0.0, enters=0.45),
                Seat("bass", ("sub bass",), ("sustained",), -1.5, enters=0.4, chance=0.7),
            ),
        ),
        {"calm": 6, "dreamy": 6, "melancholic": 2, "dark": 2, "nostalgic": 1, "uplifting": 1, "sad": 1, "tense": 0.7},
        timing=0.01,
        forms=("ballad",),
        turns=0.0,
        ends=0.3,
    ),
    Style(
        "downtempo",
        (78, 108),
        DEEP,
        (
            (
                Seat(
                    "chords",
                    ("electric piano", "poly synth", "warm pad"),
                    ("whole notes", "stabs", "block"),
                    1.0,
                    low=48,
                    high=74,
                ),
                Seat(
                    "melody",
                    ("fm bell", "saw lead", "vibraphone", "flute", "sitar", "muted trumpet"),
                    ("sparse", "singing", "hook"),
                ),
                Seat("pad", ("airy pad", "warm pad", "string machine"), ("pad",), 0.0, enters=0.45),
                Seat(
                    "bass", ("sub bass", "fretless bass", "synth bass"), ("root", "funk syncopated", "sustained"), 0.0
                ),
                Seat("drums", ("dusty kit", "808 kit", "break kit"), ("downtempo", "breakbeat")),
                Seat("arpeggio", ("pluck", "kalimba"), ("plucks", "arpeggio updown"), -1.0, enters=0.6, chance=0.5),
                Seat("percussion", ("hand percussion",), ("shaker",), -1.0, enters=0.5, chance=0.4),
            ),
        ),
        {"calm": 4, "dreamy": 4, "nostalgic": 2, "melancholic": 2, "dark": 1.5, "romantic": 1, "playful": 0.7},
        swing=(0.0, 0.35),
        swing_level=4,
        forms=("groove",),
        turns=0.1,
        ends=0.2,
    ),
    Style(
        "trap",
        (128, 160),
        DARK_BEATS,
        (
            (
                Seat("drums", ("808 kit",), ("trap",), 0.0),
                Seat("bass", ("808 bass",), ("808",), 1.0),
                Seat("melody", ("fm bell", "pluck", "flute", "grand piano", "music box"), ("rap hook", "hook"), 0.0),
                Seat("pad", ("airy pad", "choir", "string machine"), ("pad",), 0.0, enters=0.4),
                Seat(
                    "chords",
                    ("grand piano", "pluck", "pizzicato strings"),
                    ("plucks", "whole notes"),
                    -1.0,
                    chance=0.5,
                    low=50,
                    high=76,
                ),
                Seat("counter", ("brass section", "fm bell"), ("answers",), -0.5, enters=0.75, chance=0.4),
            ),
        ),
        {"dark": 6, "aggressive": 3, "tense": 2, "melancholic": 2, "energetic": 2, "epic": 1, "sad": 1},
        timing=0.0,
        touch=3.0,
        forms=("groove", "song"),
        turns=0.0,
        ends=0.1,
    ),
    Style(
        "hip hop",
        (82, 102),
        _BOOM_BAP,
        (
            (
                Seat("drums", ("dusty kit",), ("boom bap",), 0.5),
                Seat("bass", ("finger bass", "upright bass", "sub bass"), ("root", "funk syncopated"), 0.0),
                Seat(
                    "chords",
                    ("electric piano", "grand piano", "vibraphone"),
                    ("stabs", "jazz comp", "block"),
                    0.0,
                    low=48,
                    high=74,
                ),
                Seat(
                    "melody",
                    ("muted trumpet", "flute", "clean guitar", "vibraphone"),
                    ("rap hook", "soul"),
                    -0.5,
                    enters=0.45,
                    chance=0.75,
                ),
                Seat("pad", ("string ensemble", "voice oohs"), ("whole notes",), 0.0, enters=0.6, chance=0.5),
                Seat("counter", ("brass section",), ("answers",), -0.5, enters=0.75, chance=0.4),
            ),
            (
                Seat("drums", ("dusty kit", "808 kit"), ("boom bap",), 0.5),
                Seat("bass", ("808 bass", "sub bass"), ("808", "root"), 0.0),
                Seat(
                    "chords",
                    ("grand piano", "string ensemble", "pizzicato strings"),
                    ("block", "plucks", "stabs"),
                    0.0,
                    low=50,
                    high=76,
                ),
                Seat(
                    "melody",
                    ("fm bell", "saw lead", "clavinet"),
                    ("rap hook", "funk riff"),
                    -1.0,
                    enters=0.5,
                    chance=0.7,
                ),
            ),
        ),
        {
            "dark": 2,
            "calm": 2,
            "nostalgic": 2,
            "energetic": 2,
            "playful": 1.5,
            "aggressive": 1.5,
            "melancholic": 1.5,
            "happy": 1,
        },
        swing=(0.35, 0.75),
        swing_level=4,
        timing=0.008,
        forms=("groove",),
        turns=0.0,
        ends=0.1,
    ),
    Style(
        "lo-fi hip hop",
        (66, 90),
        _LOFI,
        (
            (
                Seat("drums", ("dusty kit",), ("lo-fi",), 0.0),
                Seat("bass", ("upright bass", "finger bass", "sub bass"), ("root", "roots and fifths"), 0.0),
                Seat(
                    "chords",
                    ("electric piano", "fm piano", "grand piano"),
                    ("jazz comp", "block", "whole notes", "ballad piano"),
                    low=48,
                    high=74,
                ),
                Seat(
                    "melody",
                    ("vibraphone", "clean guitar", "jazz guitar", "grand piano", "flute", "kalimba"),
                    ("sparse", "soul", "rap hook"),
                    -0.5,
                    enters=0.4,
                ),
                Seat("pad", ("warm pad", "slow strings"), ("pad",), -1.0, enters=0.5, chance=0.5),
            ),
            (
                Seat("drums", ("dusty kit",), ("lo-fi",), 0.0),
                Seat("bass", ("upright bass", "sub bass"), ("root",), 0.0),
                Seat(
                    "chords", ("nylon guitar", "jazz guitar"), ("fingerpicked", "broken", "jazz comp"), low=45, high=72
                ),
                Seat(
                    "melody",
                    ("electric piano", "muted trumpet", "tenor sax", "music box"),
                    ("sparse", "singing"),
                    -0.5,
                    enters=0.4,
                    chance=0.8,
                ),
            ),
        ),
        {"calm": 5, "nostalgic": 5, "dreamy": 3, "melancholic": 3, "sad": 1.5, "romantic": 1, "happy": 1},
        swing=(0.35, 0.75),
        swing_level=4,
        timing=0.018,
        touch=7.0,
        forms=("groove", "ballad"),
        turns=0.1,
        ends=0.15,
    ),
)
