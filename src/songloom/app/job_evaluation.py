"""A set of sounds to be measured, as a job: by all that applies, against prompts and a reference where there are."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

from songloom.app.job_attempt import Attempt
from songloom.app.job_limits import Limits
from songloom.app.job_task import Bound, Task
from songloom.checkpoint import system_hash
from songloom.metrics.bench.asked import Asked, wanted_of
from songloom.metrics.bench.evaluation import Bench, Stage, evaluate, listen_to_reference
from songloom.metrics.bench.listening import Progress
from songloom.metrics.bench.report import Report
from songloom.metrics.bench.writing import NAMES, write_report
from songloom.metrics.embeddings import EmbedderNetwork
from songloom.published.load import load
from songloom.systems.request import Request
from songloom.systems.roles import Embedder

WAVE_BYTES = 48_000 * 2 * 4 * 2
"""Of memory for a second of sound: two copies of stereo at 48 kHz."""
REPORT_BYTES = 2_000_000
CLIPS, REFERENCE = "clips", "reference"


class Clip(NamedTuple):
    """A sound file, how long it is, and what was asked of it ("": what its own recipe says, or nothing)."""

    path: Path
    seconds: float
    prompt: str = ""


@dataclass(frozen=True, kw_only=True)
class Evaluation(Task):
    """Clips, music to compare them with, and the embedder (a name, a folder or a hub id; "": none), in reports `called`
    so, by which distances and words are measured."""

    kind: ClassVar[str] = "evaluation"
    clips: tuple[Clip, ...]
    reference: tuple[Clip, ...] = ()
    model: str = ""
    called: str = ""

    @property
    def seconds(self) -> float:
        return sum(clip.seconds for clip in (*self.clips, *self.reference))

    @property
    def way(self) -> str:
        return json.dumps([self.kind, self.model])

    @property
    def bytes_a_second(self) -> int:
        return WAVE_BYTES

    @property
    def input_bytes(self) -> int:
        return sum(clip.path.stat().st_size for clip in (*self.clips, *self.reference))

    @property
    def output_bytes(self) -> int:
        return REPORT_BYTES

    def weights(self) -> int:
        return super().weights() if self.model else 0

    def bounds(self, limits: Limits) -> Sequence[Bound]:
        return (
            ("{:g} clips are to be measured; {:g} may be", len(self.clips) + len(self.reference), limits.clips),
            ("{:g} s of sound are to be measured; {:g} may be", self.seconds, limits.measured_seconds),
        )

    def stored(self, folder: Path) -> dict[str, Any]:
        """The sounds are copied to `folder`, under numbers."""
        told: dict[str, Any] = {}
        for name, clips in ((CLIPS, self.clips), (REFERENCE, self.reference)):
            (folder / name).mkdir()
            told[name] = []
            for number, clip in enumerate(clips, start=1):
                file = f"{number:04d}{clip.path.suffix}"
                shutil.copyfile(clip.path, folder / name / file)
                told[name].append({"file": file, "seconds": clip.seconds, "prompt": clip.prompt})
        return {"kind": self.kind, "model": self.model, "called": self.called, "request": told}

    @classmethod
    def of(cls, told: dict[str, Any], folder: Path) -> Self:
        clips, reference = (
            tuple(Clip(folder / name / one["file"], one["seconds"], one["prompt"]) for one in told["request"][name])
            for name in (CLIPS, REFERENCE)
        )
        return cls(clips=clips, reference=reference, model=told["model"], called=told["called"])

    @classmethod
    def work(cls, attempt: Attempt) -> None:
        task = cls.of(attempt.job.task, attempt.folder)
        attempt(0.0)
        networks = [task.network()] if task.model else []
        attempt.ready()
        bench = Bench(
            networks=networks,
            prompts=task.asked(),
            prompts_from="the request",
            reference=attempt.folder / REFERENCE if task.reference else None,
        )
        stage = stages(attempt, 2 + 2 * len(networks) + (1 + len(networks) if task.reference else 0))
        report = nameless(evaluate(attempt.folder / CLIPS, bench, stage, listen_to_reference(bench, stage)))
        write_report(report, attempt.folder, players=0)
        figures = {one["title"]: one["figures"] for one in report.to_json()["sections"]}
        attempt.done([{"file": NAMES[0], "seconds": task.seconds, "recipe": {}, "measured": figures}])

    def network(self) -> EmbedderNetwork:
        """The embedder under the name that clients know. Raises ValueError when it is none."""
        system, name = load(self.model), self.called or self.model
        if not isinstance(system, Embedder):
            raise ValueError(f"{name} is no embedder but a {type(system).__name__}")
        said = f"{name} ({system.config.kind}, sha256 {system_hash(system)[:12]})"
        return EmbedderNetwork(system, name=name, checkpoint=said)

    def asked(self) -> list[Asked] | None:
        """The prompts of the clips that have one; None when none has."""
        found = [
            Asked(number, "", (clip.prompt,), clip.path.name, wanted=wanted_of(Request(prompt=clip.prompt)))
            for number, clip in enumerate(self.clips, start=1)
            if clip.prompt.strip()
        ]
        return found or None


def stages(attempt: Attempt, count: int) -> Stage:
    """Stages of work, of which there are so many, as the progress of an attempt."""
    begun = 0

    @contextmanager
    def stage(_: str) -> Iterator[Progress]:
        nonlocal begun
        place, begun = begun, begun + 1
        attempt(min(1.0, place / count))
        yield lambda done: attempt(min(1.0, (place + done) / count))

    return stage


def nameless(report: Report) -> Report:
    """A report that tells names of clips, and not where their files lie."""
    return dataclasses.replace(
        report,
        generated=CLIPS,
        reference=REFERENCE if report.reference else "",
        rows=tuple(dataclasses.replace(row, file=Path(row.file).name) for row in report.rows),
        unreadable=tuple(dataclasses.replace(one, path=Path(one.path.name)) for one in report.unreadable),
    )
