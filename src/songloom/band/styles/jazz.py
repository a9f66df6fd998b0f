"""Jazz, Brazilian, Cuban and blues styles."""

from __future__ import annotations

from songloom.band.styles.style import Palette, Seat, Style

_JAZZ_MAJOR = Palette(
    "major",
    3,
    (
        "ii9 | V13 | Imaj9 | VI7b9",
        "Imaj7 | vi7 | ii9 | V13",
        "Imaj9 | IV9 | iii7 VI7b9 | ii7 V13",
        "iii7 | VI7#9 | ii9 | V7b9",
        "Imaj7 #io7 | ii7 V7 | iii7 VI7 | ii7 V13",
        "Imaj7 | bIIImaj7 | bVImaj7 | V13",
    ),
    ("IVmaj7 | iv6 | iii7 | VI7b9 | ii9 | V13 | Imaj9 | V13", "v7 | I9 | IVmaj7 | bVII9", "III9 | VI9 | II9 | V13"),
    "ii9 V13",
    "Imaj9",
)
_JAZZ_MINOR = Palette(
    "minor",
    2.5,
    (
        "i9 | iih7 V7#9 | i9 | iih7 V7b9",
        "i6 | bVI7 V7b9 | i6 | iih7 V7",
        "i7 | iv9 | bVII13 | bIIImaj9 | bVImaj7 | iih7 | V7b9 | i9",
        "i9 | iv9 | i9 | V7#9",
    ),
    ("iv9 | bVII13 | bIIImaj9 | V7b9", "iv7 | i7 | iih7 | V7#9"),
    "iih7 V7b9",
    "i9",
)
_JAZZ_DORIAN = Palette(
    "dorian", 1.2, ("i11 | i11 | i11 | i11", "i9 | IV13 | i9 | IV13"), ("bIImaj7 | % | i9 | %",), "V7#9", "i9"
)
_BOSSA_MAJOR = Palette(
    "major",
    3,
    (
        "Imaj9 | II9 | ii9 | V13",
        "Imaj7 | vi9 | ii9 | V7b9",
        "Imaj9 | Imaj9 | II13 | II13 | ii9 | bII9 | Imaj9 | bII9",
        "Imaj9 | #io7 | ii9 | V13",
    ),
    ("IVmaj7 | iv6 | iii7 | VI7b9", "bIImaj7 | bIImaj7 | Imaj9 | V13"),
    "ii9 V13",
    "Imaj9",
)
_SALSA_MINOR = Palette(
    "harmonic minor",
    2,
    ("i | iv | V7 | iv", "i | V7 | V7 | i", "i7 | iv7 | V7 | V7"),
    ("bVII | bVI | V7 | i",),
    "V7",
    "i",
)
_SALSA_MAJOR = Palette(
    "major", 2, ("I | IV | V7 | IV", "I | VI7 | ii7 | V7", "ii7 | V7 | I | I"), ("IV | iv | I | V7",), "V7"
)
_BLUES_MAJOR = Palette(
    "mixolydian",
    3,
    (
        "I7 | I7 | I7 | I7 | IV7 | IV7 | I7 | I7 | V7 | IV7 | I7 | V7",
        "I7 | IV7 | I7 | I7 | IV9 | IV9 | I7 | I7 | V9 | IV9 | I7 IV7 | I7 V7",
        "I9 | IV9 | I9 | I9 | IV9 | #ivo7 | I9 | VI7 | ii9 | V9 | I9 VI7 | ii7 V7",
    ),
    (),
    "V7",
    "I9",
)
_BLUES_MINOR = Palette(
    "dorian",
    1.3,
    (
        "i7 | iv7 | i7 | i7 | iv7 | iv7 | i7 | i7 | bVI7 | V7#9 | i7 | V7#9",
        "i7 | i7 | i7 | i7 | iv9 | iv9 | i7 | i7 | v7 | iv7 | i7 | v7",
    ),
    (),
    "V7#9",
    "i9",
)

STYLES = (
    Style(
        "jazz trio",
        (66, 220),
        (_JAZZ_MAJOR, _JAZZ_MINOR, _JAZZ_DORIAN),
        (
            (
                Seat("melody", ("grand piano",), ("swing", "bebop")),
                Seat("chords", ("grand piano",), ("jazz comp",), -1.0, low=48, high=69),
                Seat("bass", ("upright bass",), ("walking",), low=28, high=55),
                Seat("drums", ("jazz kit", "brush kit"), ("jazz swing", "jazz brushes")),
            ),
            (
                Seat(
                    "melody", ("tenor sax", "alto sax", "muted trumpet", "vibraphone", "clarinet"), ("swing", "bebop")
                ),
                Seat("chords", ("grand piano", "jazz guitar"), ("jazz comp",), -1.0, 0.25, low=50, high=72),
                Seat("bass", ("upright bass",), ("walking",), low=28, high=55),
                Seat("drums", ("jazz kit", "brush kit"), ("jazz swing", "jazz brushes")),
            ),
            (
                Seat("melody", ("jazz guitar",), ("swing", "bebop")),
                Seat(
                    "chords", ("jazz guitar", "tonewheel organ"), ("jazz comp", "freddie green"), -1.0, low=48, high=70
                ),
                Seat("bass", ("upright bass",), ("walking",), low=28, high=55),
                Seat("drums", ("brush kit",), ("jazz brushes",)),
            ),
        ),
        {
            "calm": 2,
            "happy": 2,
            "romantic": 2,
            "playful": 2,
            "nostalgic": 2,
            "melancholic": 1.5,
            "energetic": 1.5,
            "dark": 0.7,
            "dreamy": 1,
        },
        {"4/4": 6.0, "3/4": 1.2},
        swing=(0.6, 0.95),
        timing=0.022,
        touch=7.0,
        forms=("ballad",),
        turns=0.6,
    ),
    Style(
        "big band",
        (96, 216),
        (_JAZZ_MAJOR, _JAZZ_MINOR, _BLUES_MAJOR),
        (
            (
                Seat("melody", ("brass section", "alto sax", "trumpet"), ("swing",), pan=0.1),
                Seat(
                    "counter",
                    ("trombone", "tenor sax", "baritone sax"),
                    ("answers", "guide tones"),
                    0.5,
                    -0.3,
                    enters=0.5,
                ),
                Seat("chords", ("brass section",), ("horn hits",), 0.0, 0.35, enters=0.55, low=52, high=79),
                Seat(
                    "chords",
                    ("grand piano", "jazz guitar"),
                    ("freddie green", "jazz comp"),
                    -1.0,
                    -0.2,
                    low=48,
                    high=69,
                ),
                Seat("bass", ("upright bass",), ("walking",), low=28, high=55),
                Seat("drums", ("jazz kit", "standard kit"), ("big band",)),
            ),
            (
                Seat("melody", ("clarinet", "muted trumpet", "tenor sax"), ("swing", "bebop")),
                Seat("counter", ("brass section",), ("answers",), 0.5, 0.3, enters=0.5),
                Seat("chords", ("grand piano",), ("freddie green",), -1.0, low=48, high=69),
                Seat(
                    "chords", ("brass section", "baritone sax"), ("horn hits",), 0.0, -0.3, enters=0.6, low=48, high=74
                ),
                Seat("bass", ("upright bass",), ("walking",), low=28, high=55),
                Seat("drums", ("jazz kit",), ("big band", "jazz swing")),
            ),
        ),
        {"happy": 3, "energetic": 3, "playful": 3, "uplifting": 2, "romantic": 1, "nostalgic": 2, "dark": 0.5},
        swing=(0.65, 0.95),
        timing=0.015,
        touch=6.0,
        forms=("ballad",),
        turns=0.6,
        ends=0.6,
    ),
    Style(
        "bossa nova",
        (96, 152),
        (_BOSSA_MAJOR, _JAZZ_MINOR),
        (
            (
                Seat("melody", ("flute", "tenor sax", "vibraphone", "clarinet", "muted trumpet"), ("latin", "singing")),
                Seat("chords", ("nylon guitar",), ("bossa guitar",), 0.0, -0.2, low=48, high=72),
                Seat("bass", ("upright bass",), ("bossa",)),
                Seat("drums", ("brush kit", "jazz kit"), ("bossa",), -1.5),
                Seat("percussion", ("hand percussion",), ("shaker",), 0.0, 0.3, chance=0.5),
            ),
            (
                Seat("melody", ("nylon guitar", "voice oohs", "grand piano"), ("latin", "singing")),
                Seat(
                    "chords",
                    ("nylon guitar", "electric piano", "grand piano"),
                    ("bossa guitar",),
                    0.0,
                    low=46,
                    high=69,
                ),
                Seat("bass", ("upright bass", "fretless bass"), ("bossa",)),
                Seat("drums", ("brush kit",), ("bossa",), -2.0, chance=0.7),
                Seat("pad", ("slow strings",), ("pad",), -1.0, enters=0.6, chance=0.4),
            ),
        ),
        {"calm": 4, "romantic": 3, "happy": 2, "nostalgic": 2, "dreamy": 2, "playful": 1, "melancholic": 2},
        timing=0.016,
        forms=("ballad",),
        turns=0.5,
    ),
    Style(
        "salsa",
        (84, 112),
        (_SALSA_MINOR, _SALSA_MAJOR),
        (
            (
                Seat("melody", ("trumpet", "brass section", "flute", "trombone"), ("latin",)),
                Seat("chords", ("grand piano", "bright piano"), ("montuno",), 1.0, -0.2, low=55, high=84),
                Seat("bass", ("upright bass", "finger bass"), ("salsa tumbao",)),
                Seat("counter", ("brass section", "trombone"), ("answers",), 1.0, 0.3, enters=0.5),
                Seat("drums", ("standard kit",), ("salsa",), -1.0, chance=0.8),
                Seat("percussion", ("hand percussion",), ("salsa",), 1.5, 0.2),
            ),
        ),
        {"happy": 3, "energetic": 4, "playful": 2, "romantic": 1, "uplifting": 2, "tense": 0.5, "nostalgic": 0.7},
        timing=0.01,
        forms=("groove", "song"),
        turns=0.4,
    ),
    Style(
        "blues",
        (60, 138),
        (_BLUES_MAJOR, _BLUES_MINOR),
        (
            (
                Seat("melody", ("lead guitar", "crunch guitar", "harmonica", "clean guitar"), ("blues",)),
                Seat(
                    "chords",
                    ("clean guitar", "tonewheel organ", "grand piano"),
                    ("jazz comp", "block", "strum"),
                    -1.0,
                    -0.3,
                    low=48,
                    high=71,
                ),
                Seat("bass", ("finger bass", "upright bass"), ("shuffle", "walking")),
                Seat("drums", ("room kit", "standard kit"), ("blues shuffle",)),
            ),
            (
                Seat("melody", ("harmonica", "steel guitar", "clean guitar"), ("blues",)),
                Seat(
                    "chords", ("steel guitar", "honky-tonk piano"), ("stride", "strum", "block"), 0.0, low=43, high=69
                ),
                Seat("bass", ("upright bass",), ("shuffle", "walking"), chance=0.6),
                Seat("drums", ("brush kit", "room kit"), ("blues shuffle",), -1.5, chance=0.5),
            ),
        ),
        {
            "sad": 3,
            "melancholic": 2,
            "energetic": 2,
            "dark": 1,
            "nostalgic": 2,
            "playful": 1,
            "happy": 1,
            "aggressive": 0.7,
        },
        swing=(0.75, 1.0),
        timing=0.02,
        touch=7.0,
        forms=("blues",),
        turns=0.0,
        ends=0.5,
    ),
)
