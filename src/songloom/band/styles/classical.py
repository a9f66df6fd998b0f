"""Concert and film styles: string quartet, orchestra, cinematic, waltz, baroque and march."""

from __future__ import annotations

from songloom.band.styles.style import Palette, Seat, Style

_MAJOR = Palette(
    "major",
    3,
    (
        "I | V/3 | vi | IV",
        "I | IV/5 | V7 | I",
        "I | vi | ii/3 | V7",
        "I | V/3 | vi | iii | IV | I/3 | ii/3 | V7",
        "I | ii/P | V7/3 | I",
        "I I/3 | IV | V V7 | I",
    ),
    ("vi | II7/3 | V | V7", "IV | I/3 | ii | V", "iii | vi | ii | V7", "V | I | V7/3 | I"),
    "V7",
)
_MINOR = Palette(
    "harmonic minor",
    2.5,
    (
        "i | iv/3 | V7 | i",
        "i | bVI | iih7 | V7",
        "i | V7/3 | i | iv | i/5 | bVI | iv | V7",
        "i | iv | bVII | bIII | bVI | iv | V | V7",
        "i | i/7 | bVI | V7",
    ),
    ("bIII | bVII/3 | bVI | V7", "iv | bVII | bIII | V7", "bVI | iv | i/5 | V7"),
    "V7",
    "i",
)
_HEROIC = Palette(
    "minor",
    3,
    (
        "i | bVI | bIII | bVII",
        "i | bVI | i | bVI",
        "i | iv | bVI | bVII",
        "i | bVII/P | bVI/P | bVII",
        "i | bIII/5 | bVI | iv",
    ),
    ("bVI | bVII | i | i", "bVI | bIII | bVII | i", "iv | bVI | bIII | bVII"),
    "bVII",
    "i",
)
_WONDER = Palette(
    "lydian", 1.2, ("I | II/P | I | II/P", "I | II | I | vi", "I | vi | II | I"), ("vi | II | I | V",), "II"
)
_TRIUMPH = Palette(
    "major",
    2,
    ("I | V/3 | vi | IV", "I | bVI | bVII | I", "I | IV/P | I | V"),
    ("IV | V | vi | I/3", "bVI | bVII | I | I"),
    "V",
)
_SHADOW = Palette("phrygian", 0.8, ("i | bII | i | bII", "i | i | bII/P | i"), ("bVI | bII | i | i",), "bII", "i")
_STRINGS = Seat("pad", ("string ensemble", "slow strings"), ("pad", "whole notes"), low=48, high=80)
_CELLI = Seat("bass", ("cello", "contrabass"), ("root", "sustained"), low=36, high=55)
_TIMPANI = Seat("percussion", ("timpani",), ("root",), 0.5, enters=0.7, chance=0.7)
_PLATES = Seat("drums", ("orchestra kit",), ("orchestral",), enters=0.62, chance=0.85)

STYLES = (
    Style(
        "string quartet",
        (56, 144),
        (_MAJOR, _MINOR, _HEROIC),
        (
            (
                Seat("melody", ("violin",), ("classical", "singing"), pan=-0.4),
                Seat("counter", ("violin",), ("thirds", "guide tones"), 0.0, -0.15, low=55, high=84),
                Seat("chords", ("viola",), ("quartet inner",), -1.0, 0.2, low=48, high=70),
                Seat("bass", ("cello",), ("root", "eighths", "walking"), -1.0, 0.4, low=36, high=57),
            ),
            (
                Seat("melody", ("cello",), ("singing",), pan=0.35),
                Seat("chords", ("violin",), ("quartet inner",), -1.0, -0.3, low=60, high=84),
                Seat("counter", ("viola",), ("guide tones",), -0.5, 0.1, low=50, high=74),
                Seat("bass", ("cello",), ("sustained", "root"), -1.5, 0.3, low=36, high=50),
            ),
        ),
        {
            "romantic": 3,
            "sad": 2,
            "melancholic": 3,
            "tense": 2,
            "playful": 2,
            "happy": 2,
            "calm": 2,
            "dark": 1,
            "energetic": 1,
        },
        {"4/4": 4.0, "3/4": 3.0, "6/8": 1.0},
        timing=0.018,
        touch=6.0,
        forms=("ballad", "strophic"),
        turns=0.7,
        ends=0.7,
    ),
    Style(
        "orchestra",
        (52, 140),
        (_MAJOR, _MINOR, _TRIUMPH, _HEROIC, _WONDER),
        (
            (
                Seat("melody", ("violin", "string ensemble", "flute", "oboe"), ("classical", "singing"), 0.5, -0.3),
                _STRINGS,
                Seat(
                    "counter", ("french horn", "clarinet", "bassoon"), ("guide tones", "descant"), -0.5, 0.2, enters=0.5
                ),
                Seat("arpeggio", ("harp",), ("harp glissandi", "arpeggio up"), -1.0, -0.5, chance=0.5),
                _CELLI,
                Seat("chords", ("brass section", "french horn"), ("block", "whole notes"), -1.0, 0.3, enters=0.75),
                _TIMPANI,
                _PLATES,
            ),
            (
                Seat("melody", ("trumpet", "french horn"), ("anthem",), 0.5, 0.2),
                Seat("chords", ("string ensemble",), ("quartet inner",), 0.0, -0.2, low=50, high=80),
                Seat("counter", ("flute", "violin"), ("descant", "thirds"), -0.5, -0.3, enters=0.5),
                Seat("bass", ("contrabass", "tuba"), ("root", "roots and fifths"), low=30, high=52),
                _TIMPANI,
                _PLATES,
            ),
            (
                Seat("melody", ("clarinet", "oboe", "bassoon", "flute"), ("folk", "classical"), 0.5, 0.1),
                Seat("chords", ("pizzicato strings",), ("broken", "plucks"), 0.0, low=48, high=76),
                Seat("counter", ("bassoon", "clarinet"), ("answers",), 0.0, -0.2, enters=0.45),
                Seat("bass", ("pizzicato strings", "contrabass"), ("roots and fifths", "root"), low=36, high=52),
                Seat("pad", ("slow strings",), ("pad",), 0.0, enters=0.65),
                Seat("percussion", ("timpani",), ("root",), 0.0, enters=0.75),
            ),
        ),
        {
            "epic": 3,
            "romantic": 2,
            "happy": 2,
            "playful": 2,
            "sad": 1.5,
            "dark": 1.5,
            "tense": 1.5,
            "uplifting": 2,
            "calm": 1,
            "dreamy": 1,
        },
        {"4/4": 5.0, "3/4": 2.5, "6/8": 1.0},
        timing=0.015,
        touch=5.0,
        forms=("ballad", "song"),
        turns=0.6,
        ends=0.7,
    ),
    Style(
        "cinematic",
        (54, 150),
        (_HEROIC, _TRIUMPH, _SHADOW, _WONDER),
        (
            (
                Seat("melody", ("french horn", "string ensemble", "choir"), ("anthem",), enters=0.5),
                Seat(
                    "arpeggio",
                    ("string ensemble", "cello"),
                    ("arpeggio sixteenth", "power chords"),
                    1.0,
                    low=43,
                    high=70,
                ),
                Seat("pad", ("slow strings", "choir"), ("pad",), 1.0),
                Seat("chords", ("brass section", "trombone"), ("whole notes", "block"), 0.0, enters=0.72),
                Seat("bass", ("contrabass", "sub bass"), ("sustained", "root"), low=28, high=48),
                Seat("drums", ("orchestra kit", "power kit"), ("orchestral", "march"), enters=0.55),
                _TIMPANI,
            ),
            (
                Seat("melody", ("grand piano",), ("sparse", "singing")),
                Seat("pad", ("warm pad", "slow strings", "airy pad"), ("pad",), 1.0),
                Seat("chords", ("grand piano",), ("broken", "ballad piano"), 0.0, low=40, high=64),
                Seat("counter", ("cello", "violin"), ("guide tones", "descant"), 0.0, enters=0.6),
                Seat("bass", ("sub bass", "contrabass"), ("sustained",), enters=0.5),
                Seat("drums", ("orchestra kit",), ("orchestral",), enters=0.75, chance=0.6),
            ),
            (
                Seat("pad", ("tremolo strings",), ("tremolo", "drone"), 1.0, low=48, high=76),
                Seat("melody", ("cello", "french horn", "airy pad"), ("sparse",)),
                Seat("bass", ("contrabass", "sub bass"), ("sustained",)),
                Seat("percussion", ("timpani",), ("root",), 1.0, enters=0.5),
            ),
        ),
        {"epic": 5, "tense": 3, "dark": 3, "uplifting": 2, "sad": 2, "romantic": 1, "dreamy": 1, "aggressive": 1},
        {"4/4": 6.0, "3/4": 1.0, "6/8": 1.5},
        timing=0.012,
        forms=("song", "ballad"),
        turns=0.3,
        ends=0.6,
    ),
    Style(
        "waltz",
        (84, 190),
        (_MAJOR, _MINOR),
        (
            (
                Seat("melody", ("violin", "clarinet", "flute"), ("singing", "classical"), pan=-0.2),
                Seat("chords", ("string ensemble", "pizzicato strings"), ("waltz",), 0.0, low=52, high=76),
                Seat("bass", ("contrabass", "cello"), ("waltz",), low=36, high=52),
                Seat("counter", ("french horn", "cello"), ("guide tones",), -0.5, chance=0.6),
                Seat("drums", ("orchestra kit",), ("orchestral",), -3.0, chance=0.3, enters=0.6),
            ),
            (
                Seat("melody", ("accordion",), ("folk", "singing")),
                Seat("chords", ("nylon guitar", "accordion"), ("waltz",), 0.0, low=48, high=72),
                Seat("bass", ("upright bass",), ("waltz",)),
                Seat("counter", ("violin", "clarinet"), ("thirds", "answers"), 0.0, chance=0.6),
                Seat("drums", ("brush kit",), ("waltz",), -2.0, chance=0.4),
            ),
            (
                Seat("melody", ("grand piano",), ("classical", "singing")),
                Seat("chords", ("grand piano",), ("waltz",), 0.0, low=36, high=66),
            ),
        ),
        {"romantic": 4, "happy": 3, "playful": 2, "nostalgic": 3, "melancholic": 2, "sad": 1, "dreamy": 2},
        {"3/4": 1.0},
        timing=0.014,
        forms=("strophic", "ballad"),
        turns=0.7,
        ends=0.6,
    ),
    Style(
        "baroque",
        (66, 132),
        (_MAJOR, _MINOR),
        (
            (
                Seat("melody", ("violin", "oboe", "flute"), ("virtuoso", "classical"), pan=-0.2),
                Seat("counter", ("violin", "oboe", "flute"), ("thirds", "answers"), 0.5, 0.2, enters=0.5),
                Seat("chords", ("harpsichord",), ("broken", "block"), 0.0, low=48, high=74),
                Seat("bass", ("cello", "bassoon"), ("walking", "eighths"), low=36, high=55),
            ),
            (
                Seat("melody", ("harpsichord",), ("virtuoso",)),
                Seat("chords", ("harpsichord",), ("alberti", "block", "broken"), 0.0, low=36, high=64),
            ),
            (
                Seat("melody", ("trumpet", "oboe"), ("classical", "virtuoso"), pan=0.1),
                Seat("chords", ("string ensemble",), ("quartet inner", "block"), 0.0, low=50, high=76),
                Seat("arpeggio", ("harpsichord",), ("broken", "arpeggio up"), 0.0),
                Seat("bass", ("cello", "contrabass"), ("walking", "eighths"), low=36, high=55),
            ),
        ),
        {"happy": 3, "playful": 2, "energetic": 1, "calm": 1, "melancholic": 2, "tense": 1, "uplifting": 1, "sad": 1},
        {"4/4": 4.0, "3/4": 3.0, "6/8": 1.0},
        timing=0.008,
        touch=3.0,
        forms=("strophic", "ballad"),
        turns=0.8,
        ends=0.7,
    ),
    Style(
        "march",
        (96, 126),
        (_MAJOR, _TRIUMPH, _MINOR),
        (
            (
                Seat("melody", ("trumpet", "brass section", "clarinet"), ("anthem", "folk")),
                Seat("chords", ("french horn", "brass section"), ("stabs", "block"), -1.0, 0.3, low=50, high=72),
                Seat(
                    "counter",
                    ("tin whistle", "flute", "trombone"),
                    ("answers", "descant", "thirds"),
                    0.0,
                    -0.3,
                    enters=0.5,
                ),
                Seat("bass", ("tuba",), ("roots and fifths", "country two"), low=30, high=50),
                Seat("drums", ("orchestra kit", "standard kit"), ("march",)),
            ),
        ),
        {
            "epic": 3,
            "happy": 3,
            "uplifting": 3,
            "energetic": 2,
            "playful": 1,
            "dark": 1,
            "nostalgic": 1,
            "aggressive": 1,
        },
        {"4/4": 5.0, "6/8": 1.0},
        timing=0.008,
        forms=("strophic",),
        turns=0.8,
        ends=0.7,
    ),
)
