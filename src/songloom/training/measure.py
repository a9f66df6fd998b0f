"""What a training would need, found by training two steps on a few clips: nothing is written that stays."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from songloom.data.dataset import Dataset, clips_of
from songloom.data.manifest import Clip
from songloom.data.waves import cache_waves
from songloom.systems.roles import System
from songloom.training.curve_cache import measure_curves
from songloom.training.distributed import Processes
from songloom.training.encode_cache import encode
from songloom.training.optimisation import parameter_count
from songloom.training.run_folder import RunFolder
from songloom.training.session import Plan, build, hours, part_codec
from songloom.training.trainer import Pace, Precision, Trainer

CLIPS = 4
MEASURED = 3


@dataclass(frozen=True, slots=True)
class Estimate:
    """`trained` of `parameters` weights move; `hours` of training data; `memory` in bytes is this process's peak
    (on a GPU: the device's); `step_seconds` is one step of the recipe here."""

    parameters: int
    trained: int
    clips: int
    hours: float
    steps: int
    batch: str
    step_seconds: float
    memory: int

    @property
    def total_seconds(self) -> float:
        return self.step_seconds * self.steps


def estimate(
    plan: Plan, folder: Path, *, processes: Processes | None = None, precision: Precision | None = None
) -> Estimate:
    """Builds the system, trains three steps in a folder that is removed again, and times the last two."""
    processes = processes or Processes()
    clips = tuple(clip for clip in clips_of(folder) if clip.split == "train")
    if not clips:
        raise ValueError(f"{folder} has no clips to train on")
    system = build(plan)
    with tempfile.TemporaryDirectory() as scratch:
        trial = replace(plan.recipe, steps=MEASURED, warmup=0)
        source = _few(system, plan, folder, clips[:CLIPS], Path(scratch))
        run = RunFolder.create(Path(scratch) / "run")
        quiet = Pace(log_steps=0, valid_steps=0, sample_steps=0)
        trainer = Trainer(system, trial, source, run, pace=quiet, processes=processes, precision=precision)
        times: list[float] = []
        trainer.run(tell=lambda _report: times.append(time.perf_counter()))
    recipe = plan.recipe
    parts = f" x {recipe.accumulate}" if recipe.accumulate > 1 else ""
    return Estimate(
        parameters=parameter_count(system),
        trained=sum(p.numel() for p in trainer.parameters.values()),
        clips=len(clips),
        hours=hours(clips),
        steps=recipe.steps,
        batch=f"{recipe.batch_size}{parts} x {recipe.seconds:g} s of {recipe.inputs}",
        step_seconds=(times[-1] - times[0]) / (MEASURED - 1),
        memory=_peak(processes.device),
    )


def _few(system: System, plan: Plan, folder: Path, clips: tuple[Clip, ...], scratch: Path) -> Dataset:
    """A data set of a few clips, its cache in `scratch`."""
    inputs = plan.recipe.inputs
    if inputs == "waves":
        rate, channels = system.sample_rate, system.channels
        waves = cache_waves(folder, clips, sample_rate=rate, channels=channels, cache=scratch / "cache")
        return Dataset(clips, waves=waves)
    codec = part_codec(system)
    shards = encode(codec, clips, folder, kind=inputs, cache=scratch / "cache")
    curves = measure_curves(codec, clips, folder, cache=scratch / "curves") if plan.recipe.curves else None
    codes, latents = (shards, None) if inputs == "codes" else (None, shards)
    return Dataset(clips, codes=codes, latents=latents, curves=curves, frame_rate=codec.frame_rate)


def _peak(device: str) -> int:
    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated(device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
