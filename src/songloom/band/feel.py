"""Human feel: swing, small timing errors and uneven touch, applied to straight notes."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

from songloom.band.piece import Meter, Note

_SAME_ATTACK = 1e-6
_SHARED_TIMING = 0.75


def humanise(
    notes: Sequence[Note],
    *,
    swing: float,
    timing: float,
    velocity: float,
    meter: Meter,
    rng: random.Random,
    level: int = 2,
) -> list[Note]:
    """`notes` in the same order, played by a hand.

    `swing` 0..1 moves the off-beats of `level` subdivisions a beat (2 eighths, 4 sixteenths) from the half to
    two thirds of their pair; compound metres already have their thirds and stay. `timing` is the standard
    deviation in beats, clipped at two of them and never before 0; notes of one attack share most of it.
    `velocity` is the standard deviation in MIDI steps. Lengths are kept, but for ends that swing too.
    """
    if not 0.0 <= swing <= 1.0:
        raise ValueError(f"swing is between 0 and 1, not {swing}")
    if level < 2 or level % 2:
        raise ValueError(f"level is an even number of subdivisions of a beat, not {level}")
    amount = swing if meter.division == 2 else 0.0
    played: list[Note] = []
    attack, shared = -1.0, 0.0
    for note in notes:
        if abs(note.start - attack) > _SAME_ATTACK:
            attack, shared = note.start, _error(timing, rng)
        moved = _SHARED_TIMING * shared + (1.0 - _SHARED_TIMING) * _error(timing, rng)
        bent = swung(note.start, amount, level)
        length = swung(note.start + note.length, amount, level) - bent
        touch = round(note.velocity + _error(velocity, rng))
        velocity_played = min(127, max(1, touch))
        played.append(replace(note, start=max(0.0, bent + moved), length=length, velocity=velocity_played))
    return played


def swung(start: float, swing: float, level: int = 2) -> float:
    """Where the straight time `start` (beats) falls under `swing`: each pair of subdivisions is bent so that
    its middle lands between 1/2 (straight) and 2/3 (triplet)."""
    pair = 2.0 / level
    index = math.floor(start / pair + _SAME_ATTACK)
    place = max(0.0, start / pair - index)
    middle = 0.5 + swing / 6.0
    bent = place * middle / 0.5 if place < 0.5 else middle + (place - 0.5) * (1.0 - middle) / 0.5
    return (index + bent) * pair


def _error(deviation: float, rng: random.Random) -> float:
    return max(-2.0 * deviation, min(2.0 * deviation, rng.gauss(0.0, deviation)))
