"""A cluster of three nodes on this machine, of which one is lost in the middle: its work is done by the others."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from songloom.data.manifest import read
from songloom.data.prepare.pipeline import prepare
from songloom.data.prepare.tar_shards import damaged
from songloom.data.workers import Workers

ray = pytest.importorskip("ray")
cluster_utils = pytest.importorskip("ray.cluster_utils")
RATE = 8000
STORE_BYTES = 80 * 2**20
SOON = {"health_check_initial_delay_ms": 1000, "health_check_period_ms": 500, "health_check_failure_threshold": 4}
"""A node that does not answer is given up after some seconds, not half a minute."""


class Nodes:
    """Nodes with one processor each, the first of which is the head."""

    def __init__(self, count: int) -> None:
        settings = {"num_cpus": 1, "object_store_memory": STORE_BYTES, "include_dashboard": False}
        head = settings | {"_system_config": SOON}
        self.cluster = cluster_utils.Cluster(initialize_head=True, head_node_args=head)
        self.others = [self.cluster.add_node(**settings) for _ in range(count - 1)]

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    def lose_one(self) -> None:
        """One node ends as by a power cut: all of its processes, and what they hold."""
        self.cluster.remove_node(self.others.pop(), allow_graceful=False)


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
        patch.setenv("RAY_memory_monitor_refresh_ms", "0")  # what others take is no reason to kill
        patch.setenv("RAY_worker_niceness", "0")
        made = Nodes(3)
        yield made
        ray.shutdown()
        made.cluster.shutdown()


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Ten tunes, of which one is long."""
    folder = tmp_path / "music"
    folder.mkdir()
    for number in range(10):
        seconds = np.arange((3 if number else 9) * RATE) / RATE
        hertz = np.random.default_rng(number).uniform(100, 3000, (6, 1)) * (1 + 0.2 * np.floor(4 * seconds))
        soundfile.write(folder / f"{number}.wav", 0.5 * np.sin(2 * np.pi * seconds * hertz).mean(0), RATE)
    return folder


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="Ray's nodes on one machine are tested on Linux")
def test_a_node_that_is_lost_loses_no_shard_and_doubles_none(nodes: Nodes, music: Path, tmp_path: Path) -> None:
    lost: list[str] = []

    def report(step: str, done: int, total: int) -> None:
        if step not in lost and 1 < done < total:
            lost.append(step)
            nodes.lose_one()

    made = prepare(music, tmp_path / "there", shard_bytes=60_000, workers=Workers(0, nodes.address), report=report)
    assert lost == ["listening", "writing"]
    until = time.monotonic() + 300  # a node counts as alive until it has been missed for a while
    while sum(one["Alive"] for one in ray.nodes()) > 1 and time.monotonic() < until:
        time.sleep(0.2)
    assert sum(one["Alive"] for one in ray.nodes()) == 1
    assert len(made.shards) > 3 and len(read(tmp_path / "there")) == 10 and not list(damaged(tmp_path / "there"))
    prepare(music, tmp_path / "here", shard_bytes=60_000)
    there, here = ({p.name: p.read_bytes() for p in (tmp_path / way).iterdir()} for way in ("there", "here"))
    assert there == here
