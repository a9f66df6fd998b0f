"""Real systems at their tiny sizes learn in several processes what one learns, with copied or sharded weights."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from music_source import Music
from safetensors.torch import load_file
from shared_draws import shared_draws
from test_distributed import free_port
from torch import multiprocessing

from songloom.systems import registry
from songloom.systems.roles import System
from songloom.training.distributed import Processes, leave
from songloom.training.run_folder import RunFolder
from songloom.training.trainer import Pace, Trainer

NAMES = ("musicgen-tiny",)
PACE = Pace(log_steps=1, valid_steps=0, sample_steps=0)
BATCH = 4


def losses(name: str, out: Path, processes: Processes) -> list[float]:
    """Of three steps of two accumulated parts each, by AdamW."""
    torch.manual_seed(0)
    system: System = registry.presets()[name].build()
    recipe = replace(
        type(system).recipe(name),
        steps=3,
        batch_size=BATCH // processes.world_size,
        accumulate=2,
        warmup=1,
        optimizer="adamw",
        weight_norm=False,
        long_share=0.0,
        ema=0.5,
    )
    run = RunFolder(out)
    source = Music(system, processes.rank)
    with shared_draws(processes.rank, processes.world_size):
        Trainer(system, recipe, source, run, pace=PACE, processes=processes).run()
    return [entry["loss"] for entry in run.log.entries()] if processes.first else []


def worker(rank: int, world: int, port: int, names: tuple[str, ...], folder: Path) -> None:
    torch.set_num_threads(1)
    registry.discover()
    store = torch.distributed.TCPStore("127.0.0.1", port, world, rank == 0)
    torch.distributed.init_process_group("gloo", rank=rank, world_size=world, store=store)
    for name in names:
        for way in ("copied", "sharded"):
            losses(name, folder / f"{name} {way}", Processes(rank, world, "cpu", way == "sharded"))
    leave()


@pytest.mark.skipif(sys.platform == "win32", reason="gloo on Windows needs another rendezvous")
@pytest.mark.parametrize(("world", "names"), [(2, NAMES)])
def test_processes_learn_what_one_learns_of_the_same_batches(
    world: int, names: tuple[str, ...], tmp_path: Path
) -> None:
    torch.set_num_threads(1)
    alone = {name: losses(name, tmp_path / name, Processes()) for name in names}
    multiprocessing.spawn(worker, (world, free_port(), names, tmp_path), nprocs=world)
    for name in names:
        assert len(set(alone[name])) == 3, "the weights move"
        for way in ("copied", "sharded"):
            folder = tmp_path / f"{name} {way}"
            together = [entry["loss"] for entry in RunFolder(folder).log.entries()]
            assert together == pytest.approx(alone[name], rel=1e-4), (name, way)
            one, many = (load_file(path / "checkpoint/model.safetensors") for path in (tmp_path / name, folder))
            assert one.keys() == many.keys() and all(one[key].shape == many[key].shape for key in one)
