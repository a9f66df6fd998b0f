"""What a training would need, found by rehearsing a few steps on a few clips: nothing is written that stays."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from songloom.data.dataset import Dataset, clips_of
from songloom.data.manifest import Clip
from songloom.data.waves import cache_waves
from songloom.systems.roles import System
from songloom.training.curve_cache import measure_curves
from songloom.training.distributed import Processes
from songloom.training.encode_cache import encode
from songloom.training.mel_cache import measure_mel
from songloom.training.optimisation import parameter_count, trained_parameters
from songloom.training.rehearsal import rehearse
from songloom.training.run_folder import RunFolder
from songloom.training.session import Plan, begun, hours, mel_scale, part_codec, product_of
from songloom.training.trainer import Pace, Precision, Trainer

CLIPS, BYTES = 4, 4


@dataclass(frozen=True, slots=True)
class Estimate:
    """`trained` of `parameters` weights move; `clips` of `hours` take `preparing_seconds` to be decoded or encoded
    once; `memory` in bytes is this process's peak (on a GPU: the device's); `step_seconds` is one step of the recipe
    here."""

    parameters: int
    trained: int
    clips: int
    hours: float
    preparing_seconds: float
    steps: int
    batch: str
    step_seconds: float
    memory: int

    @property
    def total_seconds(self) -> float:
        return self.step_seconds * self.steps


def estimate(
    plan: Plan,
    folder: Path,
    *,
    processes: Processes | None = None,
    precision: Precision | None = None,
    room: int | None = None,
) -> Estimate:
    """Builds the system and rehearses steps in a folder that is removed again; on a CPU with `room` bytes of memory,
    where that is known."""
    processes, recipe = processes or Processes(), plan.recipe
    if room is not None and processes.device == "cpu":
        _check_room(plan, room)
    clips = tuple(clip for clip in clips_of(folder) if clip.split == "train")
    if not clips:
        raise ValueError(f"{folder} has no clips to train on")
    system = begun(plan)
    product = product_of(system, plan)
    few = sorted(clips, key=lambda clip: (clip.seconds < recipe.seconds, clip.seconds))[:CLIPS]
    with tempfile.TemporaryDirectory() as scratch:
        begin = time.perf_counter()
        source = _few(system, plan, folder, tuple(few), Path(scratch))
        preparing = (time.perf_counter() - begin) / sum(clip.seconds for clip in few)
        run, quiet = RunFolder(Path(scratch)), Pace(log_steps=0, valid_steps=0, sample_steps=0)
        trainer = Trainer(
            system,
            recipe,
            source,
            run,
            pace=quiet,
            processes=processes,
            prepared=True,
            product=product,
            precision=precision,
        )
        step = rehearse(trainer, room if trainer.device.type == "cpu" else torch.cuda.mem_get_info(trainer.device)[0])
    parts = f" x {recipe.accumulate}" if recipe.accumulate > 1 else ""
    return Estimate(
        parameters=parameter_count(system),
        trained=sum(p.numel() for p in trainer.held.own.values()),
        clips=len(clips),
        hours=hours(clips),
        preparing_seconds=3600.0 * preparing * hours(clips),
        steps=recipe.steps,
        batch=f"{recipe.batch_size}{parts} x {recipe.seconds:g} s of {recipe.inputs}",
        step_seconds=step.seconds,
        memory=step.memory,
    )


def _check_room(plan: Plan, room: int) -> None:
    """Raises ValueError, before anything is built, when the weights with their gradients and the optimiser's memory are
    more than `room` bytes."""
    with torch.device("meta"):
        system: System = plan.settings.build()
    trained = 0 if plan.lora else sum(p.numel() for p in trained_parameters(system).values())
    copies = 3 + (plan.recipe.ema > 0)  # gradients, and two moments of AdamW
    needed = BYTES * (sum(p.numel() for p in system.parameters()) + copies * trained)
    if needed > room:
        least = f"training {plan.settings.kind} of {parameter_count(system):,} parameters takes {needed / 1e9:.1f} GB"
        raise ValueError(f"{least} before the first crop; {room / 1e9:.1f} GB are free")


def _few(system: System, plan: Plan, folder: Path, clips: tuple[Clip, ...], scratch: Path) -> Dataset:
    """A data set of a few clips, its cache in `scratch`."""
    inputs = plan.recipe.inputs
    if inputs == "waves":
        rate, channels = system.sample_rate, system.channels
        waves = cache_waves(folder, clips, sample_rate=rate, channels=channels, cache=scratch / "cache")
        return Dataset(clips, waves=waves)
    if inputs == "mel":
        scale = mel_scale(system)
        frames = measure_mel(scale, clips, folder, cache=scratch / "cache")
        return Dataset(clips, latents=frames, frame_rate=scale.sample_rate / scale.hop_length)
    codec = part_codec(system)
    shards = encode(codec, clips, folder, kind=inputs, cache=scratch / "cache")
    curves = measure_curves(codec, clips, folder, cache=scratch / "curves") if plan.recipe.curves else None
    codes, latents = (shards, None) if inputs == "codes" else (None, shards)
    beside = None
    if plan.recipe.waves:
        rate, channels = codec.sample_rate, codec.channels
        beside = cache_waves(folder, clips, sample_rate=rate, channels=channels, cache=scratch / "waves")
    return Dataset(clips, waves=beside, codes=codes, latents=latents, curves=curves, frame_rate=codec.frame_rate)
