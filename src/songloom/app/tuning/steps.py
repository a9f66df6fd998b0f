"""The steps of a fine-tuning, for the command line and for jobs alike: listen, plan, examples; training lies between.

A run's folder holds `music` (what was heard, the captions, the data set), the training, and `examples`. Every step
finds what it did before, so the same call goes on after a crash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from songloom.app.tuning import captions, examples, examples_page, page
from songloom.app.tuning.examples import Outcome, Trial
from songloom.app.tuning.music import Music, captioned, is_data_set, survey
from songloom.data.workers import HERE, Workers
from songloom.inference.embedding import open_space
from songloom.layers.lora import Lora, attach
from songloom.systems import loras
from songloom.systems.roles import System
from songloom.training import session
from songloom.training.run_folder import MUSIC, RunFolder
from songloom.training.session import Plan
from songloom.training.trainer import Pace

LISTENING, HEARING = "listening", "hearing what nobody described"
Report = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """What is wanted: a `model` that learns the music in the folder `data`, in the run folder `out`; `changes` are
    those of the recipe, `embedder` hears what nobody described (None: the embedded one); so many `examples`."""

    model: str
    data: Path
    out: Path
    lora: Lora
    changes: Mapping[str, str]
    embedder: str | None = None
    examples: int = 3

    def __post_init__(self) -> None:
        if self.examples < 0:
            raise ValueError(f"examples must be 0 or more, not {self.examples}")

    @property
    def home(self) -> Path:
        """Where the music is described."""
        return self.out / MUSIC

    @property
    def checkpoint(self) -> Path:
        """What comes of it."""
        return self.out / "checkpoint" / loras.NAME

    @property
    def begun(self) -> bool:
        """Whether there is a training to go on with."""
        return RunFolder.holds_run(self.out)

    def listen(self, report: Report, *, workers: Workers = HERE) -> Music | None:
        """The music with its captions, those of captions.csv among them; None for a corpus, which is taken as it is.
        Raises ValueError where nothing can be used."""
        if is_data_set(self.data):
            return None
        heard = survey(self.data, self.home, workers=workers, report=partial(report, LISTENING))
        music = captions.reviewed(heard, self.home, partial(self._captioned, workers=workers, report=report))
        music.write(self.home)
        page.write(music, self.home)
        return music

    def plan(self) -> Plan:
        """What is to be trained; of a run that has begun, its own plan with the recipe's changes. Raises ValueError for
        one of another model or another LoRA."""
        if not self.begun:
            plan = session.tuning_plan(self.model, self.changes, self.lora)
            with torch.device("meta"):  # no memory: only whether the LoRA fits is asked
                system: System = plan.settings.build()
                attach(system, self.lora, system.frozen)
            return plan
        plan = session.resumed_tuning(self.out, self.model, self.changes)
        if plan.lora != self.lora:
            raise ValueError(f"{self.out} holds a LoRA of {plan.lora}, not of {self.lora}; choose another folder")
        return plan

    def source(self) -> Path:
        """The data set that is learned."""
        return self.data if is_data_set(self.data) else self.home

    def learn(self, report: Callable[[float], None]) -> None:
        """Trains to the end of the recipe, from where the run stands; `report` may raise to end it."""
        pace = Pace(sample_steps=0, save_minutes=1.0)
        trainer = session.start(self.plan(), self.source(), self.out, resume=self.begun, pace=pace)
        trainer.run(tell=lambda told: report(told.step / told.steps))

    def compare(self, report: Callable[[float], None], *, device: str = "cpu") -> tuple[Outcome, Path]:
        """The examples and their page, once the training has ended."""
        trial = Trial(
            model=self.model,
            lora=self.checkpoint,
            recipe=RunFolder.reopen(self.out).state().recipe,
            data=self.source(),
            count=self.examples,
            device=device,
        )
        folder = self.out / examples.FOLDER
        outcome = examples.compare(trial, open_space(self.embedder), folder, report=report)
        return outcome, examples_page.write(outcome, folder)

    def _captioned(self, music: Music, *, workers: Workers, report: Report) -> Music:
        space = partial(open_space, self.embedder)
        return captioned(music, self.home, space, workers=workers, report=partial(report, HEARING))
