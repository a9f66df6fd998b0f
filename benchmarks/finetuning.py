"""How far a LoRA moves a token model towards a folder of clips, by its strength, and what that costs elsewhere.

    python benchmarks/finetuning.py --data my-music --other corpus --steps 200

Trains a LoRA on `--data`, then measures nats per code (cross-entropy, evaluation mode, the same crops for all) on these
clips and on `--other` music that it has not seen, at strengths from 0 (the base) to 1, and prints a table.
"""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch
from cyclopts import App
from machine import machine

from songloom.data.dataset import Dataset
from songloom.layers.lora import Lora
from songloom.published.load import load
from songloom.systems import loras
from songloom.systems.loras import Strength
from songloom.systems.roles import System
from songloom.training import session
from songloom.training.trainer import Pace

STRENGTHS = (0.0, 0.5, 1.0)
BATCHES, CROPS = 3, 4
app = App(help=__doc__)


@app.default
def finetuning(
    *,
    data: Path,
    other: Path,
    model: str = "loom",
    rank: int = 16,
    steps: int = 200,
    batch: int = 4,
    seconds: float = 5.0,
    threads: int = 1,
) -> None:
    """Trains in a folder that is removed again, measures, prints."""
    torch.set_num_threads(threads)
    changes = {"steps": steps, "batch_size": batch, "seconds": seconds, "long_share": 0}
    plan = session.tuning_plan(
        model, {f"recipe.{name}": str(value) for name, value in changes.items()}, Lora(rank=rank)
    )
    with tempfile.TemporaryDirectory() as scratch:
        run = Path(scratch) / "run"
        trainer = session.start(plan, data, run, pace=Pace(log_steps=0, valid_steps=0, sample_steps=0))
        begin = time.process_time()
        trainer.run()
        spent = time.process_time() - begin
        file = Strength(str(run)).path
        trained = sum(p.numel() for p in trainer.parameters.values())
        print(f"{trained:,} weights, {file.stat().st_size / 1e6:.1f} MB, {steps} steps, {spent:.0f} CPU seconds\n")
        print("| strength | nats per code, these clips | other music |\n|---|---|---|")
        for strength in STRENGTHS:
            system = loras.apply(load(model), [Strength(str(run), strength)], model)
            told = [nats(system, clips(system, plan, folder)) for folder in (data, other)]
            print(f"| {strength:g} | {told[0]:.3f} | {told[1]:.3f} |", flush=True)
    print(f"\n{json.dumps(machine())}")


def clips(system: System, plan: session.Plan, folder: Path) -> Dataset:
    """The training clips of a folder as codes."""
    source = session.open_data(system, replace(plan.recipe, crop="anywhere"), folder, "train")
    if source is None:
        raise ValueError(f"{folder} has no clips")
    return source


@torch.no_grad()
def nats(system: System, source: Dataset) -> float:
    """The mean over streams and crops, from the perplexities that a token model reports."""
    found = []
    for place in range(BATCHES):
        torch.manual_seed(place)
        losses = system.losses(source.batch(place, batch_size=CROPS, crop_seconds=5.0), step=0)
        found += [float(value.log()) for name, value in losses.items() if name.startswith("~perplexity")]
    if not found:
        raise ValueError(f"{system.config.kind} reports no perplexity; this benchmark is for token models")
    return sum(found) / len(found)


if __name__ == "__main__":
    app()
