"""Curves of batches: what networks are shown, what training hides, what waves and labels give."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from songloom.audio.clip import Audio
from songloom.conditioning.curve_batch import (
    ALL_ROWS,
    FEATURES,
    CurveConditioner,
    Curves,
    HiddenCurves,
    extracted,
    of_batch,
    of_controls,
    unknown,
)
from songloom.conditioning.curve_errors import beats_of
from songloom.conditioning.curves import NAMES, Curve
from songloom.data.batch import Batch

RATE = 16_000


def full(size: int, frames: int) -> Curves:
    generator = torch.Generator().manual_seed(0)
    values = torch.rand(size, ALL_ROWS, frames, generator=generator)
    return Curves(values, torch.ones(size, len(NAMES), frames, dtype=torch.bool))


def batch(**changes: object) -> Batch:
    time = torch.arange(2 * RATE) / RATE
    tones = 0.3 * torch.sin(2 * math.pi * torch.tensor([440.0, 523.25])[:, None] * time)[:, None]
    one = Batch(
        texts=("a", "b"),
        labels=({"beats": [0.5, 1.0, 1.5, 2.0, 2.5], "downbeats": [1.0, 2.0]}, {}),
        ids=("a", "b"),
        start=torch.tensor([0.5, 0.0]),
        seconds=torch.tensor([2.0, 1.0]),
        total=torch.tensor([9.0, 1.0]),
        mask=torch.ones(2, 2 * RATE, dtype=torch.bool),
        sample_rate=RATE,
        wave=tones,
    )
    return dataclasses.replace(one, **changes)  # type: ignore[arg-type]


def test_networks_see_nothing_of_what_is_unknown() -> None:
    curves = full(2, 10)
    curves.known[0, 1, 3:] = False
    features = curves.features()
    assert features.shape == (2, FEATURES, 10)
    moved = Curves(curves.values.clone(), curves.known)
    moved.values[0, 12, 3:] = -50.0
    assert torch.equal(moved.features(), features)
    moved.values[0, 12, 2] = -50.0
    assert not torch.equal(moved.features(), features)
    assert not bool(unknown(1, 5).features().any())


def test_hiding_takes_whole_items_controls_and_stretches_at_its_rates() -> None:
    torch.manual_seed(0)
    curves = full(4000, 20)
    none = curves.hidden(HiddenCurves(all=0.0, each=0.0, stretch=0.0)).known
    assert bool(none.all())
    items = curves.hidden(HiddenCurves(all=0.25, each=0.0, stretch=0.0)).known.flatten(1)
    assert bool((items.all(1) | ~items.any(1)).all())
    assert float((~items.any(1)).float().mean()) == pytest.approx(0.25, abs=0.03)
    controls = curves.hidden(HiddenCurves(all=0.0, each=0.25, stretch=0.0)).known
    assert bool((controls.all(2) | ~controls.any(2)).all())
    assert float((~controls.any(2)).float().mean()) == pytest.approx(0.25, abs=0.02)
    assert float((~controls.any(2)).all(1).float().mean()) == pytest.approx(0.25**3, abs=0.01)
    known = curves.hidden(HiddenCurves(all=0.0, each=0.0, stretch=1.0)).known
    edges = known.int().diff(dim=2).abs().sum(2)
    assert int(edges.max()) == 2, "one stretch alone, or all but one stretch"
    assert float(known.float().mean()) == pytest.approx(0.5, abs=0.03)


def test_controls_that_are_not_asked_for_are_unknown() -> None:
    melody = Curve.of_values("melody", ["A", None], 1.0)
    curves = of_controls({"melody": melody}, 25.0, 75)
    assert curves.known[0].any(1).tolist() == [True, False, False]
    assert curves.known[0, 0].tolist() == [True] * 25 + [False] * 50
    assert bool((curves.values[0, 9, :25] == 1).all()) and float(curves.values.sum()) == 25


def test_waves_give_their_curves_labels_their_beats_and_clips_their_ends() -> None:
    curves = of_batch(batch(), 25.0, 50)
    assert float(curves.values[0, 9].mean()) > 0.95 and float(curves.values[1, 0].mean()) > 0.95
    assert beats_of(torch.nn.functional.interpolate(curves.values[:1, 13:14], 100, mode="linear")[0, 0]) == (
        pytest.approx([0.0, 0.5, 1.0, 1.5, 2.0], abs=0.03)
    )
    assert float(curves.values[0, 14, :6].max()) < 0.1  # the first beat begins no bar
    assert bool(curves.known[0].all()) and curves.known[1, 0].tolist() == [True] * 25 + [False] * 25


def test_curves_that_a_batch_holds_are_taken_and_without_any_all_is_unknown() -> None:
    held = torch.rand(2, ALL_ROWS, 40)
    mask = torch.arange(40) < torch.tensor([[40], [10]])
    curves = of_batch(batch(curves=held, mask=mask), 20.0, 40)
    assert torch.equal(curves.values, held) and torch.equal(curves.known[:, 2], mask)
    assert not bool(of_batch(batch(wave=None), 20.0, 40).known.any())


def test_extraction_fills_every_frame_that_was_asked_for() -> None:
    wave = torch.randn(2, RATE, generator=torch.Generator().manual_seed(0)).mul(0.1)
    for rate, frames in ((25.0, 25), (86.13, 87), (7.0, 8)):
        rows = extracted(Audio(wave, RATE), rate, frames)
        assert rows.shape == (ALL_ROWS, frames) and bool(rows.isfinite().all())


def test_a_conditioner_is_silent_at_first_and_folds_frames_into_positions() -> None:
    torch.manual_seed(0)
    conditioner = CurveConditioner(8, patch=2)
    curves = full(1, 7)
    assert conditioner(curves).shape == (1, 4, 8) and not bool(conditioner(curves).any())
    torch.nn.init.normal_(conditioner.leave.weight)
    moved = Curves(curves.values.clone(), curves.known)
    moved.values[0, 0, 5] += 1
    changed = (conditioner(moved) - conditioner(curves)).abs().amax((0, 2)) > 0
    assert changed.tolist() == [False, False, True, False]
