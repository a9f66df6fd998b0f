"""A fine-tuning as a job: listen to a folder of music, or learn it and make the examples.

What it needs and makes lies in a folder of its own, not in the job's, so a job that is begun again after a crash goes
on where the first one was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from songloom.app.job_attempt import Attempt
from songloom.app.job_limits import Limits
from songloom.app.job_task import Task
from songloom.app.tuning.steps import HEARING, Tuning
from songloom.layers.lora import Lora

FILES, RUN = "files", "run"
LISTENED, LEARNED = 0.05, 0.85
"""The parts of the bar at whose ends the folder has been looked at again, and the training is over."""
Stage = Literal["listen", "learn"]


@dataclass(frozen=True, kw_only=True)
class TuningTask(Task):
    """One `stage` of the tuning in `place`: of a `model` (a name or a place) with `music` seconds in files/."""

    kind: ClassVar[str] = "finetune"
    place: str
    stage: Stage
    model: str
    music: float
    rank: int = 16
    examples: int = 3
    changes: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return self.music

    @property
    def learns(self) -> bool:
        return self.stage == "learn"

    @property
    def way(self) -> str:
        return json.dumps(
            [self.kind, self.stage, *([self.model, self.rank, dict(self.changes)] if self.learns else [])]
        )

    def weights(self) -> int:
        return super().weights() if self.learns else 0

    def most_work(self, limits: Limits) -> float:
        return limits.learning

    def stored(self, folder: Path) -> dict[str, Any]:
        return {"kind": self.kind, "request": {}, **asdict(self)}

    @classmethod
    def of(cls, told: dict[str, Any], folder: Path) -> Self:  # noqa: ARG003
        return cls(**{name: value for name, value in told.items() if name not in ("kind", "request")})

    @classmethod
    def work(cls, attempt: Attempt) -> None:
        task = cls.of(attempt.job.task, attempt.folder)
        attempt(0.0)
        try:
            task.done(task.tuning(), attempt)
        except ValueError as error:  # speaks of files, never of where they lie
            raise ValueError(str(error).replace(f"{task.place}/", "")) from None
        attempt.done([])

    def tuning(self) -> Tuning:
        """What its folder holds."""
        place = Path(self.place)
        return Tuning(
            model=self.model,
            data=place / FILES,
            out=place / RUN,
            lora=Lora(rank=self.rank),
            changes=self.changes,
            examples=self.examples,
        )

    def done(self, tuning: Tuning, watch: Callable[[float], None]) -> None:
        """Does it; `watch` hears how far it is, 0..1, and raises to end it."""
        if not self.learns:
            tuning.listen(lambda step, done: watch((done + (step == HEARING)) / 2))
            return
        tuning.listen(lambda _, done: watch(LISTENED * done))
        tuning.learn(lambda done: watch(LISTENED + (LEARNED - LISTENED) * done))
        tuning.compare(lambda done: watch(LEARNED + (1 - LEARNED) * done))
