"""What the commands that train share: where and how a run runs, its progress bar, its rehearsal, its end."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from songloom.app.screen import bar, errors
from songloom.app.torchrun import joined, restarted
from songloom.data.workers import Workers

if TYPE_CHECKING:
    from songloom.training.distributed import Processes
    from songloom.training.measure import Estimate
    from songloom.training.session import Plan
    from songloom.training.trainer import Report

QUIET_SECONDS = 30.0
Flag = Annotated[bool, Parameter(negative="")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Running:
    """Where and how a run runs; the same for every system."""

    device: str | None = None
    "cpu, cuda or cuda:N; without it a GPU where there is one."
    threads: int | None = None
    "CPU threads; without it torch's own choice."
    precision: Literal["fp32", "bf16"] | None = None
    "bf16 or fp32 products; without it bf16 on a GPU, fp32 on a CPU. CPUs with avx512_bf16 gain by bf16."
    jobs: int | None = None
    "Processes that prepare the data: 1, unless told; 0 is one for every processor. With --ray, tasks at a time."
    ray: str | None = None
    """The address of a Ray cluster that prepares the data, or "local" to start one here; see docs/scale.md."""
    valid_steps: int = 500
    "Steps between validations; 0 for none."
    sample_steps: int = 2000
    "Steps between samples; 0 for none."
    save_minutes: float = 3.0
    "Minutes between checkpoints."
    shard: Flag = False
    "With torchrun: split the weights over the devices (FSDP2) instead of copying them to each."

    def workers(self) -> Workers:
        """Who prepares the data."""
        return Workers.of(self.jobs, self.ray)

    def told_workers(self) -> Workers | None:
        """The same; None where nobody said."""
        return None if self.jobs is None and self.ray is None else self.workers()

    def processes(self) -> Processes:
        """This process among those of torchrun, on its device."""
        import torch

        if self.threads is not None:
            if self.threads < 1:
                raise ValueError(f"--threads must be at least 1, not {self.threads}")
            torch.set_num_threads(self.threads)
        return joined(self.device, shard=self.shard)


USUAL = Running()


def follow(
    title: str,
    make: Callable[[bool], Plan],
    data: Path,
    out: Path | None,
    running: Running,
    *,
    resume: bool,
    dry_run: bool,
    again: str = "the same command with --resume",
) -> None:
    """Rehearses the plan that `make` gives when it is told whether the run goes on, or runs it to its end; where it is
    stopped, `again` goes on."""
    from songloom.inference import memory
    from songloom.training import distributed, measure, session
    from songloom.training.run_folder import RunFolder
    from songloom.training.trainer import Pace

    processes = running.processes()
    try:
        if dry_run and processes.world_size > 1:
            raise ValueError("--dry-run rehearses one process; leave torchrun away")
        where = out or Path()
        died = processes.any(restarted())
        with processes.first_alone():
            resume = not dry_run and (resume or (died and RunFolder.holds_run(where)))
            plan = make(resume)
        if processes.first:
            for name, model in plan.stand_ins.items():
                print(f"{name}: {model}, for the published one is not given; --part {name}=MODEL", file=sys.stderr)
            for name in plan.new:
                print(
                    f"{name}: new, it learns with the rest, for no trained one is given; --part {name}=MODEL",
                    file=sys.stderr,
                )
        if dry_run:
            room = memory.free()
            found = measure.estimate(plan, data, processes=processes, precision=running.precision, room=room)
            print(describe(found, processes.device, room if processes.device == "cpu" else None))
            return
        pace = Pace(
            valid_steps=running.valid_steps, sample_steps=running.sample_steps, save_minutes=running.save_minutes
        )
        with bar("preparing the data", hidden=not processes.first) as report:
            trainer = session.start(
                plan,
                data,
                where,
                resume=resume,
                pace=pace,
                processes=processes,
                precision=running.precision,
                workers=running.workers(),
                progress=fraction(report),
            )
        with stoppable() as stopped, steps_bar(title, hidden=not processes.first) as tell:
            done = trainer.run(tell=tell, stop=stopped)
    finally:
        distributed.leave()
    if processes.first:
        _farewell(done, where, trainer.state.step, again)


def _farewell(done: bool, out: Path, step: int, again: str) -> None:
    if done:
        lora = out / "checkpoint" / "lora.safetensors"
        print(f"{lora if lora.is_file() else lora.parent}: trained for {step} steps")
        return
    print(f"stopped and saved after step {step}; {again} goes on", file=sys.stderr)
    raise SystemExit(130)


def pairs(texts: tuple[str, ...], option: str) -> dict[str, str]:
    """ "a=b" texts as a dictionary."""
    for text in texts:
        if not text.partition("=")[2]:
            raise ValueError(f"{option} takes NAME=VALUE, not {text!r}")
    return {name: value for name, _, value in (text.partition("=") for text in texts)}


def fraction(report: Callable[[float], None]) -> Callable[[int, int], None]:
    """(done, total) told as a fraction."""
    return lambda done, total: report(done / total)


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Yields a function that says whether Ctrl-C or SIGTERM came; a second Ctrl-C ends at once."""
    asked: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def steps_bar(title: str, *, hidden: bool = False) -> Iterator[Callable[[Report], None]]:
    """A progress bar with losses, speed and time left; where there is no terminal, a line every half minute."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"), TimeRemainingColumn())
    terminal = errors.is_terminal and not hidden
    with Progress(*columns, console=errors, disable=not terminal) as progress:
        task = progress.add_task(title, total=1.0, told="")
        spoken = time.monotonic()

        def tell(report: Report) -> None:
            nonlocal spoken
            if terminal:
                progress.update(task, total=report.steps, completed=report.step, told=status(report))
            elif not hidden and (time.monotonic() - spoken > QUIET_SECONDS or report.step == report.steps):
                spoken = time.monotonic()
                print(f"{title}: {status(report)}, {report.seconds_left / 60:.1f} min left", file=sys.stderr)

        yield tell


def status(report: Report) -> str:
    """Step, losses, perplexities of the code streams and speed in one line."""
    shown = [name for name in report.losses if not name.startswith(("~", "valid "))][:6]
    told = [f"{name} {report.losses[name]:.3g}" for name in shown]
    doubts = [f"{value:.3g}" for name, value in report.losses.items() if name.startswith("~perplexity")]
    told += [f"perplexity {' '.join(doubts)}"] if doubts else []
    valid = report.losses.get("valid loss")
    told += [f"(valid {valid:.3g})"] if valid is not None else []
    return f"{report.step}/{report.steps} {' '.join(told)} {report.rate:.2f} steps/s"


def describe(estimate: Estimate, device: str, free: int | None = None) -> str:
    """An estimate in a few lines; `free` bytes of memory are there, where that is known."""
    there = "" if free is None else f"; {free / 1e9:.2f} GB are free"
    if free is not None and estimate.memory > free:
        there = f"; only {free / 1e9:.2f} GB are free: lower recipe.batch_size and raise recipe.accumulate"
    return "\n".join(
        [
            f"parameters  {estimate.parameters:,}, of which {estimate.trained:,} are trained",
            f"data        {duration(3600 * estimate.hours)} in {estimate.clips} clips",
            f"preparing   {duration(estimate.preparing_seconds)}, once",
            f"steps       {estimate.steps:,} of {estimate.batch}",
            f"one step    {estimate.step_seconds:.3f} s on {device}",
            f"in all      {duration(estimate.total_seconds)}",
            f"memory      {estimate.memory / 1e9:.2f} GB{there}",
        ]
    )


def duration(seconds: float) -> str:
    """A length of time in its own unit."""
    for unit, size in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} seconds"
