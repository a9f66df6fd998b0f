"""A model that only beeps, and jobs that ask for it, without any process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest
import torch
from torch import Tensor, nn

from songloom.app import job_attempt
from songloom.app.job_kinds import KINDS
from songloom.app.job_music import Music
from songloom.app.job_store import Job, JobStore
from songloom.config import Settings
from songloom.inference import song
from songloom.inference.song import Model
from songloom.systems.request import Request
from songloom.systems.roles import Generator, Progress
from songloom.systems.together import handed_out

RATE = 8000
Between = Callable[[int], None]


class Beeps(Generator):
    """A sine of the seed's pitch in ten pieces; `between` is called with the number of each before it is made."""

    uses = frozenset({"tempo"})
    sample_rate = RATE  # type: ignore[assignment]
    channels = 1  # type: ignore[assignment]

    def __init__(self, between: Between, *, batched: bool = False) -> None:
        super().__init__()
        self.config, self.between, self.weight = Settings(), between, nn.Parameter(torch.ones(()))
        self.batched = batched  # type: ignore[misc]

    def pieces(self, request: Request, seed: int, progress: Progress | None = None) -> Iterator[Tensor]:
        return self.several([request], [seed], progress)[0]

    def several(
        self, requests: Sequence[Request], seeds: Sequence[int], progress: Progress | None = None
    ) -> list[Iterator[Tensor]]:
        time = torch.arange(round(requests[0].seconds * RATE)) / RATE

        def rounds() -> Iterator[list[Tensor]]:
            for number, part in enumerate(time.chunk(10)):
                self.between(number)
                if progress:
                    progress(number / 10)
                yield [0.3 * torch.sin(2 * torch.pi * (300 + 100 * seed) * part)[None, None] for seed in seeds]

        return handed_out(rounds(), len(seeds))


Beeps.__abstractmethods__ = frozenset()


def use(monkeypatch: pytest.MonkeyPatch, between: Between, *, batched: bool = False) -> None:
    """Makes Beeps the model of all jobs, and every report count."""
    monkeypatch.setattr(job_attempt, "REPORT_SECONDS", 0.0)
    model = Model("beeps", Beeps(between, batched=batched), "0" * 64)
    monkeypatch.setattr(song, "open_model", lambda *_: model)


def queued(store: JobStore, task: Music, timeout: float = 60.0) -> str:
    """The name of a job that waits: job0, job1, ..."""
    name = f"job{len(store.every())}"
    store.place(name).mkdir(parents=True)
    told = task.stored(store.place(name))
    assert KINDS[told["kind"]] is Music
    store.add(
        Job(
            id=name,
            owner="",
            state="queued",
            task=told,
            way="",
            alike=task.alike,
            seconds=task.seconds,
            candidates=task.parts,
            timeout=timeout,
            bytes=0,
            created=float(len(store.every())),
        )
    )
    return name
