"""Jazz, Latin, blues and groove styles."""

from __future__ import annotations

from songloom.band.styles.style import Palette, Seat, Style

_JAZZ_MAJOR = Palette(
    "major",
    3,
    (
        "ii9 | V13 | Imaj9 | VI7b9", "Imaj7 | vi7 | ii9 | V13", "Imaj9 | IV9 | iii7 VI7b9 | ii7 V13",
        "iii7 | VI7#9 | ii9 | V7b9", "Imaj7 #io7 | ii7 V7 | iii7 VI7 | ii7 V13", "Imaj7 | bIIImaj7 | bVImaj7 | V13",
    ),
    ("IVmaj7 | iv6 | iii7 | VI7b9 | ii9 | V13 | Imaj9 | V13", "v7 | I9 | IVmaj7 | bVII9", "III9 | VI9 | II9 | V13"),
    "ii9 V13",
    "Imaj9",
)  # fmt: skip
_JAZZ_MINOR = Palette(
    "minor",
    2.5,
    (
        "i9 | iih7 V7#9 | i9 | iih7 V7b9", "i6 | bVI7 V7b9 | i6 | iih7 V7", "i7 | iv9 | bVII13 | bIIImaj9 | bVImaj7 | iih7 | V7b9 | i9",
        "i9 | iv9 | i9 | V7#9",
    ),
    ("iv9 | bVII13 | bIIImaj9 | V7b9", "iv7 | i7 | iih7 | V7#9"),
    "iih7 V7b9",
    "i9",
)  # fmt: skip
_JAZZ_DORIAN = Palette(
    "dorian", 1.2, ("i11 | i11 | i11 | i11", "i9 | IV13 | i9 | IV13"), ("bIImaj7 | % | i9 | %",), "V7#9", "i9"
)
_BOSSA_MAJOR = Palette(
    "major",
    3,
    (
        "Imaj9 | II9 | ii9 | V13", "Imaj7 | vi9 | ii9 | V7b9", "Imaj9 | Imaj9 | II13 | II13 | ii9 | bII9 | Imaj9 | bII9",
        "Imaj9 | #io7 | ii9 | V13",
    ),
    ("IVmaj7 | iv6 | iii7 | VI7b9", "bIImaj7 | bIImaj7 | Imaj9 | V13"),
    "ii9 V13",
    "Imaj9",
)  # fmt: skip
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
    ("i7 | iv7 | i7 | i7 | iv7 | iv7 | i7 | i7 | bVI7 | V7#9 | i7 | V7#9", "i7 | i7 | i7 | i7 | iv9 | iv9 | i7 | i7 | v7 | iv7 | i7 | v7"),
    (),
    "V7#9",
    "i9",
)  # fmt: skip
_FUNK = (
    Palette("dorian", 3, ("i9 | i9 | i9 | i9", "i7 | IV9 | i7 | IV9", "i7 | i7 | IV9 | IV9"), ("bIIImaj7 | IV9 | bIIImaj7 | IV9", "iv9 | iv9 | v7 | v7"), "V7#9", "i9"),
    Palette("mixolydian", 2.5, ("I9 | I9 | I9 | I9", "I9 | I9 | IV9 | IV9", "I7 | bVII9 | I7 | bVII9"), ("IV9 | IV9 | V9 | V9", "bVII9 | IV9 | I9 | I9"), "V9", "I9"),
    Palette("minor", 1, ("i7 | bVImaj7 | i7 | bVII9", "i9 | i9 | iv9 | iv9"), (), "V7#9", "i9"),
)  # fmt: skip
_SOUL = (
    Palette(
        "major",
        3,
        ("I | vi | IV | V", "Imaj7 | vi7 | ii9 | V9", "I | iii7 | IV | V7sus4", "Imaj9 | IVmaj7 | Imaj9 | IVmaj7", "I | I7/3 | IV | iv6"),
        ("IV | V/P | iii7 | vi7", "ii7 | iii7 | IVmaj7 | V9", "vi7 | ii9 | IVmaj7 | V9"),
        "IV/P V9",
        "Imaj7",
    ),
    Palette("minor", 1.8, ("i9 | iv9 | i9 | v7", "i7 | bVImaj7 | iv7 | V7#9", "i9 | bVII9 | bVImaj7 | v7"), ("bVImaj7 | bVII | i7 | i7", "iv9 | v7 | i9 | i9"), "V7#9", "i9"),
    Palette("dorian", 1, ("i9 | IV9 | i9 | IV9",), ("bIIImaj7 | ii7 | v7 | i7",), "IV9", "i9"),
)  # fmt: skip
_GOSPEL = Palette(
    "major",
    3,
    (
        "I | I7/3 | IV | iv6", "I | IV/P | I | V", "Imaj7 III7#9 | vi7 | II9 | V13", "I V/3 | vi I7/5 | IV #ivo7 | I/5 V9",
        "I I7/3 | IV #ivo7 | I/5 VI7 | ii7 V9",
    ),
    ("IV | I/3 | ii7 | V9", "IV #ivo7 | I/5 VI7 | II9 | V13", "vi7 | III7 | IV | V9"),
    "IV V9",
    "I",
)  # fmt: skip
_DISCO = (
    Palette("minor", 3, ("i7 | iv7 | bVII9 | bIIImaj7", "i7 | i7 | iv7 | v7", "i7 | bVII | bVImaj7 | v7"), ("bVImaj7 | bVII | v7 | i7", "iv7 | v7 | bVImaj7 | bVII"), "V7#9", "i7"),
    Palette("major", 2, ("Imaj7 | vi7 | ii7 | V9", "I | IV | vi | V", "ii7 | V9 | Imaj7 | vi7"), ("IVmaj7 | V | iii7 | vi7",), "ii7 V9", "Imaj7"),
    Palette("dorian", 2, ("i7 | IV9 | i7 | IV9", "i9 | bVII9 | i9 | IV9"), ("bVImaj7 | bVII | i7 | i7",), "IV9", "i9"),
)  # fmt: skip

_HORNS = ("brass section", "trumpet", "tenor sax", "alto sax")

STYLES = (
    Style(
        "jazz trio",
        (66, 220),
        (_JAZZ_MAJOR, _JAZZ_MINOR, _JAZZ_DORIAN),
        (
            (
                Seat("melody", ("grand piano",), ("swing", "bebop")),
                Seat("chords", ("grand piano",), ("jazz comp",), -4.0, low=48, high=69),
                Seat("bass", ("upright bass",), ("walking",), low=28, high=55),
                Seat("drums", ("jazz kit", "brush kit"), ("jazz swing", "jazz brushes")),
            ),
            (
                Seat(
                    "melody", ("tenor sax", "alto sax", "muted trumpet", "vibraphone", "clarinet"), ("swing", "bebop")
                ),
                Seat("chords", ("grand piano", "jazz guitar"), ("jazz comp",), -4.0, 0.25, low=50, high=72),
                Seat("bass", ("upright bass",), ("walking",), low=28, high=55),
                Seat("drums", ("jazz kit", "brush kit"), ("jazz swing", "jazz brushes")),
            ),
            (
                Seat("melody", ("jazz guitar",), ("swing", "bebop")),
                Seat(
                    "chords", ("jazz guitar", "tonewheel organ"), ("jazz comp", "freddie green"), -4.0, low=48, high=70
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
                    -2.0,
                    -0.3,
                    enters=0.5,
                ),
                Seat("chords", ("brass section",), ("horn hits",), -2.0, 0.35, enters=0.55, low=52, high=79),
                Seat(
                    "chords",
                    ("grand piano", "jazz guitar"),
                    ("freddie green", "jazz comp"),
                    -5.0,
                    -0.2,
                    low=48,
                    high=69,
                ),
                Seat("bass", ("upright bass",), ("walking",), low=28, high=55),
                Seat("drums", ("jazz kit", "standard kit"), ("big band",)),
            ),
            (
                Seat("melody", ("clarinet", "muted trumpet", "tenor sax"), ("swing", "bebop")),
                Seat("counter", ("brass section",), ("answers",), -2.0, 0.3, enters=0.5),
                Seat("chords", ("grand piano",), ("freddie green",), -5.0, low=48, high=69),
                Seat(
                    "chords", ("brass section", "baritone sax"), ("horn hits",), -2.0, -0.3, enters=0.6, low=48, high=74
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
                Seat("chords", ("nylon guitar",), ("bossa guitar",), -2.0, -0.2, low=48, high=72),
                Seat("bass", ("upright bass",), ("bossa",)),
                Seat("drums", ("brush kit", "jazz kit"), ("bossa",), -2.0),
                Seat("percussion", ("hand percussion",), ("shaker",), -4.0, 0.3, chance=0.5),
            ),
            (
                Seat("melody", ("nylon guitar", "voice oohs", "grand piano"), ("latin", "singing")),
                Seat(
                    "chords",
                    ("nylon guitar", "electric piano", "grand piano"),
                    ("bossa guitar",),
                    -3.0,
                    low=46,
                    high=69,
                ),
                Seat("bass", ("upright bass", "fretless bass"), ("bossa",)),
                Seat("drums", ("brush kit",), ("bossa",), -3.0, chance=0.7),
                Seat("pad", ("slow strings",), ("pad",), -6.0, enters=0.6, chance=0.4),
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
                Seat("chords", ("grand piano", "bright piano"), ("montuno",), -1.0, -0.2, low=55, high=84),
                Seat("bass", ("upright bass", "finger bass"), ("salsa tumbao",)),
                Seat("counter", ("brass section", "trombone"), ("answers",), -1.0, 0.3, enters=0.5),
                Seat("drums", ("standard kit",), ("salsa",), -1.0, chance=0.8),
                Seat("percussion", ("hand percussion",), ("salsa",), -1.0, 0.2),
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
                    -4.0,
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
                    "chords", ("steel guitar", "honky-tonk piano"), ("stride", "strum", "block"), -2.0, low=43, high=69
                ),
                Seat("bass", ("upright bass",), ("shuffle", "walking"), chance=0.6),
                Seat("drums", ("brush kit", "room kit"), ("blues shuffle",), -2.0, chance=0.5),
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
    Style(
        "funk",
        (88, 122),
        _FUNK,
        (
            (
                Seat("chords", ("clean guitar", "muted guitar"), ("funk guitar",), -1.0, 0.4, low=55, high=79),
                Seat(
                    "chords",
                    ("clavinet", "electric piano"),
                    ("funk guitar", "stabs"),
                    -3.0,
                    -0.4,
                    low=48,
                    high=72,
                    chance=0.8,
                ),
                Seat("bass", ("slap bass", "finger bass"), ("funk syncopated",), 1.0),
                Seat("drums", ("standard kit", "room kit"), ("funk",), 1.0),
                Seat("melody", _HORNS, ("funk riff",), -1.0),
                Seat("counter", ("brass section",), ("answers",), -3.0, 0.2, enters=0.65),
            ),
            (
                Seat("chords", ("muted guitar", "clean guitar"), ("funk guitar",), -1.0, -0.4, low=55, high=79),
                Seat("chords", ("tonewheel organ",), ("stabs", "pad"), -4.0, 0.2, low=52, high=76),
                Seat("bass", ("slap bass", "finger bass"), ("funk syncopated",), 1.0),
                Seat("drums", ("standard kit",), ("funk", "breakbeat"), 1.0),
                Seat("melody", ("alto sax", "tenor sax", "saw lead", "clavinet"), ("funk riff", "soul"), enters=0.5),
                Seat("percussion", ("hand percussion",), ("shaker",), -5.0, 0.4, chance=0.5),
            ),
        ),
        {"energetic": 4, "happy": 3, "playful": 4, "aggressive": 0.5, "dark": 0.5, "uplifting": 1},
        swing=(0.0, 0.35),
        swing_level=4,
        timing=0.008,
        touch=6.0,
        forms=("groove",),
        turns=0.15,
        ends=0.4,
    ),
    Style(
        "soul",
        (62, 118),
        _SOUL,
        (
            (
                Seat("melody", ("tenor sax", "alto sax", "trumpet", "voice oohs", "clean guitar"), ("soul",)),
                Seat(
                    "chords",
                    ("electric piano", "grand piano", "tonewheel organ"),
                    ("ballad piano", "block"),
                    -3.0,
                    -0.2,
                    low=48,
                    high=72,
                ),
                Seat("chords", ("clean guitar",), ("skank", "stabs"), -5.0, 0.4, low=55, high=79, chance=0.6),
                Seat("bass", ("finger bass",), ("motown",)),
                Seat("drums", ("standard kit", "room kit"), ("soul",)),
                Seat("counter", ("brass section",), ("answers", "guide tones"), -2.0, 0.2, enters=0.6),
                Seat("pad", ("string ensemble", "slow strings"), ("pad",), -6.0, enters=0.65, chance=0.5),
                Seat("percussion", ("hand percussion",), ("shaker",), -6.0, chance=0.4),
            ),
        ),
        {"romantic": 3, "happy": 2, "nostalgic": 3, "calm": 1, "uplifting": 2, "melancholic": 2, "sad": 1},
        {"4/4": 5.0, "6/8": 1.0},
        swing=(0.0, 0.3),
        swing_level=4,
        timing=0.016,
        touch=6.0,
        turns=0.4,
    ),
    Style(
        "gospel",
        (60, 132),
        (_GOSPEL,),
        (
            (
                Seat("melody", ("choir", "voice oohs", "alto sax"), ("anthem", "soul")),
                Seat("chords", ("tonewheel organ",), ("hymn", "pad"), -2.0, -0.3, low=48, high=74),
                Seat("chords", ("grand piano",), ("ballad piano", "block"), -2.0, 0.2, low=48, high=76),
                Seat("bass", ("finger bass",), ("motown", "walking", "root")),
                Seat("drums", ("standard kit", "room kit"), ("soul", "six-eight")),
                Seat("counter", ("choir", "voice oohs"), ("thirds", "guide tones"), -3.0, enters=0.6),
                Seat("percussion", ("hand percussion",), ("shaker",), -6.0, enters=0.6, chance=0.5),
            ),
        ),
        {"uplifting": 5, "happy": 3, "calm": 1, "romantic": 0.7, "epic": 1, "energetic": 1.5, "nostalgic": 1},
        {"4/4": 3.0, "6/8": 2.0, "3/4": 0.7},
        swing=(0.0, 0.4),
        timing=0.016,
        touch=6.0,
        turns=0.6,
        ends=0.6,
    ),
    Style(
        "disco",
        (110, 128),
        _DISCO,
        (
            (
                Seat("melody", ("string ensemble", "brass section", "voice oohs", "saw lead"), ("pop", "hook")),
                Seat(
                    "chords",
                    ("clean guitar", "muted guitar"),
                    ("funk guitar", "strum sixteenth"),
                    -1.0,
                    0.4,
                    low=55,
                    high=79,
                ),
                Seat(
                    "chords",
                    ("electric piano", "grand piano", "clavinet"),
                    ("stabs", "block"),
                    -3.0,
                    -0.3,
                    low=50,
                    high=74,
                ),
                Seat("pad", ("string ensemble", "string machine"), ("pad",), -4.0, enters=0.5, low=60, high=86),
                Seat("bass", ("finger bass", "picked bass"), ("disco octaves",), 1.0),
                Seat("drums", ("standard kit", "linn kit"), ("disco",), 1.0),
                Seat("percussion", ("hand percussion",), ("shaker", "salsa"), -5.0, chance=0.6),
                Seat("counter", ("brass section",), ("answers",), -3.0, enters=0.65),
            ),
        ),
        {"happy": 4, "energetic": 3, "uplifting": 3, "playful": 2, "romantic": 1, "nostalgic": 1},
        timing=0.006,
        forms=("song", "groove"),
        turns=0.2,
        ends=0.3,
    ),
)
