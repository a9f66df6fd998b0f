"""Palettes that several families of styles share."""

from __future__ import annotations

from songloom.band.styles.style import Palette

DEEP = (
    Palette(
        "minor",
        3,
        (
            "i9 | i9 | bVImaj7 | bVImaj7",
            "i7 | iv9 | bVImaj7 | v7",
            "i9 | bVII | bVImaj9 | v7",
            "i9 | v9 | bVImaj7 | iv9",
        ),
        ("bVImaj7 | v7 | i9 | i9", "iv9 | v7 | i9 | bVII"),
        "v7",
        "i9",
    ),
    Palette(
        "dorian",
        2.5,
        ("i9 | i9 | IV9 | IV9", "i9 | IV9 | i9 | IV9", "i11 | bVIImaj7 | i11 | IV9"),
        ("bIIImaj7 | IV9 | i9 | i9", "ii7 | v7 | i9 | i9"),
        "IV9",
        "i9",
    ),
    Palette(
        "major",
        1.2,
        ("Imaj9 | vi9 | IVmaj9 | V9", "Imaj9 | iii7 | IVmaj9 | V9"),
        ("IVmaj9 | V9 | vi9 | Imaj9",),
        "IVmaj9",
        "Imaj9",
    ),
)
TECHNO = (
    Palette("minor", 3, ("i | i | i | i", "i | i | i | bVII", "i7 | i7 | i7 | i7"), ("i | i | bVI | bVII",), "i", "i"),
    Palette("phrygian", 2, ("i | i | i | bII", "i | i | i | i"), ("i | bII | i | bII",), "i", "i"),
    Palette("dorian", 1.5, ("i7 | i7 | i7 | i7", "i9 | i9 | IV | IV"), (), "i", "i"),
)
DARK_BEATS = (
    Palette(
        "minor",
        3,
        ("i | i | bVI | bVI", "i | bVI | i | bVII", "i | iv | bVI | v", "i | i | iv | bVI"),
        ("bVI | bVII | i | i", "iv | bVI | i | v"),
        "v",
        "i",
    ),
    Palette(
        "phrygian",
        1.8,
        ("i | bII | i | bII", "i | i | bII | bII", "i | i | bVI | bII"),
        ("bVI | bII | i | i",),
        "bII",
        "i",
    ),
    Palette(
        "harmonic minor", 1.8, ("i | bVI | V | i", "i | i | iv | V", "i | V | i | V"), ("bVI | V | i | i",), "V", "i"
    ),
)
SYNTHWAVE = (
    Palette(
        "minor",
        4,
        (
            "i | bVI | bIII | bVII",
            "i | bVII | bVI | bVII",
            "i | iv | bVI | bVII",
            "bVI | bVII | i | i",
            "i | bIII | bVII | bVI",
        ),
        ("bVI | bIII | bVII | i", "bVI | bVII | i | v"),
        "bVII",
        "i",
    ),
    Palette("major", 1.5, ("I | V | vi | IV", "IV | V | vi | I/3"), ("vi | IV | I | V",), "V"),
    Palette("dorian", 1.5, ("i | IV | i | bVII", "i | bIII | IV | i"), ("bIII | bVII | IV | i",), "bVII", "i"),
)
POP_MAJOR = Palette(
    "major",
    3,
    ("I | V | vi | IV", "I | vi | IV | V", "I | IV | vi | V", "I | iii | IV | V", "IV | I | V | vi"),
    ("IV | V | vi | I", "vi | IV | I | V", "IV | I | V | V", "I | V/3 | vi | IV"),
    "V",
)
POP_MINOR = Palette(
    "minor",
    2,
    ("i | bVI | bIII | bVII", "i | bVII | bVI | bVII", "i | iv | bVI | bVII", "bVI | bVII | i | i"),
    ("bVI | bIII | bVII | i", "bIII | bVII | i | bVI"),
    "bVII",
    "i",
)
