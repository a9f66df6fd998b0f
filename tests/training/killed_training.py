"""Begun by torchrun in a test: `songloom train`, whose second process is killed at its fourth step the first time."""

from __future__ import annotations

import os
import signal

from shared_draws import shared_draws

from songloom.app import cli
from songloom.data.batch import Batch
from songloom.training.trainer import Trainer

RANK, TRY = int(os.environ["RANK"]), int(os.environ["TORCHELASTIC_RESTART_COUNT"])
STEP = Trainer._step


def step_or_die(trainer: Trainer, step: int, parts: list[Batch]) -> None:
    print(f"try {TRY}, process {RANK}, step {step}", flush=True)
    if (step, RANK, TRY) == (3, 1, 0):
        os.kill(os.getpid(), signal.SIGKILL)
    STEP(trainer, step, parts)


Trainer._step = step_or_die  # type: ignore[method-assign]
with shared_draws(2, RANK, world=2):
    cli.main()
