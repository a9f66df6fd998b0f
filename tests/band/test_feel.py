"""Human feel bends time towards the triplet and keeps everything else recognisable."""

import random
from itertools import pairwise
from statistics import mean, pstdev

import pytest

from songloom.band.feel import humanise, swung
from songloom.band.piece import METERS, Note

EIGHTHS = [Note(i / 2, 0.4, 60, 80) for i in range(64)]


def straight(notes: list[Note], swing: float = 0.0, meter: str = "4/4", level: int = 2) -> list[Note]:
    return humanise(
        notes, swing=swing, timing=0.0, velocity=0.0, meter=METERS[meter], rng=random.Random(0), level=level
    )


def test_full_swing_puts_the_off_beat_at_two_thirds() -> None:
    for note, played in zip(EIGHTHS, straight(EIGHTHS, 1.0), strict=True):
        beat, off = divmod(note.start, 1.0)
        assert played.start == pytest.approx(beat + (2 / 3 if off else 0.0))


def test_swung_notes_still_end_where_the_next_begins() -> None:
    notes = [Note(i / 2, 0.5, 60, 80) for i in range(16)]
    played = straight(notes, 0.7)
    assert all(one.start + one.length == pytest.approx(other.start) for one, other in pairwise(played))


def test_half_swing_lies_half_way() -> None:
    assert straight(EIGHTHS, 0.5)[1].start == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_sixteenth_swing_leaves_the_eighths() -> None:
    notes = [Note(i / 4, 0.2, 60, 80) for i in range(8)]
    starts = [note.start for note in straight(notes, 1.0, level=4)]
    assert starts[:4] == pytest.approx([0.0, 1 / 3, 0.5, 0.5 + 1 / 3])


def test_swing_keeps_the_order_of_time() -> None:
    times = [i / 48 for i in range(96)]
    bent = [swung(time, 0.8) for time in times]
    assert bent == sorted(bent) and len(set(bent)) == len(bent)


def test_nothing_asked_changes_nothing() -> None:
    assert [(n.pitch, n.velocity) for n in straight(EIGHTHS)] == [(60, 80)] * 64
    assert [n.length for n in straight(EIGHTHS)] == pytest.approx([0.4] * 64)
    assert [n.start for n in straight(EIGHTHS)] == pytest.approx([n.start for n in EIGHTHS])


def test_compound_time_does_not_swing() -> None:
    notes = [Note(i / 3, 0.3, 60, 80) for i in range(12)]
    assert [n.start for n in straight(notes, 1.0, "6/8")] == pytest.approx([n.start for n in notes])


def test_jitter_has_the_size_asked_for_and_stays_in_range() -> None:
    notes = [Note(i / 2, 0.4, 60, 80) for i in range(2000)]
    played = humanise(notes, swing=0.0, timing=0.01, velocity=6.0, meter=METERS["4/4"], rng=random.Random(1))
    errors = [p.start - n.start for p, n in zip(played, notes, strict=True)]
    assert max(map(abs, errors)) <= 0.02 + 1e-9
    assert 0.005 < pstdev(errors) < 0.01 and abs(mean(errors)) < 0.001
    assert 4.0 < pstdev(p.velocity for p in played) < 6.5
    assert played[0].start >= 0.0


def test_a_chord_moves_together() -> None:
    notes = [Note(float(i), 1.0, pitch, 80) for i in range(200) for pitch in (60, 64, 67)]
    played = humanise(notes, swing=0.0, timing=0.02, velocity=0.0, meter=METERS["4/4"], rng=random.Random(2))
    inside = mean(abs(played[i].start - played[i + 1].start) for i in range(0, 600, 3))
    apart = mean(abs(note.start - round(note.start)) for note in played)
    assert inside < 0.7 * apart


def test_velocities_stay_midi_velocities() -> None:
    loud = [Note(float(i), 1.0, 60, 126 if i % 2 else 2) for i in range(100)]
    played = humanise(loud, swing=0.0, timing=0.0, velocity=20.0, meter=METERS["4/4"], rng=random.Random(3))
    assert all(1 <= note.velocity <= 127 for note in played)


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="swing"):
        straight(EIGHTHS, 1.5)
    with pytest.raises(ValueError, match="level"):
        straight(EIGHTHS, level=3)
