"""Rock, pop, folk and other song styles played by bands."""

from __future__ import annotations

from songloom.band.styles.style import Palette, Seat, Style

_POP_MAJOR = Palette(
    "major",
    3,
    ("I | V | vi | IV", "vi | IV | I | V", "I | vi | IV | V", "I | IV | vi | V", "I | iii | IV | V", "IV | I | V | vi"),
    ("IV | V | vi | I", "vi | IV | I | V", "IV | I | V | V", "I | V/3 | vi | IV"),
    "V",
)
_POP_MINOR = Palette(
    "minor",
    2,
    ("i | bVI | bIII | bVII", "i | bVII | bVI | bVII", "i | iv | bVI | bVII", "bVI | bVII | i | i"),
    ("bVI | bIII | bVII | i", "bIII | bVII | i | bVI"),
    "bVII",
    "i",
)
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
    Palette("phrygian", 3, ("i5 | i5 | bII5 | i5", "i5 | bII5 | bIII5 | bII5", "i5 | i5 | bVI5 | bII5", "i5 | bII5 | i5 | bVII5"), ("bVI5 | bVII5 | i5 | bII5", "i5 | bVI5 | bIII5 | bII5"), "bII5", "i5"),
    Palette("minor", 2.5, ("i5 | bVI5 | bVII5 | i5", "i5 | bVI5 | bIII5 | bVII5", "i5 | i5 | bVII5 | bVI5"), ("bVI5 | bVII5 | i5 | i5", "bVI5 | bIII5 | bVII5 | iv5"), "bVII5", "i5"),
    Palette("harmonic minor", 1.2, ("i5 | bVI5 | V5 | i5", "i5 | iv5 | V5 | V5"), ("bVI5 | iv5 | V5 | V5",), "V5", "i5"),
)  # fmt: skip
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
_REGGAE = (
    Palette("minor", 3, ("i | iv | i | iv", "i7 | iv7 | v7 | i7", "i | bVII | bVI | bVII", "i | i | bVII | iv"), ("bVI | bVII | i | i", "iv | bIII | bVII | i"), "v", "i"),
    Palette("major", 2.5, ("I | IV | I | V", "I | V | vi | IV", "I | ii | I | ii", "I | IV | V | IV"), ("ii | V | I | I", "vi | iii | IV | V"), "V"),
    Palette("dorian", 1, ("i7 | IV | i7 | IV", "i7 | ii7 | i7 | ii7"), ("bIII | bVII | i | i",), "v", "i"),
)  # fmt: skip
_BALLAD = Palette(
    "major",
    3,
    ("I | V/3 | vi | IV", "I | iii | IV | V", "Imaj7 | vi7 | IVmaj7 | V7sus4", "I | V/3 | vi | I/5 | IV | I/3 | ii7 | V", "I | iii7 | vi7 | IV iv"),
    ("IV | V | iii7 | vi", "vi | IV | I/3 | V", "IV | V/3 | vi I/5 | IV V"),
    "IV V",
    "I",
)  # fmt: skip
_INDIE = Palette(
    "major",
    3,
    ("Iadd9 | vi7 | IVmaj7 | IVmaj7", "I | IVmaj7 | I | IVmaj7", "IVmaj7 | I | vi7 | V", "I | iii7 | IVadd9 | iv"),
    ("vi7 | IV | I | V", "IV | V | iii | vi"),
    "IV",
)
_WORLD = (
    Palette("phrygian", 2, ("i | bII | i | bII", "i | bII | bIII | bII"), ("bVI | bVII | bII | i",), "bII", "i"),
    Palette("dorian", 2, ("i | bVII | i | IV", "i | i | i | bVII"), ("bIII | IV | bVII | i",), "bVII", "i"),
    Palette("mixolydian", 2, ("I | bVII | I | bVII", "I | I | I | bVII"), ("IV | bVII | I | I",), "bVII"),
    Palette("harmonic minor", 2, ("i | V | i | V", "i | iv | V | i"), ("bVI | V | i | i",), "V", "i"),
    Palette("major", 1.5, ("I | IV | V | IV", "I | ii | IV | V"), ("IV | V | I | vi",), "V"),
)  # fmt: skip
_NEW_AGE = (
    Palette("major", 3, ("Iadd9 | IVadd9 | Iadd9 | V", "I | iii | IV | I/3", "IVmaj7 | I/3 | IVmaj7 | V", "Iadd9 | vi7 | IVadd9 | Vsus4"), ("vi | IV | I | V", "IV | V | vi | iii"), "IV"),
    Palette("lydian", 2, ("Imaj7 | II/P | Imaj7 | II/P", "Imaj9 | vi7 | II | Imaj9"), (), "II/P"),
    Palette("minor", 1.5, ("iadd9 | bVImaj7 | bIII | bVII", "i | bVI | iv7 | bVII"), ("bIII | bVII | bVI | i",), "bVII", "i"),
    Palette("dorian", 1, ("i9 | IV | i9 | IV",), (), "bVII", "i"),
)  # fmt: skip

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
        "rock",
        (92, 168),
        (_ROCK_MIXOLYDIAN, _ROCK_MAJOR, _ROCK_MINOR, _ROCK_DORIAN),
        (
            (
                *_RHYTHM_GUITARS,
                Seat("melody", ("lead guitar",), ("rock riff", "pop", "solo"), enters=0.4),
                Seat("bass", ("picked bass", "finger bass"), ("eighths", "root")),
                Seat("drums", ("power kit", "room kit"), ("rock", "rock half-time"), 1.0),
                Seat("pad", ("rock organ", "tonewheel organ"), ("pad",), -6.0, enters=0.6, chance=0.4),
            ),
            (
                Seat("chords", ("crunch guitar",), ("strum", "power chords"), pan=-0.5, low=40, high=67),
                Seat(
                    "chords",
                    ("clean guitar", "rock organ", "bright piano"),
                    ("broken", "block", "strum"),
                    -3.0,
                    0.5,
                    low=50,
                    high=76,
                ),
                Seat("melody", ("lead guitar", "rock organ"), ("pop", "rock riff")),
                Seat("bass", ("picked bass", "finger bass"), ("eighths", "roots and fifths")),
                Seat("drums", ("power kit", "standard kit"), ("rock",), 1.0),
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
        (_ROCK_MAJOR, _ROCK_MINOR, _POP_MAJOR),
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
                Seat("bass", ("picked bass",), ("power eighths", "eighths"), 1.0),
                Seat("drums", ("power kit", "room kit"), ("punk",), 1.0),
                Seat("melody", ("lead guitar",), ("anthem", "rock riff", "pop"), -1.0, enters=0.5, chance=0.85),
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
                Seat("chords", ("distorted guitar",), ("palm mute",), 1.0, -0.8, low=36, high=60),
                Seat("chords", ("distorted guitar",), ("palm mute", "power chords"), 1.0, 0.8, low=36, high=60),
                Seat("bass", ("picked bass",), ("power eighths", "eighths")),
                Seat("drums", ("power kit",), ("metal", "double-kick"), 1.0),
                Seat("melody", ("lead guitar", "distorted guitar"), ("rock riff", "solo"), -1.0, enters=0.6),
            ),
            (
                Seat("chords", ("distorted guitar",), ("power chords", "palm mute"), 1.0, -0.8, low=36, high=60),
                Seat("chords", ("distorted guitar",), ("power chords", "tremolo"), 0.0, 0.8, low=40, high=67),
                Seat("bass", ("picked bass",), ("power eighths", "root")),
                Seat("drums", ("power kit",), ("double-kick", "metal", "rock half-time"), 1.0),
                Seat("melody", ("lead guitar",), ("solo", "anthem"), -1.0, enters=0.6, chance=0.8),
                Seat("pad", ("choir", "slow strings"), ("pad",), -6.0, enters=0.75, chance=0.3),
            ),
        ),
        {"aggressive": 6, "dark": 4, "epic": 2, "tense": 2, "energetic": 2},
        timing=0.005,
        touch=4.0,
        forms=("song", "groove"),
        turns=0.15,
        ends=0.4,
    ),
    Style(
        "pop",
        (84, 132),
        (_POP_MAJOR, _POP_MINOR),
        (
            (
                Seat("melody", ("saw lead", "square lead", "voice oohs", "clean guitar"), ("pop", "hook")),
                Seat(
                    "chords",
                    ("grand piano", "bright piano", "electric piano"),
                    ("block", "ballad piano"),
                    -2.0,
                    -0.2,
                    low=48,
                    high=72,
                ),
                Seat(
                    "chords",
                    ("steel guitar", "clean guitar"),
                    ("strum sixteenth", "strum"),
                    -4.0,
                    0.4,
                    enters=0.5,
                    chance=0.6,
                    low=48,
                    high=74,
                ),
                Seat("bass", ("finger bass", "synth bass"), ("eighths", "root", "motown")),
                Seat("drums", ("standard kit", "linn kit", "909 kit"), ("pop",), 1.0),
                Seat("pad", ("warm pad", "slow strings", "poly synth"), ("pad",), -5.0, enters=0.6),
                Seat("arpeggio", ("pluck", "fm bell"), ("plucks", "arpeggio up"), -6.0, enters=0.6, chance=0.5),
                Seat("percussion", ("hand percussion",), ("shaker",), -6.0, enters=0.6, chance=0.4),
            ),
        ),
        {**_SONG_MOODS, "happy": 4, "uplifting": 4, "energetic": 3, "playful": 2},
        timing=0.006,
        turns=0.2,
        ends=0.3,
    ),
    Style(
        "ballad",
        (54, 84),
        (_BALLAD, _POP_MINOR),
        (
            (
                Seat(
                    "melody", ("voice oohs", "violin", "tenor sax", "oboe", "flute", "lead guitar"), ("singing", "soul")
                ),
                Seat("chords", ("grand piano", "electric piano"), ("ballad piano", "broken"), -1.0, low=43, high=69),
                Seat("pad", ("slow strings", "string ensemble", "warm pad"), ("pad",), -4.0, enters=0.5),
                Seat("bass", ("finger bass", "fretless bass"), ("root", "roots and fifths"), enters=0.4),
                Seat("drums", ("room kit", "standard kit"), ("ballad",), -1.0, enters=0.45),
                Seat(
                    "chords",
                    ("nylon guitar", "steel guitar"),
                    ("fingerpicked",),
                    -5.0,
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
        (_INDIE, _POP_MINOR, _POP_MAJOR),
        (
            (
                Seat("melody", ("clean guitar", "glockenspiel", "square lead", "voice oohs"), ("pop", "hook"), pan=0.1),
                Seat("chords", ("clean guitar",), ("broken", "arpeggio up", "strum"), -1.0, -0.5, low=50, high=76),
                Seat(
                    "chords",
                    ("crunch guitar", "steel guitar"),
                    ("strum", "strum sixteenth"),
                    -3.0,
                    0.5,
                    enters=0.5,
                    low=45,
                    high=70,
                ),
                Seat("bass", ("picked bass", "finger bass"), ("eighths",)),
                Seat("drums", ("room kit", "standard kit"), ("rock", "pop", "disco")),
                Seat("pad", ("string machine", "warm pad", "rock organ"), ("pad",), -5.0, enters=0.65, chance=0.6),
            ),
        ),
        {**_SONG_MOODS, "dreamy": 3, "nostalgic": 3, "melancholic": 2},
        timing=0.014,
        touch=6.0,
        turns=0.2,
        ends=0.4,
    ),
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
                    -1.0,
                    -0.2,
                    low=40,
                    high=72,
                ),
                Seat("bass", ("upright bass",), ("roots and fifths", "root"), chance=0.7, enters=0.4),
                Seat(
                    "counter",
                    ("violin", "accordion", "cello"),
                    ("thirds", "guide tones"),
                    -4.0,
                    0.3,
                    enters=0.6,
                    chance=0.5,
                ),
                Seat("percussion", ("hand percussion",), ("folk", "shaker"), -3.0, chance=0.5),
            ),
            (
                Seat("melody", ("steel guitar", "banjo", "harmonica"), ("folk",)),
                Seat("chords", ("steel guitar",), ("travis", "fingerpicked", "strum"), -1.0, low=40, high=70),
                Seat("pad", ("accordion", "slow strings"), ("pad",), -6.0, enters=0.6, chance=0.4),
                Seat("bass", ("upright bass",), ("roots and fifths",), chance=0.5),
                Seat("drums", ("brush kit", "room kit"), ("folk",), -2.0, chance=0.4),
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
                    -3.0,
                    -0.3,
                    low=40,
                    high=72,
                ),
                Seat("counter", ("violin", "accordion", "flute"), ("thirds", "descant"), -3.0, 0.3, enters=0.6),
                Seat("bass", ("upright bass", "cello"), ("root", "roots and fifths"), chance=0.5, low=28, high=52),
                Seat("percussion", ("hand percussion",), ("folk",), -1.0, enters=0.4),
            ),
            (
                Seat("melody", ("violin", "tin whistle", "flute"), ("jig", "fiddle", "singing")),
                Seat("arpeggio", ("harp",), ("broken", "arpeggio updown"), -2.0, low=48, high=84),
                Seat("pad", ("accordion", "slow strings"), ("drone", "pad"), -5.0, low=48, high=72),
                Seat("percussion", ("hand percussion",), ("folk", "shaker"), -3.0, chance=0.5),
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
                Seat("chords", ("steel guitar",), ("strum", "travis"), -1.0, -0.3, low=40, high=72),
                Seat(
                    "chords",
                    ("clean guitar", "honky-tonk piano"),
                    ("skank", "stride"),
                    -4.0,
                    0.4,
                    low=48,
                    high=74,
                    chance=0.6,
                ),
                Seat("bass", ("finger bass", "upright bass"), ("country two",)),
                Seat("drums", ("room kit", "standard kit", "brush kit"), ("country train",)),
                Seat("counter", ("pedal steel", "violin"), ("answers", "guide tones"), -3.0, 0.2, enters=0.5),
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
                Seat("arpeggio", ("banjo",), ("travis", "arpeggio sixteenth"), -2.0, 0.3, low=50, high=76),
                Seat("chords", ("steel guitar",), ("strum", "skank"), -2.0, -0.3, low=40, high=70),
                Seat("counter", ("violin",), ("thirds", "answers"), -3.0, 0.1, enters=0.55),
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
        "reggae",
        (64, 92),
        _REGGAE,
        (
            (
                Seat(
                    "melody",
                    ("tenor sax", "trombone", "brass section", "harmonica", "voice oohs"),
                    ("soul", "singing"),
                    enters=0.4,
                ),
                Seat("chords", ("clean guitar", "muted guitar"), ("skank",), 1.0, -0.3, low=55, high=77),
                Seat("chords", ("tonewheel organ",), ("bubble organ",), -1.0, 0.3, low=52, high=74),
                Seat("bass", ("finger bass", "sub bass"), ("reggae",), 2.0, high=50),
                Seat("drums", ("room kit", "standard kit"), ("reggae one drop", "reggae steppers"), 1.0),
                Seat("counter", ("brass section", "trombone"), ("answers",), -2.0, enters=0.65),
                Seat("percussion", ("hand percussion",), ("shaker",), -5.0, 0.4, chance=0.4),
            ),
        ),
        {"calm": 3, "happy": 4, "playful": 2, "uplifting": 2, "nostalgic": 1, "melancholic": 1, "dark": 1, "dreamy": 1},
        swing=(0.1, 0.6),
        timing=0.012,
        forms=("groove", "song"),
        turns=0.1,
        ends=0.2,
    ),
    Style(
        "world",
        (70, 126),
        _WORLD,
        (
            (
                Seat("melody", ("sitar", "pan flute", "koto"), ("singing", "folk", "sparse")),
                Seat("pad", ("sitar", "warm pad", "slow strings"), ("drone",), -4.0, low=48, high=67),
                Seat("percussion", ("hand percussion",), ("salsa", "shaker", "folk")),
                Seat("arpeggio", ("kalimba", "koto", "marimba"), ("broken", "plucks"), -3.0, enters=0.5, chance=0.6),
                Seat("bass", ("upright bass", "fretless bass"), ("root", "roots and fifths"), chance=0.6),
            ),
            (
                Seat("melody", ("kalimba", "marimba"), ("hook", "folk")),
                Seat("arpeggio", ("marimba", "kalimba"), ("arpeggio up", "broken"), -3.0, 0.3, low=48, high=76),
                Seat("counter", ("pan flute", "flute"), ("descant", "answers"), -2.0, -0.2, enters=0.5),
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
        (56, 92),
        _NEW_AGE,
        (
            (
                Seat("melody", ("pan flute", "flute", "harp", "fm bell"), ("sparse", "singing")),
                Seat("pad", ("warm pad", "airy pad", "choir"), ("pad",), -2.0),
                Seat(
                    "arpeggio", ("harp", "grand piano", "kalimba"), ("broken", "arpeggio updown"), -2.0, low=48, high=80
                ),
                Seat("bass", ("fretless bass", "sub bass", "contrabass"), ("sustained",), -3.0, enters=0.45),
                Seat(
                    "counter",
                    ("voice oohs", "cello", "violin"),
                    ("descant", "guide tones"),
                    -5.0,
                    enters=0.55,
                    chance=0.6,
                ),
            ),
            (
                Seat("melody", ("grand piano",), ("singing", "sparse")),
                Seat("chords", ("grand piano",), ("broken", "arpeggio updown"), -3.0, low=43, high=67),
                Seat("pad", ("airy pad", "slow strings", "choir"), ("pad",), -4.0, enters=0.4),
            ),
        ),
        {"calm": 6, "dreamy": 5, "romantic": 1.5, "uplifting": 2, "nostalgic": 1, "melancholic": 1},
        {"4/4": 4.0, "3/4": 1.0, "6/8": 1.5},
        timing=0.014,
        forms=("ballad",),
        turns=0.2,
    ),
)
