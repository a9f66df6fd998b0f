"""Styles for one instrument alone."""

from __future__ import annotations

from songloom.band.styles.style import Palette, Seat, Style

_QUIET = {"calm": 3, "sad": 2, "melancholic": 3, "romantic": 3, "dreamy": 3, "nostalgic": 2, "happy": 2, "playful": 1}
_RECITAL = {**_QUIET, "dark": 1, "tense": 1, "uplifting": 1}

_MAJOR = Palette(
    "major",
    3,
    (
        "I | V/3 | vi | IV",
        "I | vi | ii | V7",
        "Imaj7 | iii7 | vi7 | IVmaj7",
        "I | IV/5 | V7 | I",
        "I | iii | IV | iv",
        "I | V/3 | vi | iii/5 | IV | I/3 | ii7 | V7",
        "Iadd9 | V/3 | vi7 | IVadd9",
    ),
    ("IV | V | iii | vi", "vi | IV | I/5 | V", "ii7 | V7 | I | VI7", "IV | iv | I/5 | V7"),
    "V7",
)
_MINOR = Palette(
    "minor",
    3,
    (
        "i | bVI | bIII | bVII",
        "i | iv | bVI | V",
        "i | v/3 | bVI | iv",
        "i | bVII/3 | bVI | V7",
        "i | iv7 | bVII7 | bIIImaj7 | bVImaj7 | iih7 | V7 | i",
        "iadd9 | bVImaj7 | bIII | bVII",
    ),
    ("bVI | bVII | i | i", "iv | bVII | bIII | bVI", "bIII | bVII | iv | i"),
    "V7",
    "i",
)
_HARMONIC = Palette(
    "harmonic minor", 1, ("i | iv | V7 | i", "i | V7/3 | i | iv | i/5 | V7 | i | V7"), ("iv | i | V7 | i",), "V7", "i"
)
_DORIAN = Palette("dorian", 1, ("i | IV | i | bVII", "i7 | IV7 | i7 | bVII"), ("bIII | IV | i | i",), "bVII", "i")
_LYDIAN = Palette("lydian", 0.7, ("Imaj7 | II/P | Imaj7 | II/P", "I | II | vii | I"), (), "II", "Imaj7")
_MODES = (_MAJOR, _MINOR, _HARMONIC, _DORIAN, _LYDIAN)
_METERS = {"4/4": 5.0, "3/4": 2.0, "6/8": 2.0}


def _two_hands(
    sound: tuple[str, ...], melody: tuple[str, ...], figures: tuple[str, ...], low: int, high: int
) -> tuple[Seat, ...]:
    """Melody and accompaniment on one instrument."""
    return (Seat("melody", sound, melody), Seat("chords", sound, figures, low=low, high=high))


STYLES = (
    Style(
        "solo piano",
        (46, 132),
        _MODES,
        (
            _two_hands(("grand piano",), ("singing",), ("broken", "ballad piano"), 36, 62),
            _two_hands(("grand piano",), ("classical",), ("alberti", "broken"), 43, 64),
            _two_hands(("grand piano",), ("pop",), ("ballad piano", "broken", "block"), 36, 62),
            _two_hands(("grand piano",), ("virtuoso",), ("arpeggio sixteenth", "broken"), 36, 62),
            _two_hands(("bright piano", "honky-tonk piano"), ("folk", "swing"), ("stride",), 33, 62),
        ),
        {**_RECITAL, "epic": 0.7, "energetic": 0.7},
        _METERS,
        timing=0.018,
        touch=6.0,
        forms=("ballad", "song", "strophic"),
        turns=0.6,
        ends=0.6,
    ),
    Style(
        "solo guitar",
        (60, 130),
        _MODES,
        (
            _two_hands(("nylon guitar",), ("singing", "classical"), ("fingerpicked",), 40, 62),
            _two_hands(("steel guitar",), ("folk", "singing"), ("travis", "fingerpicked"), 40, 62),
            (Seat("chords", ("steel guitar",), ("strum", "strum sixteenth"), low=40, high=76),),
            (Seat("chords", ("nylon guitar", "steel guitar"), ("fingerpicked", "travis"), low=40, high=76),),
            _two_hands(("jazz guitar",), ("swing",), ("jazz comp", "bossa guitar"), 40, 62),
        ),
        {**_QUIET, "happy": 3, "uplifting": 1},
        _METERS,
        timing=0.016,
        touch=6.0,
        forms=("ballad", "strophic", "song"),
        turns=0.5,
    ),
    Style(
        "solo harp",
        (56, 112),
        _MODES,
        (
            (Seat("melody", ("harp",), ("singing",)), Seat("chords", ("harp",), ("broken",), -2.0, low=36, high=66)),
            (
                Seat("arpeggio", ("harp",), ("arpeggio updown",), low=40, high=84),
                Seat("melody", ("harp",), ("sparse",)),
            ),
            (
                Seat("arpeggio", ("harp",), ("harp glissandi",), low=40, high=90),
                Seat("melody", ("harp",), ("lullaby",)),
            ),
        ),
        {**_QUIET, "uplifting": 1, "dreamy": 5},
        {"4/4": 3.0, "3/4": 3.0, "6/8": 2.0},
        timing=0.016,
        forms=("ballad", "strophic"),
        turns=0.5,
        ends=0.7,
    ),
    Style(
        "solo flute",
        (60, 132),
        _MODES,
        ((Seat("melody", ("flute",), ("classical",)),), (Seat("melody", ("flute",), ("virtuoso", "folk")),)),
        {**_RECITAL, "playful": 3},
        _METERS,
        timing=0.018,
        forms=("ballad", "strophic"),
        turns=0.7,
        ends=0.7,
    ),
    Style(
        "solo cello",
        (44, 108),
        _MODES,
        (
            (Seat("melody", ("cello",), ("classical", "singing")),),
            (Seat("melody", ("cello",), ("prelude",)),),
            (Seat("melody", ("cello",), ("singing",)), Seat("counter", ("cello",), ("drone",), -5.0, low=36, high=50)),
        ),
        {**_RECITAL, "sad": 4, "dark": 3},
        _METERS,
        timing=0.02,
        forms=("ballad",),
        turns=0.7,
        ends=0.7,
    ),
    Style(
        "solo violin",
        (56, 140),
        _MODES,
        (
            (Seat("melody", ("violin",), ("classical", "singing")),),
            (Seat("melody", ("violin",), ("prelude",)),),
            (Seat("melody", ("violin",), ("virtuoso",)),),
        ),
        {**_RECITAL, "energetic": 1},
        _METERS,
        timing=0.018,
        forms=("ballad", "strophic"),
        turns=0.7,
        ends=0.7,
    ),
    Style(
        "music box",
        (66, 120),
        (_MAJOR, _LYDIAN, _MINOR),
        (
            (
                Seat("melody", ("music box",), ("lullaby",), low=72),
                Seat("chords", ("music box",), ("broken", "plucks"), -4.0, low=60, high=76),
            ),
            (
                Seat("melody", ("music box",), ("lullaby", "folk"), low=72),
                Seat("chords", ("music box",), ("waltz", "alberti"), -4.0, low=60, high=76),
                Seat("counter", ("celesta", "glockenspiel"), ("descant",), -6.0, chance=0.4),
            ),
        ),
        {"dreamy": 4, "calm": 3, "nostalgic": 3, "playful": 3, "happy": 2, "sad": 1, "dark": 0.7},
        {"4/4": 2.0, "3/4": 4.0, "6/8": 2.0},
        timing=0.003,
        touch=2.0,
        forms=("ballad", "strophic"),
        turns=0.6,
    ),
    Style(
        "church organ",
        (44, 104),
        (_MAJOR, _MINOR, _HARMONIC),
        (
            (
                Seat("melody", ("church organ",), ("hymn",)),
                Seat("chords", ("church organ",), ("hymn",), -1.0, low=48, high=72),
                Seat("bass", ("church organ",), ("sustained", "root"), low=36, high=50),
            ),
            (
                Seat("melody", ("church organ",), ("virtuoso",)),
                Seat("chords", ("church organ",), ("whole notes", "block"), -2.0, low=48, high=70),
                Seat("bass", ("church organ",), ("sustained", "roots and fifths"), low=36, high=50, enters=0.5),
            ),
            (
                Seat("arpeggio", ("church organ",), ("arpeggio sixteenth", "broken"), low=55, high=84),
                Seat("bass", ("church organ",), ("sustained",), low=36, high=50),
            ),
        ),
        {"calm": 2, "epic": 3, "dark": 3, "uplifting": 2, "sad": 1, "tense": 1, "melancholic": 1},
        {"4/4": 5.0, "3/4": 2.0},
        timing=0.006,
        touch=2.0,
        forms=("ballad", "strophic"),
        turns=0.8,
        ends=0.8,
    ),
)
