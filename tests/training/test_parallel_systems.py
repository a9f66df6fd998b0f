"""Real systems at their tiny sizes learn in several processes what one learns, and go on over any number of them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from unittest import mock

import pytest
import torch
from music_source import Music
from safetensors.torch import load_file
from shared_draws import shared_draws
from together import together

from songloom.systems import registry
from songloom.systems.roles import System
from songloom.training import trainer
from songloom.training.distributed import Processes
from songloom.training.log import Log
from songloom.training.run_folder import RunFolder
from songloom.training.trainer import Pace, Precision, Trainer

PACE = Pace(log_steps=1, valid_steps=0, sample_steps=0)
BATCH, STEPS = 6, 3


@contextmanager
def quickly() -> Iterator[None]:
    """A start from few batches, and no pictures."""
    with mock.patch.object(trainer, "PREPARE_BATCHES", 3), mock.patch.object(Log, "write_picture"):
        yield


@dataclass(frozen=True)
class Run:
    """A system's training in `folder`, by copied or sharded weights, up to a step; what is there already goes on.
    `by` is the optimiser, "normed" AdamW through weight norm."""

    name: str
    folder: Path
    sharded: bool = False
    until: int = STEPS
    precision: Precision = "fp32"
    rate: float = 1e-3
    by: Literal["adamw", "muon", "normed"] = "adamw"

    def train(self, rank: int = 0, world: int = 1) -> None:
        """One process's part of steps of two accumulated parts each."""
        processes = Processes(rank, world, "cpu", self.sharded)
        torch.manual_seed(0)
        system: System = registry.presets()[self.name].build()
        recipe = replace(
            type(system).recipe(self.name),
            steps=STEPS,
            batch_size=BATCH,
            seconds=0.25,
            accumulate=2,
            warmup=1,
            learning_rate=self.rate,
            muon_rate=self.rate,
            optimizer="muon" if self.by == "muon" else "adamw",
            weight_norm=self.by == "normed",
            long_share=0.0,
            ema=0.5,
        )
        resume = RunFolder.holds_run(self.folder)
        run = RunFolder.reopen(self.folder) if resume else RunFolder(self.folder)
        processes.wait()
        done: list[int] = []
        with shared_draws(BATCH // world, rank, world), quickly():
            Trainer(
                system,
                recipe,
                Music(system, rank),
                run,
                pace=PACE,
                processes=processes,
                resume=resume,
                precision=self.precision,
            ).run(tell=lambda report: done.append(report.step), stop=lambda: done[-1] == self.until)

    @property
    def losses(self) -> list[float]:
        return [entry["loss"] for entry in RunFolder(self.folder).log.entries()]

    @property
    def weights(self) -> dict[str, torch.Tensor]:
        return load_file(self.folder / "checkpoint/model.safetensors")


def apart(run: Run, other: Run) -> float:
    """How far the weights of two runs lie apart, as a share of how far training moved them; codebooks aside, whose
    entries may have changed places."""
    torch.manual_seed(0)
    begun = registry.presets()[run.name].build().state_dict()
    ends, others = run.weights, other.weights
    names = [name for name in ends if ".books." not in name]
    between, moved = ([end[name] - start[name] for name in names] for end, start in ((ends, others), (others, begun)))
    return float(length(between) / length(moved))


def length(parts: list[torch.Tensor]) -> torch.Tensor:
    return torch.cat([part.double().flatten() for part in parts]).norm()


def train_all(rank: int, world: int, runs: Sequence[Run]) -> None:
    registry.discover()
    for run in runs:
        run.train(rank, world)


SINGLE, HALF = ("fp32", 1e-3), ("bf16", 1e-4)
"""What is multiplied in, and a rate at which the rounding of gradients to bfloat16 is not seen in the loss."""
CASES: tuple[tuple[str, tuple[Precision, float], Literal["adamw", "muon", "normed"], tuple[bool, ...]], ...] = (
    ("musicgen-tiny", SINGLE, "adamw", (False, True)),
    ("stable-audio-tiny", SINGLE, "adamw", (False, True)),
    ("mulan-tiny", SINGLE, "adamw", (False, True)),
    ("musicgen-tiny", SINGLE, "muon", (False, True)),
    ("encodec-tiny", SINGLE, "adamw", (False,)),
    ("encodec-tiny", SINGLE, "normed", (True,)),
    ("m2d-clap-tiny", SINGLE, "adamw", (True,)),
    ("mulan-tiny", HALF, "adamw", (False, True)),
)


@pytest.mark.skipif(sys.platform == "win32", reason="gloo on Windows needs another rendezvous")
def test_two_processes_learn_what_one_learns_of_the_same_batches(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    pairs: list[tuple[Run, Run]] = []
    for name, (precision, rate), by, ways in CASES:
        alone = Run(name, tmp_path / f"{name} {precision} {by}", precision=precision, rate=rate, by=by)
        alone.train()
        pairs += [(alone, replace(alone, folder=Path(f"{alone.folder} {way}"), sharded=way)) for way in ways]
    together(2, train_all, [both for _, both in pairs])
    for alone, both in pairs:
        near = 1e-3 if alone.precision == "bf16" else 1e-4  # each process rounds sums of its own
        assert both.losses == pytest.approx(alone.losses, rel=near) and len(both.losses) == STEPS, both
        torch.manual_seed(0)
        begun = registry.presets()[both.name].build().state_dict()
        kept = {name: tensor.shape for name, tensor in alone.weights.items()}
        assert kept == {name: tensor.shape for name, tensor in both.weights.items()}
        assert any(not torch.equal(tensor, begun[name]) for name, tensor in both.weights.items()), "the weights move"


@pytest.mark.skipif(sys.platform == "win32", reason="gloo on Windows needs another rendezvous")
def test_a_run_goes_on_over_another_number_of_processes_to_the_same_weights(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    runs: list[list[Run]] = []
    for name, by in (("musicgen-tiny", "muon"), ("encodec-tiny", "normed")):
        whole = Run(name, tmp_path / name / "whole", by=by)
        one, two = (replace(whole, folder=tmp_path / name / way, until=2) for way in ("one", "two"))
        whole.train()
        one.train()
        runs.append([whole, replace(one, sharded=True, until=STEPS), replace(two, sharded=True)])
    together(2, train_all, [run for _, one, two in runs for run in (two, one)])
    threes = [replace(two, folder=two.folder.parent / "three", until=STEPS) for _, _, two in runs]
    for (_, _, two), three in zip(runs, threes, strict=True):
        assert len(list((two.folder / "checkpoint/training/optimizer").glob("shard-*.safetensors"))) == 2
        shutil.copytree(two.folder, three.folder)
        replace(two, sharded=False, until=STEPS).train()
    together(3, train_all, threes)
    for (whole, one, two), three in zip(runs, threes, strict=True):
        # The last bit of a vector may decide which of two entries it chooses, and so what a codebook starts from.
        rounding, near = (1e-2, 0.1) if whole.name == "encodec-tiny" else (1e-4, 1e-4)
        for run in (one, two, three):
            assert run.losses == pytest.approx(whole.losses, rel=rounding), run
            assert apart(run, whole) < near, run
    three = threes[0]
    stray = three.folder / "checkpoint/training/optimizer"
    next(iter(stray.glob("*.safetensors"))).unlink()
    with pytest.raises(ValueError, match="is damaged: shard-"):
        replace(three, until=STEPS).train()
