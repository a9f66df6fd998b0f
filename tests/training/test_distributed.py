"""Two processes on the CPU train as one does, with copied and with sharded weights."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
import torch
from together import together
from training_toys import RATE, ToyCodec, write_sines

from songloom import checkpoint
from songloom.data.dataset import open_waves
from songloom.training.distributed import Processes, join
from songloom.training.log import Log
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
    sources = [
        open_waves(data, split, sample_rate=RATE, channels=1, rank=rank, world_size=world)
        for split in ("train", "valid")
    ]
    run = RunFolder.reopen(out) if resume else RunFolder.create(out) if processes.first else RunFolder(out)
    trainer = Trainer(system, RECIPE, sources[0], run, valid=sources[1], pace=PACE, processes=processes, resume=resume)
    heard: list[int] = []
    trainer.run(
        tell=lambda report: heard.append(report.step),
        stop=lambda: stop_at is not None and processes.first and heard[-1] == stop_at,
    )


def stop_and_go_on(rank: int, world: int, data: Path, folder: Path) -> None:
    """Three steps, a stop that only the first process asks for, and the rest after resuming; both ways."""
    for name, sharded in (("copied", False), ("sharded", True)):
        processes = Processes(rank, world, "cpu", sharded)
        train(data, folder / name, processes, stop_at=3)
        train(data, folder / name, processes, resume=True)


def end_slowly(rank: int, world: int, data: Path, folder: Path) -> None:
    """The first process takes its time for the last file of its checkpoint; the other one looks for it."""
    write = Log.write_picture

    def slowly(log: Log) -> None:
        time.sleep(0.5)
        write(log)
        (folder / "written").write_text(str(log.entries()[-1]["step"] if log.entries() else 0))

    with mock.patch.object(Log, "write_picture", slowly):
        train(data, folder / "run", Processes(rank, world, "cpu"))
    assert (folder / "written").read_text() == str(RECIPE.steps), rank


@pytest.mark.skipif(sys.platform == "win32", reason="gloo on Windows needs another rendezvous")
def test_two_processes_end_where_one_ends(tmp_path: Path) -> None:
    data = write_sines(tmp_path / "data")
    train(data, tmp_path / "one", Processes())
    together(2, stop_and_go_on, data, tmp_path)
    one = checkpoint.load(tmp_path / "one" / "checkpoint").state_dict()
    log = RunFolder.reopen(tmp_path / "one").log.entries()[-1]
    for name in ("copied", "sharded"):
        two = checkpoint.load(tmp_path / name / "checkpoint").state_dict()
        assert all(torch.allclose(one[key], two[key], atol=2e-5) for key in one), name
        assert RunFolder.reopen(tmp_path / name).log.entries()[-1]["valid loss"] == pytest.approx(log["valid loss"])


@pytest.mark.skipif(sys.platform == "win32", reason="gloo on Windows needs another rendezvous")
def test_no_process_ends_before_the_checkpoint_is_written(tmp_path: Path) -> None:
    together(2, end_slowly, write_sines(tmp_path / "data"), tmp_path)


def test_a_process_alone_needs_no_others() -> None:
    processes = join(0, 1, "cpu")
    assert processes == Processes() and processes.first
    assert processes.any(True) and not processes.any(False)
    assert torch.equal(processes.mean(torch.tensor([1.0, 2.0])), torch.tensor([1.0, 2.0]))


def test_a_number_of_processes_that_cannot_work_is_refused_in_a_line() -> None:
    with pytest.raises(ValueError, match="begin with torchrun"):
        join(0, 1, "cpu", sharded=True)
    assert [Processes(0, world).share(6) for world in (1, 2, 3, 6)] == [6, 3, 2, 1]
    for world in (4, 12):
        with pytest.raises(ValueError, match=f"6 crops cannot be shared evenly by {world} processes"):
            Processes(0, world).share(6)
