"""Training against opponents: exact resume, two processes as one, and checkpoints that do not carry them."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from together import together
from training_toys import RATE, ToyRival, write_sines

from songloom import checkpoint
from songloom.data.dataset import open_waves
from songloom.training import session
from songloom.training.card import write_card
from songloom.training.distributed import Processes
from songloom.training.optimisation import make_optimizers
from songloom.training.run_folder import RunFolder, State
from songloom.training.trainer import Pace, Precision, Trainer

PACE = Pace(log_steps=2, valid_steps=4, sample_steps=0)
RECIPE = replace(ToyRival.recipe("toy-rival-tiny"), ema=0.9, accumulate=2, steps=8)
QUIET = ToyRival.Config(noise=0.0)
UNBALANCED = ToyRival.Config(noise=0.0, balancer=None)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_sines(tmp_path_factory.mktemp("data"))


def rival(config: ToyRival.Config | None = None) -> ToyRival:
    torch.manual_seed(0)
    return ToyRival(config or ToyRival.Config())


def trainer(
    data: Path,
    out: Path,
    processes: Processes | None = None,
    config: ToyRival.Config | None = None,
    *,
    resume: bool = False,
    precision: Precision = "fp32",
) -> Trainer:
    processes = processes or Processes()
    sources = [
        open_waves(data, split, sample_rate=RATE, channels=1, rank=processes.rank, world_size=processes.world_size)
        for split in ("train", "valid")
    ]
    run = RunFolder.reopen(out) if resume else RunFolder.create(out) if processes.first else RunFolder(out)
    settings = {"valid": sources[1], "pace": PACE, "processes": processes, "resume": resume, "precision": precision}
    return Trainer(rival(config), RECIPE, sources[0], run, **settings)  # type: ignore[arg-type]


def test_a_stopped_run_goes_on_to_the_same_weights_memories_and_opponents(data: Path, tmp_path: Path) -> None:
    assert trainer(data, tmp_path / "whole").run()
    steps: list[int] = []
    first = trainer(data, tmp_path / "parts")
    assert not first.run(tell=lambda report: steps.append(report.step), stop=lambda: len(steps) == 3)
    assert trainer(data, tmp_path / "parts", resume=True).run()
    names = ("model", "training/weights", "training/opponents", "training/optimizer")
    for name in names:
        wanted, found = (load_file(tmp_path / run / f"checkpoint/{name}.safetensors") for run in ("whole", "parts"))
        assert wanted.keys() == found.keys()
        assert all(torch.equal(wanted[key], found[key]) for key in wanted), name


def test_a_checkpoint_is_without_opponents_and_training_keeps_them(data: Path, tmp_path: Path) -> None:
    done = trainer(data, tmp_path / "run")
    done.run()
    folder = tmp_path / "run" / "checkpoint"
    kept = load_file(folder / "training/opponents.safetensors")
    assert {name.split(".")[0] for name in kept} == {"adversary", "balancer"}
    assert not any(name.startswith(("adversary", "balancer")) for name in load_file(folder / "model.safetensors"))
    loaded = checkpoint.load(folder)
    assert isinstance(loaded, ToyRival) and loaded.adversary is None and loaded.balancer is None
    count = sum(p.numel() for p in loaded.parameters())
    assert f"{count:,} parameters" in (folder / "README.md").read_text()
    assert f"{count:,} parameters" in write_card(done.system, State(0, 0.0, None, RECIPE, ""), {}, None)


def test_both_sides_move_in_the_steps_where_they_play(data: Path, tmp_path: Path) -> None:
    running = trainer(data, tmp_path / "run")
    assert running.system.opponents == ("adversary", "balancer")
    sides = {"own": running.held.own, "opponents": running.held.opponents}
    assert not running.held.own.keys() & running.held.opponents.keys()
    moved: dict[str, list[bool]] = {"own": [], "opponents": []}
    for step in range(4):
        before = {side: [p.detach().clone() for p in found.values()] for side, found in sides.items()}
        running._step(step, running._batches(step))
        for side, found in sides.items():
            pairs = zip(before[side], found.values(), strict=True)
            moved[side].append(any(not torch.equal(old, new) for old, new in pairs))
    assert moved == {"own": [True] * 4, "opponents": [False, True, False, True]}


def test_opponents_have_a_rate_of_their_own_where_the_recipe_gives_one() -> None:
    system = rival()
    system.call_opponents()
    own, opponents = make_optimizers(system, replace(RECIPE, opponent_rate=0.5))
    assert {group["peak"] for group in own.param_groups} == {RECIPE.learning_rate}
    assert {group["peak"] for group in opponents.param_groups} == {0.5}


def test_a_run_cannot_go_on_against_other_opponents(data: Path, tmp_path: Path) -> None:
    trainer(data, tmp_path / "run").run(stop=lambda: True)
    other = rival()
    smaller = replace(other.config.adversary, discriminators=other.config.adversary.discriminators[:1])
    with pytest.raises(ValueError, match="against other opponents"):
        RunFolder.reopen(tmp_path / "run").load_opponents(_called(ToyRival(ToyRival.Config(adversary=smaller))))


def _called(system: ToyRival) -> ToyRival:
    system.call_opponents()
    return system


def test_half_precision_plays_too_and_leaves_the_weights_in_single(data: Path, tmp_path: Path) -> None:
    played = trainer(data, tmp_path / "run", precision="bf16")
    played.run()
    entries = RunFolder.reopen(tmp_path / "run").log.entries()
    assert all(math.isfinite(entry["balanced"]) and math.isfinite(entry["adversary"]) for entry in entries)
    both = played.held.all.values()
    assert all(weight.dtype == torch.float32 and bool(weight.isfinite().all()) for weight in both)


def play(rank: int, world: int, data: Path, folder: Path) -> None:
    trainer(data, folder / "two", Processes(rank, 2), UNBALANCED).run()
    trainer(data, folder / "balanced", Processes(rank, 2), QUIET).run()
    trainer(data, folder / "sharded", Processes(rank, 2, sharded=True), QUIET).run()


@pytest.mark.skipif(sys.platform == "win32", reason="gloo on Windows needs another rendezvous")
def test_two_processes_play_the_game_of_one(data: Path, tmp_path: Path) -> None:
    trainer(data, tmp_path / "one", config=UNBALANCED).run()
    trainer(data, tmp_path / "alone", config=QUIET).run()
    together(2, play, data, tmp_path)
    for name in ("model", "training/opponents"):
        for single, double in (("one", "two"), ("alone", "balanced"), ("alone", "sharded")):
            one, two = (load_file(tmp_path / run / f"checkpoint/{name}.safetensors") for run in (single, double))
            assert all(torch.allclose(one[key], two[key], atol=2e-5) for key in one), (name, double)
    assert all("adversary" in entry for entry in RunFolder.reopen(tmp_path / "balanced").log.entries())


@pytest.mark.parametrize("name", ["toy-rival", "toy-rival-tiny"])
def test_the_preset_tiny_of_a_system_is_the_one_that_ends_so(name: str) -> None:
    assert session.chosen_preset(name, "tiny") == "toy-rival-tiny"
    assert session.chosen_preset(name, None) == name
    assert session.plan("toy-rival", "tiny", {}, {}).settings == ToyRival.Config()
    with pytest.raises(ValueError, match="has no preset 'huge'"):
        session.chosen_preset(name, "huge")
