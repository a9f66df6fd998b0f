"""`songloom train`: any system on a folder of music, with progress, exact resume and a rehearsal."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from songloom.app.screen import bar, errors

if TYPE_CHECKING:
    from songloom.training.distributed import Processes
    from songloom.training.embedded import Chain
    from songloom.training.measure import Estimate
    from songloom.training.trainer import Report

QUIET_SECONDS = 30.0
Flag = Annotated[bool, Parameter(negative="")]


def train(
    system: str | None = None,
    /,
    *,
    preset: str | None = None,
    data: Path | None = None,
    out: Path | None = None,
    changes: Annotated[tuple[str, ...], Parameter(name="--set", negative="")] = (),
    parts: Annotated[tuple[str, ...], Parameter(name="--part", negative="")] = (),
    init: str | None = None,
    resume: Flag = False,
    dry_run: Flag = False,
    recipe: Literal["embedded"] | None = None,
    device: str | None = None,
    threads: int | None = None,
    precision: Literal["fp32", "bf16"] | None = None,
    jobs: int = 1,
    valid_steps: int = 500,
    sample_steps: int = 2000,
    save_minutes: float = 3.0,
    sharded: Flag = False,
) -> None:
    """Train any system on a folder of music.

    The run folder gets a checkpoint that can be used at once, the log as JSONL, CSV and picture, and samples.
    Ctrl-C ends the step, saves and stops; --resume then goes on as if nothing had happened.
    On several devices: torchrun --nproc-per-node N -m songloom.app.cli train ...

    Parameters
    ----------
    system:
        A system, or one of its presets (see: songloom list).
    preset:
        The system's preset, or the end of its name (tiny); without it, its first one.
    data:
        A corpus (songloom data band), or any folder of audio files, with captions as .txt or .json beside them.
    out:
        The run folder; it must not exist yet, unless --resume.
    changes:
        NAME=VALUE for a setting (lm.depth=12) or the recipe (recipe.steps=1000); may be given many times.
    parts:
        NAME=MODEL for a part that is trained already, as codec=runs/codec/checkpoint.
    init:
        A model to begin with instead of random weights (fine-tuning): its settings, weights and parts.
    resume:
        Go on with the run in --out; other --set recipe... values are taken over.
    dry_run:
        Print parameters, data, memory and time after a rehearsal of a few steps; write nothing.
    recipe:
        "embedded" makes the shipped model from nothing: corpus, codec, codes, generator; run again, it goes on.
    device:
        cpu, cuda or cuda:N; without it a GPU where there is one.
    threads:
        CPU threads; without it torch's own choice.
    precision:
        bf16 or fp32 products; without it bf16 on a GPU, fp32 on a CPU. CPUs with avx512_bf16 gain by bf16.
    jobs:
        Threads or processes that prepare the data.
    valid_steps:
        Steps between validations; 0 for none.
    sample_steps:
        Steps between samples; 0 for none.
    save_minutes:
        Minutes between checkpoints.
    sharded:
        With torchrun: split the weights over the devices (FSDP2) instead of copying them to each.
    """
    if out is None and not dry_run:
        raise ValueError("--out is missing: the folder for the run")
    if recipe == "embedded":
        if system is not None:
            raise ValueError("--recipe embedded names its systems itself; leave the system away")
        from songloom.training.embedded import Chain

        alone = _processes(device, threads, False)
        chain = Chain(out=out or Path("runs/embedded"), processes=alone, jobs=jobs, precision=precision)
        print(chain.describe()) if dry_run else make_embedded(chain)
        return
    if system is None or data is None:
        raise ValueError(f"{'a system' if system is None else '--data'} is missing; see: songloom train --help")
    from songloom.training import distributed, measure, session
    from songloom.training.trainer import Pace

    processes = _processes(device, threads, sharded)
    try:
        settings, trained = _pairs(changes, "--set"), _pairs(parts, "--part")
        if resume and not dry_run:
            plan = session.resumed_plan(Path(out or ""), system, settings)
        else:
            plan = session.plan(system, preset, settings, trained, init)
        if dry_run:
            print(describe(measure.estimate(plan, data, processes=processes, precision=precision), processes.device))
            return
        pace = Pace(valid_steps=valid_steps, sample_steps=sample_steps, save_minutes=save_minutes)
        with bar("preparing the data", hidden=not processes.first) as report:
            trainer = session.start(
                plan,
                data,
                Path(out or ""),
                resume=resume,
                pace=pace,
                processes=processes,
                precision=precision,
                jobs=jobs,
                progress=_fraction(report),
            )
        with stoppable() as stopped, steps_bar(system, hidden=not processes.first) as tell:
            done = trainer.run(tell=tell, stop=stopped)
    finally:
        distributed.leave()
    if processes.first:
        _farewell(done, Path(out or ""), trainer.state.step)


def _farewell(done: bool, out: Path, step: int) -> None:
    if done:
        print(f"{out / 'checkpoint'}: trained for {step} steps")
        return
    print(f"stopped and saved after step {step}; the same command with --resume goes on", file=sys.stderr)
    raise SystemExit(130)


def _pairs(texts: tuple[str, ...], option: str) -> dict[str, str]:
    """ "a=b" texts as a dictionary."""
    for text in texts:
        if not text.partition("=")[2]:
            raise ValueError(f"{option} takes NAME=VALUE, not {text!r}")
    return {name: value for name, _, value in (text.partition("=") for text in texts)}


def _processes(device: str | None, threads: int | None, sharded: bool) -> Processes:
    """This process among those of torchrun, on its device."""
    import torch

    from songloom.training.distributed import join

    if threads is not None:
        if threads < 1:
            raise ValueError(f"--threads must be at least 1, not {threads}")
        torch.set_num_threads(threads)
    local = int(os.environ.get("LOCAL_RANK", "0"))
    chosen = device or (f"cuda:{local}" if torch.cuda.is_available() else "cpu")
    kind, _, number = chosen.partition(":")
    if kind not in ("cpu", "cuda") or (number and not number.isdigit()):
        raise ValueError(f"--device must be cpu, cuda or cuda:N, not {chosen!r}")
    if kind == "cuda":
        if int(number or 0) >= torch.cuda.device_count():
            raise ValueError(f"--device {chosen}: this machine has {torch.cuda.device_count()} CUDA device(s)")
        torch.cuda.set_device(chosen)
    return join(int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1")), chosen, sharded=sharded)


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
    """Step, losses and speed in one line."""
    shown = [name for name in report.losses if not name.startswith(("~", "valid "))][:6]
    losses = " ".join(f"{name} {report.losses[name]:.3g}" for name in shown)
    valid = report.losses.get("valid loss")
    heard = f" (valid {valid:.3g})" if valid is not None else ""
    return f"{report.step}/{report.steps} {losses}{heard} {report.rate:.2f} steps/s"


def describe(estimate: Estimate, device: str) -> str:
    """An estimate in a few lines."""
    left = estimate.total_seconds
    return "\n".join(
        [
            f"parameters  {estimate.parameters:,}, of which {estimate.trained:,} are trained",
            f"data        {estimate.hours:.2f} hours in {estimate.clips} clips",
            f"steps       {estimate.steps:,} of {estimate.batch}",
            f"one step    {estimate.step_seconds:.3f} s on {device}",
            f"in all      {left / 3600:.1f} hours" if left > 7200 else f"in all      {left / 60:.1f} minutes",
            f"memory      {estimate.memory / 1e9:.2f} GB",
        ]
    )


def make_embedded(chain: Chain) -> None:
    """Runs the stages of the chain that are not done."""
    from songloom.training.embedded import Making

    for stage in chain.stages():
        if stage.done():
            print(f"{stage.name}: done already", file=sys.stderr)
        elif isinstance(stage, Making):
            with bar(stage.name) as report:
                stage.run(_fraction(report))
        else:
            with stoppable() as stopped, steps_bar(stage.name) as tell:
                finished = stage.run(tell, stopped)
            if not finished:
                print(f"stopped and saved in {stage.name}; the same command goes on", file=sys.stderr)
                raise SystemExit(130)
    print(f"{chain.weights}: made")


def _fraction(report: Callable[[float], None]) -> Callable[[int, int], None]:
    """(done, total) told as a fraction."""
    return lambda done, total: report(done / total)
