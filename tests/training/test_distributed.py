"""Two processes on the CPU train as one with the double batch, with copied and with sharded weights."""

from __future__ import annotations

import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import multiprocessing
from training_toys import RATE, ToyCodec, write_sines

from songloom import checkpoint
from songloom.data.dataset import open_waves
from songloom.training.distributed import Processes, join, leave
from songloom.training.run_folder import RunFolder
from songloom.training.trainer import Pace, Trainer

RECIPE = replace(ToyCodec.recipe("toy-codec-tiny"), steps=6, batch_size=4, accumulate=2, ema=0.8)
PACE = Pace(log_steps=3, valid_steps=3, sample_steps=0)


def train(data: Path, out: Path, processes: Processes, *, stop_at: int | None = None, resume: bool = False) -> None:
    """One process's part; there is no noise, since processes draw their own."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    system = ToyCodec(ToyCodec.Config(noise=0.0))
    rank, world = processes.rank, processes.world_size
    recipe = replace(RECIPE, batch_size=RECIPE.batch_size // world)
    sources = [
        open_waves(data, split, sample_rate=RATE, channels=1, rank=rank, world_size=world)
        for split in ("train", "valid")
    ]
    run = RunFolder.reopen(out) if resume else RunFolder.create(out) if processes.first else RunFolder(out)
    trainer = Trainer(system, recipe, sources[0], run, valid=sources[1], pace=PACE, processes=processes, resume=resume)
    heard: list[int] = []
    trainer.run(
        tell=lambda report: heard.append(report.step),
        stop=lambda: stop_at is not None and processes.first and heard[-1] == stop_at,
    )


def worker(rank: int, port: int, data: Path, folder: Path) -> None:
    """Three steps, a stop that only the first process asks for, and the rest after resuming; both ways."""
    store = torch.distributed.TCPStore("127.0.0.1", port, 2, rank == 0)
    torch.distributed.init_process_group("gloo", rank=rank, world_size=2, store=store)
    for name, sharded in (("copied", False), ("sharded", True)):
        processes = Processes(rank, 2, "cpu", sharded)
        train(data, folder / name, processes, stop_at=3)
        torch.distributed.barrier()
        train(data, folder / name, processes, resume=True)
    leave()


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.mark.skipif(sys.platform == "win32", reason="gloo on Windows needs another rendezvous")
def test_two_processes_end_where_one_with_the_double_batch_ends(tmp_path: Path) -> None:
    data = write_sines(tmp_path / "data")
    train(data, tmp_path / "one", Processes())
    multiprocessing.spawn(worker, (free_port(), data, tmp_path), nprocs=2)
    one = checkpoint.load(tmp_path / "one" / "checkpoint").state_dict()
    log = RunFolder.reopen(tmp_path / "one").log.entries()[-1]
    for name in ("copied", "sharded"):
        two = checkpoint.load(tmp_path / name / "checkpoint").state_dict()
        assert all(torch.allclose(one[key], two[key], atol=2e-5) for key in one), name
        assert RunFolder.reopen(tmp_path / name).log.entries()[-1]["valid loss"] == pytest.approx(log["valid loss"])


def test_a_process_alone_needs_no_others() -> None:
    processes = join(0, 1, "cpu", sharded=True)
    assert processes == Processes() and processes.first
    assert processes.any(True) and not processes.any(False)
    assert torch.equal(processes.mean(torch.tensor([1.0, 2.0])), torch.tensor([1.0, 2.0]))
