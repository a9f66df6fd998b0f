"""The sounds that a part may name: who plays it (a soundfont program or a synthesiser) and its family.

`words` are what a caption may call it; the first is the plain name. `family` is the label that metrics
judge: what kind of instrument a listener hears.
"""

from __future__ import annotations

from dataclasses import dataclass

FAMILIES = (
    "piano", "keys", "mallets", "organ", "guitar", "distorted guitar", "plucked", "bass", "strings",
    "brass", "woodwind", "voice", "synth", "drums", "percussion",
)  # fmt: skip
BEATEN = frozenset({"drums", "percussion"})
"""Families that "no drums" rules out."""


@dataclass(frozen=True, slots=True)
class Sound:
    """`program` is the General MIDI program 0..127 (drum kits: the bank-128 program) for engine "soundfont";
    `engine` otherwise names the synthesiser in `band.synths`. `low`..`high` is the playable MIDI range."""

    name: str
    family: str
    engine: str
    program: int
    low: int
    high: int
    words: tuple[str, ...]


def _font(name: str, family: str, program: int, low: int, high: int, *words: str) -> Sound:
    return Sound(name, family, "soundfont", program, low, high, words or (name,))


def _kit(name: str, program: int, *words: str) -> Sound:
    return Sound(name, "drums", "soundfont-drums", program, 27, 87, words or ("drums",))


def _synth(name: str, family: str, engine: str, low: int, high: int, *words: str) -> Sound:
    return Sound(name, family, engine, 0, low, high, words or (name,))


_TABLE = (
    _font("grand piano", "piano", 0, 21, 108, "piano", "grand piano"),
    _font("bright piano", "piano", 1, 21, 108, "piano", "bright piano"),
    _font("honky-tonk piano", "piano", 3, 30, 100, "honky-tonk piano", "upright piano", "saloon piano"),
    _font("electric piano", "keys", 4, 28, 100, "electric piano", "Rhodes", "Rhodes piano"),
    _font("fm piano", "keys", 5, 28, 100, "electric piano", "FM electric piano"),
    _font("harpsichord", "keys", 6, 29, 89, "harpsichord"),
    _font("clavinet", "keys", 7, 28, 88, "clavinet", "clav"),
    _font("celesta", "mallets", 8, 60, 108, "celesta"),
    _font("glockenspiel", "mallets", 9, 72, 108, "glockenspiel"),
    _font("music box", "mallets", 10, 60, 100, "music box"),
    _font("vibraphone", "mallets", 11, 53, 89, "vibraphone", "vibes"),
    _font("marimba", "mallets", 12, 45, 96, "marimba"),
    _font("tubular bells", "mallets", 14, 60, 77, "bells", "tubular bells"),
    _font("tonewheel organ", "organ", 16, 36, 96, "organ", "Hammond organ", "drawbar organ"),
    _font("rock organ", "organ", 18, 36, 96, "organ", "rock organ"),
    _font("church organ", "organ", 19, 28, 96, "church organ", "pipe organ"),
    _font("accordion", "woodwind", 21, 53, 89, "accordion"),
    _font("harmonica", "woodwind", 22, 60, 84, "harmonica"),
    _font("nylon guitar", "guitar", 24, 40, 84, "acoustic guitar", "nylon guitar", "classical guitar"),
    _font("steel guitar", "guitar", 25, 40, 84, "acoustic guitar", "steel-string guitar"),
    _font("jazz guitar", "guitar", 26, 40, 86, "jazz guitar", "guitar"),
    _font("clean guitar", "guitar", 27, 40, 86, "electric guitar", "clean guitar", "clean electric guitar"),
    _font("muted guitar", "guitar", 28, 40, 86, "muted guitar", "electric guitar", "palm-muted guitar"),
    _synth("crunch guitar", "distorted guitar", "amp-crunch", 38, 86, "electric guitar", "overdriven guitar"),
    _synth("distorted guitar", "distorted guitar", "amp-high-gain", 36, 88, "distorted guitar", "heavy guitar"),
    _synth("lead guitar", "distorted guitar", "amp-lead", 40, 90, "lead guitar", "electric guitar solo"),
    _font("banjo", "plucked", 105, 48, 84, "banjo"),
    _font("pedal steel", "guitar", 26, 45, 86, "pedal steel guitar", "slide guitar"),
    _font("sitar", "plucked", 104, 48, 80, "sitar"),
    _font("koto", "plucked", 107, 48, 88, "koto"),
    _font("kalimba", "plucked", 108, 55, 90, "kalimba"),
    _font("harp", "plucked", 46, 24, 103, "harp"),
    _font("pizzicato strings", "plucked", 45, 36, 96, "pizzicato strings", "plucked strings"),
    _font("upright bass", "bass", 32, 28, 60, "double bass", "upright bass", "acoustic bass"),
    _font("finger bass", "bass", 33, 28, 62, "bass guitar", "electric bass"),
    _font("picked bass", "bass", 34, 28, 62, "bass guitar", "picked bass"),
    _font("fretless bass", "bass", 35, 28, 62, "fretless bass", "bass guitar"),
    _font("slap bass", "bass", 36, 28, 64, "slap bass", "bass guitar"),
    _synth("sub bass", "bass", "sub-bass", 24, 52, "sub bass", "deep bass"),
    _synth("808 bass", "bass", "bass-808", 24, 52, "808 bass", "808s"),
    _synth("synth bass", "bass", "saw-bass", 24, 60, "synth bass"),
    _synth("acid bass", "bass", "acid-bass", 28, 64, "acid bass line", "303 bass"),
    _synth("reese bass", "bass", "reese-bass", 24, 55, "reese bass", "growling bass"),
    _font("violin", "strings", 40, 55, 100, "violin", "fiddle"),
    _font("viola", "strings", 41, 48, 88, "viola"),
    _font("cello", "strings", 42, 36, 76, "cello"),
    _font("contrabass", "strings", 43, 28, 60, "double basses", "contrabass"),
    _font("tremolo strings", "strings", 44, 36, 96, "tremolo strings"),
    _font("string ensemble", "strings", 48, 36, 96, "strings", "string section", "string ensemble"),
    _font("slow strings", "strings", 49, 36, 96, "strings", "slow strings", "legato strings"),
    _font("trumpet", "brass", 56, 54, 84, "trumpet"),
    _font("muted trumpet", "brass", 59, 54, 82, "muted trumpet"),
    _font("trombone", "brass", 57, 40, 72, "trombone"),
    _font("tuba", "brass", 58, 28, 58, "tuba"),
    _font("french horn", "brass", 60, 41, 77, "french horns", "horn"),
    _font("brass section", "brass", 61, 43, 84, "brass section", "horn section", "brass"),
    _font("alto sax", "woodwind", 65, 49, 81, "alto saxophone", "saxophone", "sax"),
    _font("tenor sax", "woodwind", 66, 44, 76, "tenor saxophone", "saxophone", "sax"),
    _font("baritone sax", "woodwind", 67, 36, 69, "baritone saxophone"),
    _font("oboe", "woodwind", 68, 58, 91, "oboe"),
    _font("bassoon", "woodwind", 70, 34, 72, "bassoon"),
    _font("clarinet", "woodwind", 71, 50, 91, "clarinet"),
    _font("flute", "woodwind", 73, 60, 96, "flute"),
    _font("pan flute", "woodwind", 75, 60, 96, "pan flute"),
    _font("tin whistle", "woodwind", 72, 74, 102, "tin whistle", "piccolo"),
    _font("choir", "voice", 52, 43, 84, "choir", "choir aahs"),
    _font("voice oohs", "voice", 53, 48, 84, "voices", "vocal oohs"),
    _synth("warm pad", "synth", "warm-pad", 36, 96, "synth pad", "warm pad"),
    _synth("string machine", "synth", "string-machine", 36, 96, "synth strings", "analog strings"),
    _synth("airy pad", "synth", "airy-pad", 36, 100, "airy pad", "atmospheric pad", "synth pad"),
    _synth("supersaw", "synth", "supersaw", 36, 100, "supersaw synth", "supersaw lead", "synth"),
    _synth("saw lead", "synth", "saw-lead", 45, 100, "synth lead", "saw lead"),
    _synth("square lead", "synth", "square-lead", 45, 100, "synth lead", "square lead"),
    _synth("chip pulse", "synth", "chip-pulse", 36, 103, "chiptune synth", "8-bit pulse lead", "square wave synth"),
    _synth("chip triangle", "bass", "chip-triangle", 24, 76, "8-bit bass", "triangle wave bass"),
    _synth("pluck", "synth", "pluck", 40, 100, "synth pluck", "plucky synth"),
    _synth("fm bell", "synth", "fm-bell", 48, 103, "synth bells", "FM bells"),
    _synth("poly synth", "synth", "poly-synth", 36, 96, "analog synth", "polysynth", "synth chords"),
    _synth("house stab", "synth", "stab", 40, 96, "chord stabs", "synth stabs"),
    _font("timpani", "percussion", 47, 36, 57, "timpani"),
    _kit("standard kit", 0, "drums", "drum kit", "acoustic drums"),
    _kit("room kit", 8, "drums", "drum kit", "roomy drums"),
    _kit("power kit", 16, "drums", "rock drums", "powerful drums"),
    _kit("jazz kit", 32, "drums", "jazz drums", "soft drum kit"),
    _kit("brush kit", 40, "brushed drums", "drums with brushes", "brushes"),
    _kit("orchestra kit", 48, "orchestral percussion"),
    _synth("808 kit", "drums", "kit-808", 27, 87, "808 drums", "drum machine", "electronic drums"),
    _synth("909 kit", "drums", "kit-909", 27, 87, "909 drums", "drum machine", "electronic drums"),
    _synth("linn kit", "drums", "kit-linn", 27, 87, "drum machine", "gated drums", "80s drum machine"),
    _synth("dusty kit", "drums", "kit-dusty", 27, 87, "dusty drums", "lo-fi drums", "boom bap drums"),
    _synth("break kit", "drums", "kit-break", 27, 87, "breakbeats", "chopped drums", "fast drums"),
    _synth("chip kit", "drums", "kit-chip", 27, 87, "8-bit drums", "noise drums"),
    _kit("hand percussion", 0, "percussion", "hand percussion", "congas and shakers"),
)  # fmt: skip

SOUNDS: dict[str, Sound] = {sound.name: sound for sound in _TABLE}
