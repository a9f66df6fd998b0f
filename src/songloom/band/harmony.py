"""From roman numerals to chords: progressions of a style become the chord sequence of a form.

Numerals count from the major scale of the tonic whatever the mode ("bVI", "bIII"); case gives the third
("ii" minor, "II" major), a suffix the quality ("maj9", "7", "sus4", "5", "o7", "h7" half-diminished), and
"/3", "/5", "/7" or "/P" puts the third, the fifth, the seventh or the tonic as pedal in the bass. Bars are
separated by "|"; chords share a bar evenly; "%" repeats the bar before.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from songloom.band.piece import Chord, Meter, Section
from songloom.band.styles.style import Palette
from songloom.band.theory import QUALITIES, chord_tones, scale

_DEGREES = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
_NUMERAL = re.compile(r"^([b#]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)([^/]*)(?:/([357P]))?$")
_UPPER = {
    "": "maj", "7": "dom7", "9": "dom9", "13": "dom13", "6": "maj6", "o": "dim", "o7": "dim7", "+": "aug",
}  # fmt: skip
_LOWER = {
    "": "min", "7": "min7", "9": "min9", "11": "min11", "6": "min6", "add9": "minadd9", "maj7": "minmaj7",
    "o": "dim", "o7": "dim7", "h7": "min7b5", "5": "5",
}  # fmt: skip
_BASS_TONE = {"3": 1, "5": 2, "7": 3}

_BLUES_SCALE = (0, 3, 5, 6, 7, 10)
_MAJOR_FIVE, _MINOR_FIVE = (0, 2, 4, 7, 9), (0, 3, 5, 7, 10)
_PENTATONIC = {"major": _MAJOR_FIVE, "mixolydian": _MAJOR_FIVE, "minor": _MINOR_FIVE, "dorian": _MINOR_FIVE}

GENERIC: dict[str, Palette] = {
    palette.mode: palette
    for palette in (
        Palette("major", 1, ("I | V | vi | IV", "I | vi | ii | V"), ("IV | V | iii | vi",)),
        Palette("minor", 1, ("i | bVI | bIII | bVII", "i | iv | bVII | i"), ("bVI | bVII | i | i",), "V", "i"),
        Palette("dorian", 1, ("i | IV | i | IV", "i | bVII | IV | i"), ("bIII | IV | i | i",), "IV", "i"),
        Palette("mixolydian", 1, ("I | bVII | IV | I", "I | v | bVII | IV"), ("bVII | IV | I | I",), "bVII"),
        Palette("lydian", 1, ("I | II | I | II", "I | II | vi | I"), ("vi | II | I | V",), "II"),
        Palette("phrygian", 1, ("i | bII | i | bVII", "i | bII | bIII | bII"), ("bVI | bVII | bII | i",), "bII", "i"),
        Palette("harmonic minor", 1, ("i | iv | V | i", "i | bVI | V | i"), ("iv | i | V | i",), "V7", "i"),
        Palette("melodic minor", 1, ("i | IV | V | i", "i | ii | V | i"), ("IV | V | i | i",), "V7", "i"),
    )
}


def parse_numeral(text: str, tonic: int) -> tuple[int, str, int]:
    """(root, quality, bass) of one numeral such as "bVIImaj7/3"."""
    match = _NUMERAL.match(text)
    if not match:
        raise ValueError(f"chord {text!r} is not a roman numeral such as 'ii7', 'bVI' or 'V7/3'")
    accidental, numeral, suffix, figure = match.groups()
    quality = (_UPPER if numeral.isupper() else _LOWER).get(suffix, suffix)
    if quality not in QUALITIES:
        raise ValueError(f"chord {text!r} has the unknown suffix {suffix!r}")
    shift = {"b": -1, "#": 1, "": 0}[accidental]
    root = (tonic + _DEGREES[numeral.upper()] + shift) % 12
    if figure is None:
        return root, quality, root
    if figure == "P":
        return root, quality, tonic % 12
    tones = chord_tones(Chord(0.0, 1.0, root, quality, root))
    return root, quality, tones[min(_BASS_TONE[figure], len(tones) - 1)]


def parse_bars(text: str) -> tuple[tuple[str, ...], ...]:
    """A progression's numerals, bar by bar."""
    bars: list[tuple[str, ...]] = []
    for bar in text.split("|"):
        numerals = tuple(bar.split())
        if numerals == ("%",) and bars:
            numerals = bars[-1]
        if not numerals:
            raise ValueError(f"progression {text!r} has an empty bar")
        bars.append(numerals)
    return tuple(bars)


@lru_cache(maxsize=4096)
def chord_scale(tonic: int, mode: str, tones: tuple[int, ...]) -> tuple[int, ...]:
    """The key's scale bent to a chord's tones: a foreign tone replaces its neighbours a semitone away."""
    own = scale(tonic, mode)
    foreign = [tone for tone in tones if tone not in own]
    kept = [step for step in own if step in tones or all((step - tone) % 12 not in (1, 11) for tone in foreign)]
    return tuple(sorted({*kept, *tones}))


@lru_cache(maxsize=4096)
def coloured_scale(tonic: int, mode: str, tones: tuple[int, ...], colour: str) -> tuple[int, ...]:
    """What a melody may use over a chord's tones: the "full" chord scale, or the key's "pentatonic" or "blues"
    scale with the chord's tones added. Modes without a pentatonic of their own keep the full scale."""
    full = chord_scale(tonic, mode, tones)
    if colour == "blues":
        return tuple(sorted({*((tonic + step) % 12 for step in _BLUES_SCALE), *tones[:3]}))
    if colour != "pentatonic" or mode not in _PENTATONIC:
        return full
    five = {(tonic + step) % 12 for step in _PENTATONIC[mode]}
    return tuple(step for step in full if step in five or step in tones)


def progressions(
    palette: Palette, sections: Sequence[Section], rng: random.Random
) -> dict[str, tuple[tuple[str, ...], ...]]:
    """One progression per section name: verses and choruses differ, intros and endings share the verse's."""
    loop = rng.choice(palette.loops)
    others = [text for text in palette.choruses or palette.loops if text != loop] or [loop]
    chosen = {
        "loop": parse_bars(loop),
        "chorus": parse_bars(rng.choice(others)),
        "bridge": parse_bars(rng.choice(others)),
    }
    contrasting = {"chorus": "chorus", "B": "chorus", "bridge": "bridge"}
    return {section.name: chosen[contrasting.get(section.name, "loop")] for section in sections}


def fit(bars: tuple[tuple[str, ...], ...], count: int) -> list[tuple[str, ...]]:
    """The progression repeated or cut to `count` bars; a short section keeps the opening."""
    return [bars[index % len(bars)] for index in range(count)]


def harmonise(
    palette: Palette,
    sections: Sequence[Section],
    meter: Meter,
    tonic: int,
    rng: random.Random,
    *,
    turns: float,
    ends: bool,
) -> tuple[Chord, ...]:
    """The chords of the whole form. `turns` is the chance that a section's last bar becomes the cadence;
    a piece that `ends` closes on the home chord in its last bar, prepared by the cadence."""
    plans = progressions(palette, sections, rng)
    cadence = tuple(palette.cadence.split())
    turned = {name: rng.random() < turns for name in sorted(plans)}
    bars: list[tuple[str, ...]] = []
    for section in sections:
        plan = fit(plans[section.name], section.bars)
        if turned[section.name] and section.bars >= 4:
            plan[-1] = cadence
        bars += plan
    if ends:
        bars[-1] = (palette.home,)
        if len(bars) > 1 and turns > 0.0:
            bars[-2] = cadence
    return _merge(_lay_out(bars, meter, tonic), meter)


def _lay_out(bars: Sequence[tuple[str, ...]], meter: Meter, tonic: int) -> list[Chord]:
    chords = []
    for index, numerals in enumerate(bars):
        share = meter.beats / len(numerals)
        for place, numeral in enumerate(numerals):
            root, quality, bass = parse_numeral(numeral, tonic)
            chords.append(Chord(index * meter.beats + place * share, share, root, quality, bass))
    return chords


def _merge(chords: Sequence[Chord], meter: Meter) -> tuple[Chord, ...]:
    """Equal neighbours inside one bar become one chord; bar lines stay, so that every bar names its chord."""
    merged: list[Chord] = []
    for chord in chords:
        last = merged[-1] if merged else None
        same = last is not None and (last.root, last.quality, last.bass) == (chord.root, chord.quality, chord.bass)
        if last is not None and same and last.start // meter.beats == chord.start // meter.beats:
            merged[-1] = replace(last, length=last.length + chord.length)
        else:
            merged.append(chord)
    return tuple(merged)
