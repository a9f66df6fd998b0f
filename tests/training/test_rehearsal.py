"""The rehearsal: what a recipe of any size takes, from the few crops that this machine can do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from training_toys import HOP, RATE, ToyCodec, ToyModel, write_sines

from songloom.data.dataset import open_waves
from songloom.recipe import Recipe
from songloom.training import measure, rehearsal, session
from songloom.training.rehearsal import Kept, rehearse
from songloom.training.run_folder import RunFolder
from songloom.training.trainer import Trainer

OVERHEAD, EACH = 0.125, 0.03125


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_sines(tmp_path_factory.mktemp("data"))


@pytest.fixture
def trainer(data: Path, tmp_path: Path) -> Trainer:
    torch.manual_seed(0)
    recipe = Recipe(seconds=0.5, batch_size=192, accumulate=2)
    source = open_waves(data, sample_rate=RATE, channels=1)
    return Trainer(ToyCodec(ToyCodec.Config()), recipe, source, RunFolder(tmp_path))


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The batches that were timed, each in a time that grows with its size by a straight line."""
    sizes: list[int] = []

    def timed(trainer: Trainer, size: int) -> float:
        sizes.append(size)
        trainer.rehearse(size)
        return OVERHEAD + EACH * size

    monkeypatch.setattr(rehearsal, "_timed", timed)
    return sizes


def test_a_step_of_hundreds_of_crops_is_drawn_out_of_the_largest_two_that_were_quick(
    trainer: Trainer, tried: list[int]
) -> None:
    found = rehearse(trainer, None)
    assert tried == [1, 1, 2, 4, 8, 16, 32, 64]  # two seconds are exceeded by 64 crops
    assert found.seconds == pytest.approx(OVERHEAD + EACH * 2 * 192)


def test_no_batch_is_tried_that_would_fill_half_of_the_memory(trainer: Trainer, tried: list[int]) -> None:
    kept = Kept(trainer)
    with kept.counting():
        trainer.rehearse(1)
    rehearse(trainer, 20 * kept.bytes)
    assert max(tried) == 8


def test_a_slow_first_step_is_not_taken_twice(
    trainer: Trainer, tried: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "QUICK_SECONDS", OVERHEAD / 100)
    assert rehearse(trainer, None).seconds == pytest.approx((OVERHEAD + EACH) * 2 * 192)
    assert tried == [1]


def test_what_autograd_keeps_is_counted_once_and_without_the_weights(trainer: Trainer) -> None:
    weights, x = next(iter(trainer.system.parameters())), torch.randn(100, HOP, requires_grad=True)
    kept = Kept(trainer)
    with kept.counting():
        (x @ weights.T).square().sum()
    # The product keeps x and the weights, the square keeps the product.
    assert kept.bytes == 4 * (x.numel() + 100 * len(weights))


def test_memory_grows_by_what_is_kept_of_the_crops_that_were_not_tried(trainer: Trainer, tried: list[int]) -> None:
    kept = Kept(trainer)
    with kept.counting():
        trainer.rehearse(1)
    small = rehearse(trainer, 20 * kept.bytes).memory
    trainer.recipe = replace(trainer.recipe, batch_size=10**6)
    assert rehearse(trainer, 20 * kept.bytes).memory - small >= (10**6 - 192) * kept.bytes


def test_a_model_that_cannot_fit_is_refused_before_it_is_built(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = session.plan("toy-model", None, {}, {"codec": "random"})
    system = ToyModel(ToyModel.Config())
    trained = sum(p.numel() for name, p in system.named_parameters() if not name.startswith("codec."))
    needed = 4 * (sum(p.numel() for p in system.parameters()) + 4 * trained)  # its recipe averages
    monkeypatch.setattr(measure, "begun", lambda plan: pytest.fail("built"))
    with pytest.raises(ValueError, match="before the first crop; 0.0 GB are free"):
        measure.estimate(plan, data, room=needed - 1)
    monkeypatch.undo()
    assert measure.estimate(plan, data, room=max(needed, 10**9)).trained == trained
