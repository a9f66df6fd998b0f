"""One trainer for every system: a step is forward, backward, clip, update, average; a resumed run is exact.

All randomness of a step comes from (seed, step, rank): torch's global generator is seeded before it, and its
batch is a function of the step. So nothing but tensors and the step's number is saved.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import torch
from torch import Tensor

from songloom.data.batch import Batch
from songloom.data.prefetch import prefetch
from songloom.layers.lora import merged
from songloom.recipe import Recipe
from songloom.systems.roles import System
from songloom.training.card import write_card
from songloom.training.distributed import Processes, average_whole, parallel_losses, without_averaging
from songloom.training.held import Held, load_weights
from songloom.training.log import summed
from songloom.training.optimisation import clip, rate_factor, set_rates
from songloom.training.product import Product, WholeModel
from songloom.training.run_folder import RunFolder, State
from songloom.training.samples import SAMPLE_SECONDS, SAMPLES, write_originals, write_samples
from songloom.training.sharding import put_away

Precision = Literal["fp32", "bf16"]
PATIENCE = 20
VALID_BATCHES = 4
PREPARE_BATCHES = 60
READERS = 4
"""Threads that read ahead for a GPU; on a CPU, whose cores are the model's, it is one. Decoders run beside Python."""


class Source(Protocol):
    """What training needs of a data set: the batch of a step, the same one whenever it is asked."""

    def batch(self, step: int, *, batch_size: int, crop_seconds: float) -> Batch: ...

    def whole(self) -> Source:
        """The same, but its batches are those of all processes together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a run logs, validates, writes samples (in steps; 0 = never) and saves (in minutes)."""

    log_steps: int = 20
    valid_steps: int = 500
    sample_steps: int = 2000
    save_minutes: float = 3.0


@dataclass(frozen=True, slots=True)
class Report:
    """Told after every step: `step` steps of `steps` are done; the losses are those of the last log entry."""

    step: int
    steps: int
    losses: dict[str, float]
    rate: float
    seconds_left: float


Tell = Callable[[Report], None]


class Trainer:
    """Trains `system` by `recipe` on `train`, into `run`; with `resume` it goes on where the run stands.

    A system that is `prepared` begins with weights that have learned before. `product` is what the run keeps: the
    whole system, or the LoRA that was attached to it. `precision` is bf16 on a GPU and fp32 on a
    CPU unless given (a CPU with native bfloat16 gains by it, too)."""

    def __init__(
        self,
        system: System,
        recipe: Recipe,
        train: Source,
        run: RunFolder,
        *,
        valid: Source | None = None,
        pace: Pace | None = None,
        processes: Processes | None = None,
        data: str = "",
        hours: float | None = None,
        resume: bool = False,
        prepared: bool = False,
        product: Product | None = None,
        precision: Precision | None = None,
    ) -> None:
        self.product = product or WholeModel()
        self.system, self.recipe, self.run_folder, self.hours = system, recipe, run, hours
        self.train_data, self.valid_data = train, valid
        self.pace, self.processes = pace or Pace(), processes or Processes()
        self.device = torch.device(self.processes.device)
        self.precision = precision or ("bf16" if self.device.type == "cuda" else "fp32")
        self.state = State(0, 0.0, None, recipe, data)
        check_shares(recipe, self.processes)
        torch.manual_seed(step_seed(recipe.seed, -2, 0))
        system.call_opponents()
        averages = load_weights(system, self.product, run, recipe) if resume else None
        for name in system.frozen:
            system.get_submodule(name).requires_grad_(False)
        system.to(self.device).train()
        if not (resume or prepared):
            self._prepare()
        self.losses = parallel_losses(system, self.processes)
        self.held = Held.of(system, recipe)
        self.latest: dict[str, float] = {}
        self._tally: list[dict[str, Tensor]] = []
        self._skipped = 0
        if resume:
            self._resume(averages)

    def _prepare(self) -> None:
        """The system's start from the first batches of all processes, the same in each of them."""
        torch.manual_seed(step_seed(self.recipe.seed, 0, 0))
        source = self.train_data.whole() if self.processes.world_size > 1 else self.train_data
        first = (part for step in range(PREPARE_BATCHES) for part in self._parts(source, step, Processes()))
        self.system.prepare(part.to(self.device) for part in first)

    def _resume(self, averages: dict[str, Tensor] | None) -> None:
        """The run's step, averages and optimisers."""
        saved = self.run_folder.state()
        self.state = replace(saved, recipe=self.recipe, data=self.state.data or saved.data)
        self.held.load(self.run_folder, averages)
        if self.processes.first:
            self.run_folder.log.cut(saved.step)

    def run(self, *, tell: Tell | None = None, stop: Callable[[], bool] = lambda: False) -> bool:
        """Trains to the recipe's last step, or until `stop()`; saves at the end. True when the recipe is done. All
        processes come back together, when all of the checkpoint is written: one that ended while a thread of gloo's
        still held its tensors was aborted by the interpreter."""
        if self.state.step == 0:
            self._save()  # a full disk or a folder that cannot be written shows itself now
            if self.processes.first:
                write_originals(self._heard(), self.run_folder.path / "samples")
        saved = clock = time.monotonic()
        todo = range(self.state.step, self.recipe.steps)
        readers = 1 if self.device.type == "cpu" else READERS
        with closing(prefetch(self._batches, todo, ahead=3 * readers, threads=readers)) as batches:
            for step, parts in batches:
                self._step(step, parts)
                now = time.monotonic()
                self.state = replace(self.state, step=step + 1, seconds=self.state.seconds + now - clock)
                clock = now
                self._note(step + 1, tell)
                if self.processes.any(stop()):
                    break
                if self.processes.any(now - saved > 60.0 * self.pace.save_minutes):
                    self._save()
                    saved = time.monotonic()
        self._save()
        self.processes.wait()
        return self.state.step >= self.recipe.steps

    def rehearse(self, crops: int) -> None:
        """One step of a batch of so many crops, of which nothing is logged or saved."""
        self._step(0, [self.train_data.batch(0, batch_size=crops, crop_seconds=self.recipe.seconds)])
        self._tally.clear()

    def _batches(self, step: int) -> list[Batch]:
        """This process's parts of one step's batch (one, or `accumulate`)."""
        return self._parts(self.train_data, step, self.processes)

    def _parts(self, source: Source, step: int, processes: Processes) -> list[Batch]:
        """The parts of a step's batch that `source` gives to one of these processes."""
        (size, seconds), parts = crops(self.recipe, step), self.recipe.accumulate
        places = range(step * parts, (step + 1) * parts)
        return [source.batch(place, batch_size=processes.share(size), crop_seconds=seconds) for place in places]

    def _step(self, step: int, parts: list[Batch]) -> None:
        """One update of the weights."""
        torch.manual_seed(step_seed(self.recipe.seed, step, self.processes.rank))
        for place, part in enumerate(parts):
            last = place == len(parts) - 1
            with nullcontext() if last else without_averaging(self.losses):
                with self._precision():
                    losses = self.losses(part.to(self.device), step)
                total = torch.stack([losses[name].float() for name in summed(list(losses))]).sum()
                torch.autograd.backward(total / len(parts))
            self._tally.append({"loss": total.detach(), **{name: value.detach() for name, value in losses.items()}})
        average_whole(self.held.all.values(), self.processes)
        norm = clip(list(self.held.own.values()), self.recipe.clip_norm)
        self._tally[-1]["~gradient norm"] = norm
        if self.held.opponents:
            self._tally[-1]["~opponents' gradient norm"] = clip(
                list(self.held.opponents.values()), self.recipe.clip_norm
            )
            norm = norm + self._tally[-1]["~opponents' gradient norm"]
        if self._usable(norm, step):
            set_rates(self.held.optimizers, rate_factor(step, self.recipe))
            for optimizer in self.held.optimizers:
                optimizer.step()
            if self.held.average:
                self.held.average.update(step)
        for parameter in self.held.all.values():
            parameter.grad = None

    def _usable(self, norm: Tensor, step: int) -> bool:
        """False for a step whose gradient is not finite: it is left out, but not many in a row."""
        if math.isfinite(norm.item()):
            self._skipped = 0
            return True
        self._skipped += 1
        if self._skipped >= PATIENCE:
            raise ValueError(f"the loss has not been a number for {PATIENCE} steps up to step {step}; lower the rates")
        return False

    def _precision(self) -> torch.autocast:
        """Products in bfloat16 where that was asked; the weights stay in float32."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16")

    def _note(self, step: int, tell: Tell | None) -> None:
        """Logs, validates and writes samples where they are due (no samples of weights that lie in shards)."""
        valid = self.valid_data is not None and self._due(step, self.pace.valid_steps)
        if valid or self._due(step, self.pace.log_steps):
            self.latest = self._drain() | (self._validate() if valid else {})
            if self.processes.first:
                rates = {"rate": rate_factor(step - 1, self.recipe), "seconds": self.state.seconds}
                self.run_folder.log.add(step, self.latest | rates)
        if self._due(step, self.pace.sample_steps) and self.processes.first and not self.processes.sharded:
            with self._shipped(), merged(self.system):
                write_samples(self.system, self._heard(), self.run_folder.path / "samples", step)
        if tell:
            rate = step / max(self.state.seconds, 1e-9)
            tell(Report(step, self.recipe.steps, self.latest, rate, (self.recipe.steps - step) / rate))

    def _due(self, step: int, every: int) -> bool:
        """At every `every` steps (0 = never) and at the end."""
        return every > 0 and (step % every == 0 or step == self.recipe.steps)

    def _drain(self) -> dict[str, float]:
        """Means since the last log entry."""
        names = dict.fromkeys(name for entry in self._tally for name in entry)
        means = [torch.stack([e[name].float() for e in self._tally if name in e]).mean() for name in names]
        self._tally.clear()
        return dict(zip(names, self.processes.mean(torch.stack(means)).tolist(), strict=True))

    def _validate(self) -> dict[str, float]:
        """Mean losses of the weights that would be shipped, on the same few batches every time."""
        totals: dict[str, list[float]] = {}
        with self._shipped():
            for place in range(VALID_BATCHES):
                torch.manual_seed(step_seed(self.recipe.seed, place, self.processes.rank))
                batch = self._valid_batch(place)
                if batch is None:
                    break
                losses = self.system.losses(batch, step=self.state.step)
                losses["loss"] = torch.stack([losses[name].float() for name in summed(list(losses))]).sum()
                for name, value in losses.items():
                    totals.setdefault(f"valid {name}", []).append(float(value))
        values = self.processes.mean(torch.tensor(list(totals.values()), device=self.device).mean(dim=1))
        means = dict(zip(totals, values.tolist(), strict=True))
        best = min(means["valid loss"], self.state.best if self.state.best is not None else math.inf)
        self.state = replace(self.state, best=best)
        return means | {"valid best": best}

    def _valid_batch(self, place: int) -> Batch | None:
        if self.valid_data is None:
            return None
        size = self.processes.share(self.recipe.batch_size)
        return self.valid_data.batch(place, batch_size=size, crop_seconds=self.recipe.seconds).to(self.device)

    def _heard(self) -> Batch:
        """What the samples are made of: a few seconds of held-out music where there is any."""
        source = self.valid_data or self.train_data
        seconds = max(SAMPLE_SECONDS, self.recipe.seconds)
        return source.batch(0, batch_size=SAMPLES, crop_seconds=seconds).to(self.device)

    @contextmanager
    def _shipped(self) -> Iterator[None]:
        """Eval mode, no gradients, averaged weights where there are any."""
        average = self.held.average
        self.system.eval()
        with torch.no_grad(), self._precision(), average.applied() if average else nullcontext():
            yield
            if self.processes.sharded:
                put_away(self.system)
        self.system.train()

    def _save(self) -> None:
        """The checkpoint, by all processes where it is sharded; the table and the picture by the first one."""
        card = write_card(self.system, self.state, self.latest, self.hours, self.product.described(self.system))
        self.held.save(self.system, self.product, self.run_folder, self.state, self.processes, card)
        if self.processes.first:
            self.run_folder.log.write_table()
            self.run_folder.log.write_picture()


def check_shares(recipe: Recipe, processes: Processes) -> None:
    """Raises ValueError for a training that these processes cannot share."""
    processes.share(recipe.batch_size)
    if recipe.long_share:
        processes.share(long_crops(recipe))


def crops(recipe: Recipe, step: int) -> tuple[int, float]:
    """How many crops of how many seconds a part of the step's batch holds, in all processes together."""
    if step_seed(recipe.seed, step, -1) / 2**63 >= recipe.long_share:
        return recipe.batch_size, recipe.seconds
    return long_crops(recipe), recipe.long_seconds


def long_crops(recipe: Recipe) -> int:
    """How many crops a part of a step of long ones holds."""
    return max(1, round(recipe.batch_size * recipe.seconds / recipe.long_seconds))


def step_seed(seed: int, step: int, rank: int) -> int:
    """63 well-mixed bits of (seed, step, rank)."""
    digest = hashlib.sha256(f"songloom training {seed} {step} {rank}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
