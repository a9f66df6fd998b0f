"""Full marks where the truth of the band's pieces is heard, none where the opposite is, and nothing for what nobody
asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from songloom.audio.clip import Audio
from songloom.band.composer import draw
from songloom.band.labels import labels
from songloom.band.piece import PITCH_NAMES
from songloom.conditioning.curve_texts import read_curve
from songloom.conditioning.curves import Curve
from songloom.conditioning.musical import is_minor
from songloom.metrics.control_accuracy import FIGURES, Heard, Wanted, accuracy, dynamics_correlation, hear


def truth(seed: int) -> tuple[Wanted, Heard]:
    """What a piece of the band is asked to be, and what one hears who knows it."""
    piece = draw(seed, seconds=8.0)
    known = labels(piece)
    key = f"{PITCH_NAMES[piece.tonic]} {'minor' if is_minor(piece.mode) else 'major'}" if known["key"] else None
    chords = tuple((start, end, name) for start, end, name in known["chords"])
    curves = {"dynamics": read_curve("dynamics", "0:-40 8:-10", 8.0), "melody": read_curve("melody", "Am F 120", 8.0)}
    wanted = Wanted(known["tempo"], key, known["drums"], chords, curves)
    return wanted, Heard(known["tempo"], key, known["drums"], chords, curves)


def test_the_bands_own_labels_score_a_hundred_percent() -> None:
    pairs = [truth(seed) for seed in range(12)]
    rows = accuracy([w for w, _ in pairs], [h for _, h in pairs])
    assert rows.keys() == FIGURES.keys() - {"rhythm, F of beats"}
    assert {name: row.value for name, row in rows.items()} == pytest.approx(dict.fromkeys(rows, 1.0))
    assert rows["tempo, exact"].count == 12


def test_what_nobody_asks_is_not_counted() -> None:
    assert accuracy([Wanted()], [Heard(120.0, "C major", True)]) == {}
    assert set(accuracy([Wanted(drums=True)], [Heard(0.0, None, False)])) == {"drums"}


@pytest.mark.parametrize(
    ("heard", "marks"),
    [("A minor", (1, 1, 1, 1.0)), ("C major", (0, 1, 0, 0.3)), ("A major", (0, 0, 1, 0.2)), ("E minor", (0, 0, 0, 0.5)),
     (None, (0, 0, 0, 0.0))],
)  # fmt: skip
def test_keys_count_by_their_relation(heard: str | None, marks: tuple[float, ...]) -> None:
    rows = accuracy([Wanted(key="A minor")], [Heard(0.0, heard, False)])
    assert tuple(rows[name].value for name in list(FIGURES)[2:6]) == pytest.approx(marks)


def test_half_the_tempo_counts_only_with_octaves() -> None:
    rows = accuracy([Wanted(tempo=120.0)], [Heard(60.0, None, False)])
    assert (rows["tempo, exact"].value, rows["tempo, octaves allowed"].value) == (0.0, 1.0)


def test_levels_correlate_as_numpy_says_where_they_are_asked() -> None:
    rng = np.random.default_rng(0)
    one, two = (-20 - 5 * rng.random(100) for _ in range(2))
    asked, heard = (Curve("dynamics", torch.from_numpy(row).float()[None]) for row in (one, two))
    assert dynamics_correlation(asked, heard) == pytest.approx(float(np.corrcoef(one, two)[0, 1]), abs=1e-5)
    half = replace(asked, known=torch.arange(100) < 50)
    assert dynamics_correlation(half, heard) == pytest.approx(float(np.corrcoef(one[:50], two[:50])[0, 1]), abs=1e-5)
    assert dynamics_correlation(replace(asked, values=torch.full((1, 100), -20.0)), heard) == 0.0


def test_a_crescendo_that_was_asked_for_is_heard() -> None:
    time = torch.arange(4 * 8000) / 8000
    rising = Audio((torch.sin(2 * torch.pi * 330 * time) * 10 ** ((-40 + 8 * time) / 20))[None], 8000)
    wanted = Wanted(curves={"dynamics": read_curve("dynamics", "0:-40 4:-8", 4.0)}, chords=((0.0, 4.0, "E"),))
    heard = hear(rising, wanted)
    rows = accuracy([wanted], [heard])
    assert rows["dynamics, correlation"].value > 0.98
    assert heard.chords
    assert hear(rising).chords == ()
