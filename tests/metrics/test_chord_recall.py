"""Chord symbols and their recall against mir_eval."""

from __future__ import annotations

import mir_eval
import numpy as np
import pytest

from songloom.audio.features.chords import NAMES, NO_CHORD, Segment
from songloom.band.piece import Chord
from songloom.band.theory import QUALITIES, chord_symbol
from songloom.metrics.chords import chord_recall, triad


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [("C", (0, False)), ("F#m7", (6, True)), ("Bbmaj7/D", (10, False)), ("Am(add9)", (9, True)), ("G7b9", (7, False)),
     ("Dsus4", None), ("Bm7b5", None), ("Eaug", None), ("A5", None), ("N", None)],
)  # fmt: skip
def test_a_symbol_holds_its_triad(symbol: str, expected: tuple[int, bool] | None) -> None:
    assert triad(symbol) == expected


def test_every_chord_of_the_band_is_read_by_its_third_and_fifth() -> None:
    for quality, steps in QUALITIES.items():
        found = triad(chord_symbol(Chord(0.0, 4.0, 2, quality, 2)))
        kinds = {(4, 7): False, (3, 7): True}
        third, fifth = steps[1], 7 if 7 in steps else 0
        assert found == ((2, kinds[third, fifth]) if (third, fifth) in kinds else None), quality


def test_other_words_are_refused() -> None:
    for bad in ("H", "", "Cfoo", "am", "C/"):
        with pytest.raises(ValueError, match="chord"):
            triad(bad)


def random_segments(seed: int, *, seconds: float = 20.0) -> list[Segment]:
    rng = np.random.default_rng(seed)
    edges = [0.0, *np.sort(rng.uniform(0, seconds, 11)).tolist(), seconds]
    roots = rng.choice([*NAMES[:2], "Cm", NO_CHORD], size=12)
    return [(edges[i], edges[i + 1], str(roots[i])) for i in range(12)]


def harte(symbol: str) -> str:
    return symbol if symbol == NO_CHORD else f"{symbol.rstrip('m')}:{'min' if symbol.endswith('m') else 'maj'}"


def test_recall_is_the_weighted_majmin_of_mir_eval_over_the_chords_that_are_asked() -> None:
    for seed in range(5):
        asked, heard = random_segments(seed), random_segments(seed + 100)
        chords = [segment for segment in asked if segment[2] != NO_CHORD]
        spans, labels = (np.array([s[:2] for s in part]) for part in (asked, heard)), (asked, heard)
        one, two = spans
        names = [[harte(s[2]) for s in part] for part in labels]
        merged, wanted, found = mir_eval.util.merge_labeled_intervals(one, names[0], two, names[1])
        lengths = mir_eval.util.intervals_to_durations(merged)
        there = np.array([name != NO_CHORD for name in wanted])
        scores = mir_eval.chord.majmin(wanted, found)
        expected = mir_eval.chord.weighted_accuracy(scores[there], lengths[there])
        assert chord_recall(chords, heard) == pytest.approx(expected)


def test_roots_count_alone_where_they_are_asked_alone() -> None:
    assert chord_recall([(0, 4, "Am7")], [(0, 4, "A")]) == 0.0
    assert chord_recall([(0, 4, "Am7")], [(0, 4, "A")], roots_only=True) == 1.0


def test_what_is_not_played_is_missed_and_what_is_no_triad_does_not_count() -> None:
    assert chord_recall([(0, 4, "C"), (4, 8, "Am")], [(0, 4, "C")]) == 0.5
    assert chord_recall([(0, 4, "C"), (4, 8, "Gsus4")], [(0, 8, "C")]) == 1.0
    assert chord_recall([(0, 4, "Gsus4")], [(0, 8, "C")]) is None
