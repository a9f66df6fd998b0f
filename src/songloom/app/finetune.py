"""`songloom finetune`: a LoRA of any generator from a folder of one's own music, heard before and after."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from songloom.app.screen import bar
from songloom.app.train import lora_of
from songloom.app.training import USUAL, Flag, Running, describe, follow, pairs

if TYPE_CHECKING:
    from songloom.app.tuning.rehearsal import Rehearsal
    from songloom.app.tuning.steps import Tuning
    from songloom.data.workers import Workers

RUNS = Path("runs")
NOTES_SHOWN = 10


def finetune(
    model: str,
    /,
    *,
    data: Path,
    out: Path | None = None,
    rank: int = 16,
    lora: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    changes: Annotated[tuple[str, ...], Parameter(name="--set", negative="")] = (),
    review: Flag = False,
    yes: Flag = False,
    embedder: str | None = None,
    examples: int = 3,
    dry_run: Flag = False,
    running: Running = USUAL,
) -> None:
    """Teach a generator your own music: a small LoRA file, the model itself stays as it is.

    songloom finetune loom --data my-music

    songloom generate "my style" --lora runs/my-music:0.8

    Files are listened to; where nobody described a piece, its caption is estimated, and the command stops so that
    captions.html can be read and captions.csv corrected. The same command then goes on: it trains, and makes the same
    prompts before and after. After Ctrl-C or a crash the same command goes on, too.
    All weights instead of a LoRA: songloom train SYSTEM --init MODEL.

    Parameters
    ----------
    model:
        An embedded model, a checkpoint folder, or a published checkpoint (a folder, or a hub id in the local cache).
    data:
        A folder of audio files, captions beside them as .txt or .json or in a table; a corpus will do, too.
    out:
        The run folder, without it runs/NAME of the data's folder; it gets music/captions.csv, the log,
        checkpoint/lora.safetensors and examples/index.html.
    rank:
        How much can be learned: 4 is little, 16 usual, 64 much.
    lora:
        NAME=VALUE for the rest: alpha=32, layers=lm.*; may be given many times.
    changes:
        NAME=VALUE for the recipe, as recipe.steps=500, recipe.batch_size=4 or recipe.learning_rate=3e-4.
    review:
        Stop once the captions are written.
    yes:
        Go on with estimated captions at once.
    embedder:
        The embedder that hears styles and instruments for captions and compares examples; without it the embedded one.
    examples:
        How many prompts are made before and after; 0 for none.
    dry_run:
        Print parameters, data, captions, memory and time after a rehearsal of a few steps; write nothing.
    """
    from songloom.app.tuning.steps import Tuning

    if review and yes:
        raise ValueError("--review stops for the captions and --yes does not: give one of both")
    tuning = Tuning(
        model=model,
        data=data,
        out=out or RUNS / data.resolve().name,
        lora=lora_of((f"rank={rank}", *lora)),
        changes=pairs(changes, "--set"),
        embedder=embedder,
        examples=examples,
    )
    if dry_run:
        print(rehearsed(tuning, running))
        return
    tuning.plan()  # what cannot be is said before anything is heard
    alone = int(os.environ.get("WORLD_SIZE", "1")) == 1
    if alone and not _listen(tuning, running.workers(), review=review, yes=yes):
        return
    resume = tuning.begun
    follow(
        model,
        lambda _: tuning.plan(),
        tuning.source(),
        tuning.out,
        running,
        resume=resume,
        dry_run=False,
        again="the same command",
    )
    if alone:
        _compare(tuning, running.device or "cpu")


def _listen(tuning: Tuning, workers: Workers, *, review: bool, yes: bool) -> bool:
    """Hears the folder and shows its captions; whether to go on."""
    from songloom.app.tuning import captions, page

    seen = captions.seen(tuning.home)
    with Bars() as bars:
        music = tuning.listen(bars, workers=workers)
    if music is None:
        return not review
    for line in music.notes[:NOTES_SHOWN]:
        print(line, file=sys.stderr)
    if len(music.notes) > NOTES_SHOWN:
        print(f"and {len(music.notes) - NOTES_SHOWN} more files that are left out", file=sys.stderr)
    print(f"{tuning.data}: {page.summary(music)}", file=sys.stderr)
    if not review and (yes or seen or not any(map(page.is_estimated, music.kept))):
        return True
    print(f"{tuning.home / page.PAGE}: the captions; edit {captions.TABLE} beside it, then the same command goes on")
    return False


def _compare(tuning: Tuning, device: str) -> None:
    """Makes the examples and prints what changed."""
    from songloom.app.tuning import examples_page

    with bar("before and after") as report:
        outcome, path = tuning.compare(report, device=device)
    for name, before, after in examples_page.figures(outcome):
        print(f"{name}: {before} before, {after} after")
    print(f"{path}: before and after to listen to")


class Bars:
    """A progress bar for each step that is told of, one after the other."""

    def __init__(self) -> None:
        self._stack, self._step = ExitStack(), ""
        self._report: Callable[[float], None] = lambda _: None

    def __call__(self, step: str, done: float) -> None:
        if step != self._step:
            self._stack.close()
            self._step, self._report = step, self._stack.enter_context(bar(step))
        self._report(done)

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def rehearsed(tuning: Tuning, running: Running) -> str:
    """What a tuning would take, in lines."""
    from songloom.app.tuning.music import is_data_set
    from songloom.app.tuning.rehearsal import rehearse
    from songloom.inference import memory
    from songloom.training import distributed, measure

    processes, room, plan = running.processes(), memory.free(), tuning.plan()
    try:
        if is_data_set(tuning.data):
            found = measure.estimate(plan, tuning.data, processes=processes, precision=running.precision, room=room)
            return describe(found, processes.device, room if processes.device == "cpu" else None)
        with bar("rehearsing"):
            known = rehearse(
                plan,
                tuning.data,
                embedder=tuning.embedder,
                processes=processes,
                precision=running.precision,
                room=room,
            )
    finally:
        distributed.leave()
    told = describe(known.estimate, processes.device, room if processes.device == "cpu" else None)
    return "\n".join([told, *captions_told(known)])


def captions_told(known: Rehearsal) -> list[str]:
    """Where the captions come from."""
    beside = sum(known.sources.values())
    lines = [f"captions    {beside} in the folder; of {known.uncaptioned} pieces they will be estimated"]
    return [*lines, f"unreadable  {known.unreadable} files"] if known.unreadable else lines
