"""Folk, Celtic, country, bluegrass, world and new age."""

from __future__ import annotations

from songloom.band.styles.style import Palette, Seat, Style

_FOLK_MAJOR = Palette(
    "major",
    3,
    ("I | IV | I | V", "I | V | vi | IV", "I | I | IV | V", "I | vi | IV | I", "I | IV/P | I | V/P"),
    ("IV | I | V | I", "vi | IV | I | V", "IV | V | I | vi"),
    "V",
)
_FOLK_MINOR = Palette(
    "minor",
    1.5,
    ("i | bVII | i | bVII", "i | bIII | bVII | iv", "i | bVI | bVII | i"),
    ("bIII | bVII | i | bVII", "bVI | bIII | bVII | i"),
    "bVII",
    "i",
)
_FOLK_DORIAN = Palette(
    "dorian",
    1.5,
    ("i | bVII | i | IV", "i | i | bVII | i", "i | bIII | IV | bVII"),
    ("bIII | bVII | i | bVII", "IV | i | bVII | i"),
    "bVII",
    "i",
)
_FOLK_MIXOLYDIAN = Palette(
    "mixolydian",
    1.2,
    ("I | bVII | I | bVII", "I | I | bVII | IV"),
    ("IV | I | bVII | I", "bVII | bVII | I | I"),
    "bVII",
)
_COUNTRY = Palette(
    "major",
    4,
    ("I | I | IV | IV | I | I | V7 | V7", "I | IV | V | I", "I | I | V7 | I", "I | vi | IV | V", "I | I7 | IV | I"),
    ("IV | IV | I | I | II7 | II7 | V7 | V7", "IV | I | IV | V7", "vi | IV | I | V7"),
    "V7",
)
_COUNTRY_MINOR = Palette(
    "minor", 0.6, ("i | bVII | bVI | V7", "i | bIII | iv | V7"), ("bIII | bVII | i | V7",), "V7", "i"
)
_COUNTRY_MIX = Palette("mixolydian", 0.8, ("I | bVII | IV | I",), ("IV | I | bVII | I",), "bVII")
_WORLD = (
    Palette("phrygian", 2, ("i | bII | i | bII", "i | bII | bIII | bII"), ("bVI | bVII | bII | i",), "bII", "i"),
    Palette("dorian", 2, ("i | bVII | i | IV", "i | i | i | bVII"), ("bIII | IV | bVII | i",), "bVII", "i"),
    Palette("mixolydian", 2, ("I | bVII | I | bVII", "I | I | I | bVII"), ("IV | bVII | I | I",), "bVII"),
    Palette("harmonic minor", 2, ("i | V | i | V", "i | iv | V | i"), ("bVI | V | i | i",), "V", "i"),
    Palette("major", 1.5, ("I | IV | V | IV", "I | ii | IV | V"), ("IV | V | I | vi",), "V"),
)
_NEW_AGE = (
    Palette(
        "major",
        3,
        (
            "Iadd9 | IVadd9 | Iadd9 | V",
            "I | iii | IV | I/3",
            "IVmaj7 | I/3 | IVmaj7 | V",
            "Iadd9 | vi7 | IVadd9 | Vsus4",
        ),
        ("vi | IV | I | V", "IV | V | vi | iii"),
        "IV",
    ),
    Palette("lydian", 2, ("Imaj7 | II/P | Imaj7 | II/P", "Imaj9 | vi7 | II | Imaj9"), (), "II/P"),
    Palette(
        "minor", 1.5, ("iadd9 | bVImaj7 | bIII | bVII", "i | bVI | iv7 | bVII"), ("bIII | bVII | bVI | i",), "bVII", "i"
    ),
    Palette("dorian", 1, ("i9 | IV | i9 | IV",), (), "bVII", "i"),
)

STYLES = (
    Style(
        "folk",
        (72, 140),
        (_FOLK_MAJOR, _FOLK_MINOR, _FOLK_DORIAN, _FOLK_MIXOLYDIAN),
        (
            (
                Seat("melody", ("violin", "harmonica", "accordion", "tin whistle", "flute"), ("folk", "singing")),
                Seat(
                    "chords",
                    ("steel guitar", "nylon guitar"),
                    ("strum", "fingerpicked", "travis"),
                    1.0,
                    -0.2,
                    low=40,
                    high=72,
                ),
                Seat("bass", ("upright bass",), ("roots and fifths", "root"), chance=0.7, enters=0.4),
                Seat(
                    "counter",
                    ("violin", "accordion", "cello"),
                    ("thirds", "guide tones"),
                    -0.5,
                    0.3,
                    enters=0.6,
                    chance=0.5,
                ),
                Seat("percussion", ("hand percussion",), ("folk", "shaker"), 0.5, chance=0.5),
            ),
            (
                Seat("melody", ("steel guitar", "banjo", "harmonica"), ("folk",)),
                Seat("chords", ("steel guitar",), ("travis", "fingerpicked", "strum"), 1.0, low=40, high=70),
                Seat("pad", ("accordion", "slow strings"), ("pad",), -1.0, enters=0.6, chance=0.4),
                Seat("bass", ("upright bass",), ("roots and fifths",), chance=0.5),
                Seat("drums", ("brush kit", "room kit"), ("folk",), -1.5, chance=0.4),
            ),
        ),
        {
            "calm": 3,
            "nostalgic": 3,
            "happy": 3,
            "melancholic": 2,
            "romantic": 1,
            "sad": 1,
            "playful": 1,
            "uplifting": 1,
        },
        {"4/4": 4.0, "3/4": 2.0, "6/8": 2.0},
        timing=0.016,
        touch=6.0,
        forms=("song", "strophic"),
        turns=0.5,
    ),
    Style(
        "celtic",
        (84, 128),
        (_FOLK_DORIAN, _FOLK_MAJOR, _FOLK_MIXOLYDIAN, _FOLK_MINOR),
        (
            (
                Seat("melody", ("tin whistle", "violin"), ("fiddle", "jig")),
                Seat(
                    "chords",
                    ("steel guitar", "nylon guitar"),
                    ("strum", "strum sixteenth"),
                    0.0,
                    -0.3,
                    low=40,
                    high=72,
                ),
                Seat("counter", ("violin", "accordion", "flute"), ("thirds", "descant"), 0.0, 0.3, enters=0.6),
                Seat("bass", ("upright bass", "cello"), ("root", "roots and fifths"), chance=0.5, low=28, high=52),
                Seat("percussion", ("hand percussion",), ("folk",), 1.5, enters=0.4),
            ),
            (
                Seat("melody", ("violin", "tin whistle", "flute"), ("jig", "fiddle", "singing")),
                Seat("arpeggio", ("harp",), ("broken", "arpeggio updown"), 1.0, low=48, high=84),
                Seat("pad", ("accordion", "slow strings"), ("drone", "pad"), 0.0, low=48, high=72),
                Seat("percussion", ("hand percussion",), ("folk", "shaker"), 0.5, chance=0.5),
            ),
        ),
        {
            "happy": 3,
            "playful": 3,
            "energetic": 2,
            "nostalgic": 2,
            "melancholic": 2,
            "epic": 1,
            "calm": 1,
            "uplifting": 1,
        },
        {"4/4": 3.0, "6/8": 4.0, "3/4": 1.0},
        timing=0.01,
        touch=6.0,
        forms=("strophic",),
        turns=0.5,
    ),
    Style(
        "country",
        (84, 184),
        (_COUNTRY, _COUNTRY_MIX, _COUNTRY_MINOR),
        (
            (
                Seat("melody", ("pedal steel", "violin", "clean guitar", "harmonica"), ("folk", "singing")),
                Seat("chords", ("steel guitar",), ("strum", "travis"), 1.0, -0.3, low=40, high=72),
                Seat(
                    "chords",
                    ("clean guitar", "honky-tonk piano"),
                    ("skank", "stride"),
                    -1.0,
                    0.4,
                    low=48,
                    high=74,
                    chance=0.6,
                ),
                Seat("bass", ("finger bass", "upright bass"), ("country two",)),
                Seat("drums", ("room kit", "standard kit", "brush kit"), ("country train",)),
                Seat("counter", ("pedal steel", "violin"), ("answers", "guide tones"), 0.0, 0.2, enters=0.5),
            ),
        ),
        {
            "happy": 3,
            "nostalgic": 3,
            "playful": 2,
            "sad": 1.5,
            "romantic": 1,
            "uplifting": 1,
            "energetic": 1.5,
            "melancholic": 1,
        },
        {"4/4": 6.0, "3/4": 1.0},
        swing=(0.0, 0.4),
        timing=0.012,
        touch=6.0,
        turns=0.5,
        ends=0.6,
    ),
    Style(
        "bluegrass",
        (104, 168),
        (_COUNTRY, _FOLK_MIXOLYDIAN, _COUNTRY_MINOR),
        (
            (
                Seat("melody", ("banjo", "violin"), ("fiddle", "folk")),
                Seat("arpeggio", ("banjo",), ("travis", "arpeggio sixteenth"), 1.0, 0.3, low=50, high=76),
                Seat("chords", ("steel guitar",), ("strum", "skank"), 0.0, -0.3, low=40, high=70),
                Seat("counter", ("violin",), ("thirds", "answers"), 0.0, 0.1, enters=0.55),
                Seat("bass", ("upright bass",), ("country two", "roots and fifths")),
            ),
        ),
        {"happy": 4, "energetic": 4, "playful": 4, "nostalgic": 1, "uplifting": 2},
        timing=0.01,
        touch=6.0,
        forms=("strophic",),
        turns=0.6,
        ends=0.6,
    ),
    Style(
        "world",
        (70, 126),
        _WORLD,
        (
            (
                Seat("melody", ("sitar", "pan flute", "koto"), ("singing", "folk", "sparse")),
                Seat("pad", ("sitar", "warm pad", "slow strings"), ("drone",), 0.0, low=48, high=67),
                Seat("percussion", ("hand percussion",), ("salsa", "shaker", "folk")),
                Seat("arpeggio", ("kalimba", "koto", "marimba"), ("broken", "plucks"), 1.0, enters=0.5, chance=0.6),
                Seat("bass", ("upright bass", "fretless bass"), ("root", "roots and fifths"), chance=0.6),
            ),
            (
                Seat("melody", ("kalimba", "marimba"), ("hook", "folk")),
                Seat("arpeggio", ("marimba", "kalimba"), ("arpeggio up", "broken"), 1.0, 0.3, low=48, high=76),
                Seat("counter", ("pan flute", "flute"), ("descant", "answers"), 0.5, -0.2, enters=0.5),
                Seat("percussion", ("hand percussion",), ("salsa", "bossa", "shaker")),
                Seat("bass", ("upright bass", "finger bass"), ("roots and fifths", "bossa"), chance=0.8),
            ),
        ),
        {
            "calm": 2,
            "playful": 2,
            "energetic": 1.5,
            "dreamy": 2,
            "dark": 1,
            "happy": 2,
            "tense": 1,
            "melancholic": 1,
            "romantic": 1,
        },
        {"4/4": 5.0, "6/8": 2.0, "3/4": 0.5},
        timing=0.014,
        forms=("groove", "strophic"),
        turns=0.2,
        ends=0.4,
    ),
    Style(
        "new age",
        (46, 92),
        _NEW_AGE,
        (
            (
                Seat("melody", ("pan flute", "flute", "harp", "fm bell"), ("sparse", "singing")),
                Seat("pad", ("warm pad", "airy pad", "choir"), ("pad",), 1.0),
                Seat(
                    "arpeggio", ("harp", "grand piano", "kalimba"), ("broken", "arpeggio updown"), 1.0, low=48, high=80
                ),
                Seat("bass", ("fretless bass", "sub bass", "contrabass"), ("sustained",), -2.0, enters=0.45),
                Seat(
                    "counter",
                    ("voice oohs", "cello", "violin"),
                    ("descant", "guide tones"),
                    -1.0,
                    enters=0.55,
                    chance=0.6,
                ),
            ),
            (
                Seat("melody", ("grand piano",), ("singing", "sparse")),
                Seat("chords", ("grand piano",), ("broken", "arpeggio updown"), 0.0, low=43, high=67),
                Seat("pad", ("airy pad", "slow strings", "choir"), ("pad",), 0.0, enters=0.4),
            ),
        ),
        {"calm": 6, "dreamy": 5, "romantic": 1.5, "uplifting": 2, "nostalgic": 1, "melancholic": 1},
        {"4/4": 4.0, "3/4": 1.0, "6/8": 1.5},
        timing=0.014,
        forms=("ballad",),
        turns=0.2,
    ),
)
