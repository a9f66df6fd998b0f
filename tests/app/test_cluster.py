"""Corpus work on a local Ray cluster of two workers: one is killed in the middle, and nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from cluster_tasks import copied, square
from command_runs import Run

from songloom.app import folders
from songloom.data.manifest import read
from songloom.data.prepare.pipeline import prepare
from songloom.data.prepare.tar_shards import damaged
from songloom.data.workers import Workers, mapped

ray = pytest.importorskip("ray")
CLUSTER = Workers(2, "local")
RATE = 8000
PROCESSES = Path("/proc")
pytestmark = pytest.mark.skipif(not PROCESSES.is_dir(), reason="workers are found under /proc")


@pytest.fixture(scope="module", autouse=True)
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A place of its own for Ray's files; the cluster starts with the first work, and ends with the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
        patch.setenv("RAY_memory_monitor_refresh_ms", "0")  # what others take is no reason to kill
        patch.setenv("RAY_worker_niceness", "0")  # other tests run beside these
        yield
    ray.shutdown()


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve tunes with a text each, and a file that is no sound."""
    folder = tmp_path_factory.mktemp("music")
    seconds = np.arange(3 * RATE) / RATE
    for number in range(12):
        hertz = np.random.default_rng(number).uniform(100, 3000, (6, 1)) * (1 + 0.2 * np.floor(4 * seconds))
        soundfile.write(folder / f"{number}.wav", 0.5 * np.sin(2 * np.pi * seconds * hertz).mean(0), RATE)
        (folder / f"{number}.txt").write_text(f"Tune {number}.")
    (folder / "text.wav").write_text("no sound")
    return folder


def workers(name: str) -> list[int]:
    """The processes of this test's cluster whose names begin so."""
    found = []
    for folder in PROCESSES.iterdir():
        try:
            if folder.name.isdigit() and (folder / "cmdline").read_text().startswith(name) and ours(int(folder.name)):
                found.append(int(folder.name))
        except OSError:  # it ended
            continue
    return found


def ours(process: int) -> bool:
    """Whether this process, or one that it began, began another."""
    while process > 1 and process != os.getpid():
        process = int((PROCESSES / str(process) / "stat").read_text().rpartition(")")[2].split()[1])
    return process == os.getpid()


def test_a_worker_that_is_killed_loses_no_shard_and_doubles_none(music: Path, tmp_path: Path) -> None:
    prepare(music, tmp_path / "here", shard_bytes=100_000)
    killed: list[tuple[str, int]] = []

    def report(step: str, done: int, total: int) -> None:
        if step not in dict(killed) and 1 < done < total:
            until = time.monotonic() + 20
            while not (busy := workers("ray::Map")) and step == "listening" and time.monotonic() < until:
                time.sleep(0.01)
            for victim in (busy or workers("ray::IDLE"))[:1]:  # not one of Ray's own: its agents end the whole node
                os.kill(victim, signal.SIGKILL)
                killed.append((step, victim))

    made = prepare(music, tmp_path / "there", shard_bytes=100_000, workers=CLUSTER, report=report)
    assert [step for step, _ in killed] == ["listening", "writing"]
    assert not any((PROCESSES / str(victim) / "exe").exists() for _, victim in killed)
    assert len(made.shards) > 3 and len(read(tmp_path / "there")) == 12 and not list(damaged(tmp_path / "there"))
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_commands_give_the_files_that_one_process_gives(run: Run, music: Path, tmp_path: Path) -> None:
    cluster = ("--ray", "local", "--jobs", 2)
    code, out, err = run("encode", music, "-o", tmp_path / "there", *cluster)
    assert code == 2 and out.count(" kbps") == 12 and "text.wav" in err and "1 of 13" in err
    run("encode", music, "-o", tmp_path / "here")
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    assert run("search", "a tune", music, "--index", tmp_path / "index", *cluster)[1].count(".wav") == 10


def test_a_task_that_kills_its_process_every_time_costs_itself_alone(tmp_path: Path) -> None:
    tasks = {number: (number, tmp_path) for number in range(5)}
    made = list(mapped(square, tasks, CLUSTER, died=lambda name: -name))
    assert made == [(0, 0), (1, 1), (2, 4), (3, -3), (4, 16)]
    assert [len(list(tmp_path.glob(f"{number}-*"))) for number in (2, 3)] == [2, 4]  # three more chances


def test_an_error_there_is_the_error_here(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="9 is wrong"):
        dict(mapped(square, {1: (1, tmp_path), 9: (9, tmp_path)}, CLUSTER))


@pytest.mark.parametrize(("who", "lucky"), [(Workers(2), ("a", "z")), (CLUSTER, ("a", "once", "z"))])
def test_killed_workers_of_a_folder_leave_nothing_of_what_they_wrote(
    who: Workers, lucky: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (*lucky, "ever"):
        (tmp_path / f"{name}.txt").write_text(name)
    files = folders.pairs(tmp_path, tmp_path / "made", {".txt"}, ".copy")
    with pytest.raises(ValueError, match=f"1 of {len(files)}"):
        folders.each(tmp_path, files, copied, overwrite=False, workers=who)
    assert contents(tmp_path / "made") == {f"{name}.copy": name.encode() for name in lucky}
    assert "ever.txt was killed" in " ".join(capsys.readouterr().err.split())
