"""The trainer: exact resume, accumulation, averages, stopping, refusals."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from training_toys import RATE, ToyCodec, write_sines

from songloom import checkpoint
from songloom.data.dataset import Dataset, open_waves
from songloom.recipe import Recipe
from songloom.training.run_folder import RunFolder
from songloom.training.trainer import Pace, Trainer, step_seed

HERE = Path(__file__).parent
PACE = Pace(log_steps=2, valid_steps=4, sample_steps=0)
KILLED = """
import sys, os, signal, torch
torch.set_num_threads(1)
sys.path.insert(0, {tests!r})
from test_trainer import make_trainer, recipe_of
from pathlib import Path
trainer = make_trainer(Path({data!r}), Path({out!r}), recipe_of({kind!r}))
def tell(report):
    if report.step == 5:
        trainer._save()
    if report.step == 8:
        os.kill(os.getpid(), signal.SIGKILL)
trainer.run(tell=tell)
"""


def recipe_of(kind: str) -> Recipe:
    base = ToyCodec.recipe("toy-codec-tiny")
    return replace(base, optimizer="muon", ema=0.9, accumulate=2) if kind == "muon" else base


def source(data: Path, split: str, **settings: int) -> Dataset:
    return open_waves(data, split, sample_rate=RATE, channels=1, **settings)


def make_trainer(data: Path, out: Path, recipe: Recipe, *, resume: bool = False) -> Trainer:
    torch.manual_seed(step_seed(recipe.seed, -1, 0))
    system = ToyCodec(ToyCodec.Config())
    run = RunFolder.reopen(out) if resume else RunFolder.create(out)
    return Trainer(system, recipe, source(data, "train"), run, valid=source(data, "valid"), pace=PACE, resume=resume)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = write_sines(tmp_path_factory.mktemp("data"))
    source(folder, "train"), source(folder, "valid")
    return folder


def test_a_run_that_was_killed_and_resumed_ends_with_the_weights_of_one_that_was_not(
    data: Path, tmp_path: Path
) -> None:
    kind = "muon"
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert make_trainer(data, whole, recipe_of(kind)).run()
    code = KILLED.format(tests=str(HERE), data=str(data), out=str(broken), kind=kind)
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert RunFolder.reopen(broken).state().step == 5
    assert make_trainer(data, broken, recipe_of(kind), resume=True).run()
    for name in ("model", "training/weights", "training/optimizer"):
        expected = load_file(whole / f"checkpoint/{name}.safetensors")
        found = load_file(broken / f"checkpoint/{name}.safetensors")
        assert expected.keys() == found.keys()
        assert all(torch.equal(expected[key], found[key]) for key in expected), name
    log = RunFolder.reopen(broken).log.entries()
    assert [entry["step"] for entry in log] == [2, 4, 6, 8, 10, 12]
    expected_log = RunFolder.reopen(whole).log.entries()
    assert [entry["valid loss"] for entry in log if "valid loss" in entry] == [
        entry["valid loss"] for entry in expected_log if "valid loss" in entry
    ]


def test_the_loss_falls_and_the_run_leaves_a_log_a_table_a_picture_and_a_card(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    recipe = replace(recipe_of("adamw"), steps=200, learning_rate=1e-2)
    make_trainer(data, out, recipe).run()
    entries = RunFolder.reopen(out).log.entries()
    assert entries[-1]["valid loss"] < 0.5 * entries[1]["valid loss"]
    assert (out / "log.csv").read_text().startswith("step,loss,wave,")
    assert (out / "losses.png").read_bytes().startswith(b"\x89PNG")
    assert "200 of 200 steps" in (out / "checkpoint" / "README.md").read_text()
    assert isinstance(checkpoint.load(out / "checkpoint"), ToyCodec)


def test_a_stopped_run_saves_its_step_and_says_that_it_is_not_done(data: Path, tmp_path: Path) -> None:
    steps: list[int] = []
    trainer = make_trainer(data, tmp_path / "run", recipe_of("adamw"))
    assert not trainer.run(tell=lambda report: steps.append(report.step), stop=lambda: len(steps) == 3)
    assert RunFolder.reopen(tmp_path / "run").state().step == 3


def test_two_half_batches_accumulated_give_the_gradient_of_the_whole(data: Path, tmp_path: Path) -> None:
    recipe = replace(recipe_of("adamw"), steps=1, batch_size=2, clip_norm=0.0)
    torch.manual_seed(0)
    first = ToyCodec(ToyCodec.Config(noise=0.0))
    second = ToyCodec(ToyCodec.Config(noise=0.0))
    second.load_state_dict(first.state_dict())

    class Halves:
        """Batch n of size 2 is half n of one batch of size 4."""

        def batch(self, step: int, *, batch_size: int, crop_seconds: float):  # type: ignore[no-untyped-def]
            return source(data, "train", rank=step, world_size=2).batch(0, batch_size=2, crop_seconds=crop_seconds)

    Trainer(first, replace(recipe, accumulate=2), Halves(), RunFolder.create(tmp_path / "a"), pace=PACE).run()
    whole = replace(recipe, batch_size=4)
    Trainer(second, whole, source(data, "train"), RunFolder.create(tmp_path / "b"), pace=PACE).run()
    for name, weight in first.named_parameters():
        assert torch.allclose(weight, dict(second.named_parameters())[name], atol=1e-6), name


def test_a_folder_that_holds_something_is_refused_and_left_as_it_was(data: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="--resume"):
        make_trainer(data, tmp_path, recipe_of("adamw"))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(ValueError, match="no run to resume"):
        RunFolder.reopen(tmp_path)


def test_a_kill_between_the_two_renames_of_a_save_loses_nothing(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    make_trainer(data, out, replace(recipe_of("adamw"), steps=2)).run()
    (out / "checkpoint").rename(out / ".checkpoint-old-123")
    assert RunFolder.holds_run(out)
    assert RunFolder.reopen(out).state().step == 2


def test_a_full_disk_keeps_the_older_checkpoint(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "run"
    trainer = make_trainer(data, out, recipe_of("adamw"))
    trainer.run(stop=lambda: True)

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("songloom.training.memory.save_file", full)
    with pytest.raises(OSError, match="step 12 could not be written"):
        trainer.run()
    assert RunFolder.reopen(out).state().step == 1
    assert not list(out.glob(".checkpoint*"))


def test_a_step_without_a_finite_gradient_is_left_out(data: Path, tmp_path: Path) -> None:
    class Sometimes(ToyCodec):
        def losses(self, batch, *, step):  # type: ignore[no-untyped-def]
            losses = super().losses(batch, step=step)
            return losses | {"wave": losses["wave"] * (torch.nan if step >= until else 1.0)}

    until = 2
    system = Sometimes(ToyCodec.Config())
    recipe = replace(recipe_of("adamw"), steps=5)
    Trainer(system, recipe, source(data, "train"), RunFolder.create(tmp_path / "a"), pace=PACE).run()
    assert all(weight.isfinite().all() for weight in system.parameters())
    until = 0
    with pytest.raises(ValueError, match="not been a number for 20 steps"):
        long = replace(recipe, steps=40)
        Trainer(system, long, source(data, "train"), RunFolder.create(tmp_path / "b"), pace=PACE).run()


def test_half_precision_trains_and_leaves_the_weights_in_single(data: Path, tmp_path: Path) -> None:
    system = ToyCodec(ToyCodec.Config())
    recipe = replace(recipe_of("adamw"), steps=60, learning_rate=1e-2)
    run = RunFolder.create(tmp_path / "run")
    Trainer(system, recipe, source(data, "train"), run, pace=PACE, precision="bf16").run()
    losses = [entry["loss"] for entry in run.log.entries()]
    assert losses[-1] < 0.8 * losses[0]
    assert all(weight.dtype == torch.float32 for weight in system.parameters())


def test_some_steps_take_fewer_and_longer_crops_that_hold_as_much(tmp_path: Path, data: Path) -> None:
    recipe = replace(recipe_of("plain"), batch_size=8, seconds=0.2, long_seconds=0.8, long_share=0.25)
    trainer = make_trainer(data, tmp_path / "run", recipe)
    shapes = [(len(batch), batch.mask.shape[1]) for step in range(200) for batch in trainer._batches(step)]
    assert set(shapes) == {(8, round(0.2 * RATE)), (2, round(0.8 * RATE))}
    assert 30 <= shapes.count((2, round(0.8 * RATE))) <= 70
