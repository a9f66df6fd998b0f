"""The walking bass: a note a beat, roots at the changes, chord tones between, a step into the next chord."""

from __future__ import annotations

import random
from collections.abc import Iterator

from songloom.band.changes import Changes
from songloom.band.piece import Chord, Meter
from songloom.band.theory import chord_tones

_STEP_WEIGHTS = {1: 1.0, 2: 0.4, 3: 0.8, 4: 1.4, 5: 2.2, 7: 3.0}


def walk(
    changes: Changes, beats: int, meter: Meter, rng: random.Random, low: int, high: int
) -> Iterator[tuple[float, float, int]]:
    """(start, length, pitch) of every step of the line, all inside low..high."""
    times = _times(beats, meter)
    pitch = _inside(changes.at(0.0).bass, (2 * low + high) / 3, low, high)
    previous_chord = -1
    direction = 1
    for i, time in enumerate(times):
        index = changes.index(time)
        chord = changes.chords[index]
        following = times[i + 1] if i + 1 < len(times) else float(beats)
        leads = following < beats and changes.index(following) != index
        if index != previous_chord:
            pitch = _inside(chord.bass, pitch, low, high)
        elif leads:
            pitch = _approach(pitch, changes.at(following), rng, low, high)
        else:
            pitch, direction = _onward(pitch, chord, direction, time % 2.0 < 0.5, rng, low, high)
        previous_chord = index
        yield time, following - time, pitch


def _times(beats: int, meter: Meter) -> list[float]:
    if meter.division == 3:
        return [beat + third for beat in range(beats) for third in (0.0, 2.0 / 3.0)]
    return [float(beat) for beat in range(beats)]


def _inside(pitch_class: int, around: float, low: int, high: int) -> int:
    """The pitch of this class in the range nearest to `around`."""
    inside = [pitch for pitch in range(low, high + 1) if pitch % 12 == pitch_class % 12]
    return min(inside, key=lambda pitch: (abs(pitch - around), pitch)) if inside else low


def _approach(pitch: int, target_chord: Chord, rng: random.Random, low: int, high: int) -> int:
    """A half or whole step beside the next bass note, on the side that the line comes from."""
    target = _inside(target_chord.bass, pitch, low, high)
    side = -1 if pitch < target else 1 if pitch > target else rng.choice((-1, 1))
    size = 1 if rng.random() < 0.75 else 2
    approach = target + side * size
    return approach if low <= approach <= high else min(high, max(low, target - side * size))


def _onward(
    pitch: int, chord: Chord, direction: int, strong: bool, rng: random.Random, low: int, high: int
) -> tuple[int, int]:
    """The next pitch in the line's direction, which turns near the ends of the range and now and then."""
    if pitch >= high - 4:
        direction = -1
    elif pitch <= low + 2:
        direction = 1
    elif rng.random() < 0.2:
        direction = -direction
    tones = set(chord_tones(chord))
    if not strong:
        tones |= {(chord.root + 2) % 12, (chord.root + 9) % 12} if (chord.root + 4) % 12 in tones else set()
        tones |= {(chord.root + 2) % 12, (chord.root + 5) % 12} if (chord.root + 3) % 12 in tones else set()
    choices = [
        (pitch + direction * size, weight)
        for size, weight in _STEP_WEIGHTS.items()
        if low <= pitch + direction * size <= high and (pitch + direction * size) % 12 in tones
    ]
    if not choices:
        return _inside(chord.root, pitch, low, high), direction
    return min(choices, key=lambda choice: choice[1] + rng.random())[0], direction
