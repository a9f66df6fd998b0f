"""Music theory as small functions: scales, chord spellings, chord symbols and voice leading.

Pitch classes are 0..11 with C = 0; pitches are MIDI numbers with middle C = 60. Scale and interval tables
follow common-practice and jazz usage (Aldwell & Schachter, "Harmony and Voice Leading"; Levine, "The Jazz
Theory Book").
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

from songloom.band.piece import PITCH_NAMES, Chord

MODES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "melodic minor": (0, 2, 3, 5, 7, 9, 11),
}

QUALITIES: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "5": (0, 7),
    "maj6": (0, 4, 7, 9),
    "min6": (0, 3, 7, 9),
    "add9": (0, 4, 7, 14),
    "minadd9": (0, 3, 7, 14),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "dom7": (0, 4, 7, 10),
    "7sus4": (0, 5, 7, 10),
    "minmaj7": (0, 3, 7, 11),
    "min7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "maj9": (0, 4, 7, 11, 14),
    "min9": (0, 3, 7, 10, 14),
    "dom9": (0, 4, 7, 10, 14),
    "7b9": (0, 4, 7, 10, 13),
    "7#9": (0, 4, 7, 10, 15),
    "min11": (0, 3, 7, 10, 14, 17),
    "dom13": (0, 4, 7, 10, 14, 21),
}

_SUFFIXES = {
    "maj": "", "min": "m", "maj6": "6", "min6": "m6", "minadd9": "m(add9)", "min7": "m7", "dom7": "7",
    "minmaj7": "m(maj7)", "min7b5": "m7b5", "min9": "m9", "dom9": "9", "min11": "m11", "dom13": "13",
}  # fmt: skip

_MISSING_TONE_COST = 16.0
_DOUBLING_COST = 3.0
_LEADING_TONE_COST = 12.0
_CLOSE_SECOND_COST = 2.0
_WIDE_GAP_COST = 1.0


def scale(tonic: int, mode: str) -> tuple[int, ...]:
    """The seven pitch classes of the key, ascending from the tonic."""
    if mode not in MODES:
        raise ValueError(f"mode {mode!r} is not one of {', '.join(MODES)}")
    return tuple((tonic + step) % 12 for step in MODES[mode])


def chord_tones(chord: Chord) -> tuple[int, ...]:
    """The chord's pitch classes, root first, in the order of QUALITIES; a slash bass is not added."""
    if chord.quality not in QUALITIES:
        raise ValueError(f"chord quality {chord.quality!r} is not one of {', '.join(QUALITIES)}")
    return tuple(dict.fromkeys((chord.root + interval) % 12 for interval in QUALITIES[chord.quality]))


def nearest(pitch_class: int, around: float) -> int:
    """The MIDI pitch of this class nearest to `around`; of two equally near, the lower."""
    base = int(around) - (int(around) - pitch_class) % 12
    return min((base, base + 12), key=lambda pitch: (abs(pitch - around), pitch))


def fold(pitch: int, low: int, high: int) -> int:
    """`pitch` moved by octaves into low..high, or as near to it as octaves reach in a narrower range."""
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch if pitch >= low or high - low < 11 else pitch + 12


def chord_symbol(chord: Chord) -> str:
    """The chord as a lead sheet writes it: "Am7/G"."""
    suffix = _SUFFIXES.get(chord.quality, chord.quality)
    slash = f"/{PITCH_NAMES[chord.bass % 12]}" if chord.bass % 12 != chord.root % 12 else ""
    return PITCH_NAMES[chord.root % 12] + suffix + slash


def essential_tones(chord: Chord, count: int) -> tuple[int, ...]:
    """At most `count` pitch classes that name the chord: third and seventh first, then the tensions,
    the root, and the perfect fifth last; two- and three-note chords keep their order."""
    tones = chord_tones(chord)
    if len(tones) <= count:
        return tones
    if len(tones) == 3:
        return tones[:2] if count == 2 else tones[:count]
    third_and_seventh, tensions = (tones[1], tones[3]), tuple(reversed(tones[4:]))
    ranked = (*third_and_seventh, *tensions, tones[0], tones[2])
    return ranked[:count]


def voice(
    chord: Chord,
    previous: Sequence[int] | None,
    low: int,
    high: int,
    count: int,
    *,
    leading_tone: int | None = None,
) -> tuple[int, ...]:
    """`count` ascending pitches of the chord inside low..high, moving as little as possible from `previous`.

    Without `previous` the voicing sits in the middle of the range. `leading_tone` is a pitch class not to
    double; without it the third of a major or dominant chord is not doubled. Fewer pitches come back only
    where the range holds fewer.
    """
    tones = essential_tones(chord, count)
    guarded = leading_tone if leading_tone is not None else _sensitive_tone(chord)
    centre = sum(previous) / len(previous) if previous else (low + high) / 2
    reach = _candidates(tones, centre, low, high, count)
    count = min(count, len(reach))
    if count == 0:
        return ()
    return min(combinations(reach, count), key=lambda pitches: _cost(pitches, tones, previous, centre, guarded))


def _sensitive_tone(chord: Chord) -> int | None:
    tones = chord_tones(chord)
    return tones[1] if len(tones) > 2 and (tones[1] - chord.root) % 12 == 4 else None


def _candidates(tones: Sequence[int], centre: float, low: int, high: int, count: int) -> list[int]:
    """Chord pitches around the centre: about two octaves of them, enough to choose from, few to search."""
    span = max(10, 4 * count)
    inside = [pitch for pitch in range(low, high + 1) if pitch % 12 in tones]
    near = sorted(inside, key=lambda pitch: (abs(pitch - centre), pitch))
    wanted = max(count + 3, sum(abs(pitch - centre) <= span / 2 + 3 for pitch in near))
    return sorted(near[: min(wanted, count + 5)])


def _cost(
    pitches: Sequence[int],
    tones: Sequence[int],
    previous: Sequence[int] | None,
    centre: float,
    guarded: int | None,
) -> tuple[float, tuple[int, ...]]:
    classes = [pitch % 12 for pitch in pitches]
    cost = _MISSING_TONE_COST * sum(tone not in classes for tone in tones)
    cost += _DOUBLING_COST * (len(classes) - len(set(classes)))
    if guarded is not None and classes.count(guarded) > 1:
        cost += _LEADING_TONE_COST
    gaps = [upper - lower for lower, upper in pairwise(pitches)]
    cost += _CLOSE_SECOND_COST * sum(gap < 2 for gap in gaps) + _WIDE_GAP_COST * sum(max(0, gap - 8) for gap in gaps)
    cost += _movement(pitches, previous) if previous else abs(sum(pitches) / len(pitches) - centre)
    return cost, tuple(pitches)


def _movement(pitches: Sequence[int], previous: Sequence[int]) -> float:
    """Total movement in semitones: voice by voice when the counts match, else to the nearest old voice."""
    old = sorted(previous)
    if len(old) == len(pitches):
        return float(sum(abs(new - was) for new, was in zip(pitches, old, strict=True)))
    return float(sum(min(abs(new - was) for was in old) for new in pitches))
