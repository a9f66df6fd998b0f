"""`songloom train`: any system on a folder of music, with progress, exact resume and a rehearsal."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from songloom.app.screen import bar
from songloom.app.training import USUAL, Flag, Running, follow, fraction, pairs, steps_bar, stoppable

if TYPE_CHECKING:
    from songloom.layers.lora import Lora
    from songloom.training.embedded import Chain
    from songloom.training.session import Plan


def train(
    system: str | None = None,
    /,
    *,
    preset: str | None = None,
    data: Path | None = None,
    out: Path | None = None,
    changes: Annotated[tuple[str, ...], Parameter(name="--set", negative="")] = (),
    codec: str | None = None,
    parts: Annotated[tuple[str, ...], Parameter(name="--part", negative="")] = (),
    init: str | None = None,
    begin: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    lora: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    resume: Flag = False,
    dry_run: Flag = False,
    recipe: Literal["embedded"] | None = None,
    running: Running = USUAL,
) -> None:
    """Train any system on a folder of music.

    The run folder gets a checkpoint that can be used at once, the log as JSONL, CSV and picture, and samples.
    Ctrl-C ends the step, saves and stops; --resume then goes on as if nothing had happened.

    On several devices, each of which takes its part of recipe.batch_size:

    torchrun --nproc-per-node 8 --max-restarts 3 -m songloom.app.cli train SYSTEM ...

    On several machines add --nnodes 4 --rdzv-endpoint HOST:PORT and give --data and --out on a disk that all of them
    see. When a process dies, torchrun starts all of them again, and the run goes on where it was saved. With --shard
    each holds a part of the weights instead of all; such a run goes on over any number of processes, too.

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
    codec:
        The trained codec whose codes or latents are learned, as spectral-codec, facebook/encodec_32khz or a run's
        checkpoint; without it the preset's own where it is embedded, else the embedded codec.
    parts:
        NAME=MODEL for a part that is trained already, as text=google-t5/t5-base or the base of music-controlnet; a
        base that nobody names is new, and learns with its control.
    init:
        A model to begin with instead of random weights (fine-tuning): its settings, weights and parts.
    begin:
        NAME=MODEL for a part that learns and begins as that of another model, as text=loom.
    lora:
        NAME=VALUE of a LoRA, as rank=16, alpha=32 or layers=lm.*: the weights of --init stay as they are,
        and a small file beside them learns. See also: songloom finetune.
    resume:
        Go on with the run in --out, its settings, weights and parts; other --set recipe... values are taken over.
    dry_run:
        Print parameters, data, memory and time after a rehearsal of a few steps; write nothing.
    recipe:
        "embedded" makes the shipped models from nothing: the corpus (by all processors, unless --jobs tells), codec,
        generators and what helps them; run again, it goes on.
    """
    if out is None and not dry_run:
        raise ValueError("--out is missing: the folder for the run")
    if recipe == "embedded":
        if system is not None:
            raise ValueError("--recipe embedded names its systems itself; leave the system away")
        from songloom.training.embedded import Chain

        processes = running.processes()
        if processes.world_size > 1:
            raise ValueError("--recipe embedded is made by one process; leave torchrun away")
        chain = Chain(
            out=out or Path("runs/embedded"),
            processes=processes,
            workers=running.told_workers(),
            precision=running.precision,
        )
        print(chain.describe()) if dry_run else make_embedded(chain)
        return
    if system is None or data is None:
        raise ValueError(f"{'a system' if system is None else '--data'} is missing; see: songloom train --help")

    def make(resume: bool) -> Plan:
        from songloom.training import session

        settings = pairs(changes, "--set")
        if resume:
            tell_unread(
                {
                    "--preset": preset,
                    "--init": init,
                    "--begin": begin,
                    "--lora": lora,
                    "--codec": codec,
                    "--part": parts,
                }
            )
            return session.resumed_plan(out or Path(), system, settings)
        trained = pairs(parts, "--part") | ({} if codec is None else {"codec": codec})
        tuned, begun = lora_of(lora) if lora else None, pairs(begin, "--begin")
        return session.plan(system, preset, settings, trained, init, tuned, begun)

    follow(system, make, data, out, running, resume=resume, dry_run=dry_run)


def tell_unread(options: Mapping[str, object]) -> None:
    """One line, by the first process, on options that were given and mean nothing to a run that goes on."""
    given = [name for name, value in options.items() if value]
    if given and os.environ.get("RANK", "0") == "0":
        print(
            f"the run goes on with its own settings, weights and parts; {', '.join(given)} is not read again",
            file=sys.stderr,
        )


def lora_of(texts: tuple[str, ...]) -> Lora:
    """The settings of "rank=16" and the like."""
    from typing import Any, cast

    from songloom.config import override
    from songloom.layers.lora import Lora

    return cast(Lora, override(cast(Any, Lora()), pairs(texts, "--lora")))


def make_embedded(chain: Chain) -> None:
    """Runs the stages of the chain that are not done."""
    from songloom.training.embedded import Making

    for stage in chain.stages():
        if stage.done():
            print(f"{stage.name}: done already", file=sys.stderr)
        elif isinstance(stage, Making):
            with bar(stage.name) as report:
                stage.run(fraction(report))
        else:
            with stoppable() as stopped, steps_bar(stage.name) as tell:
                finished = stage.run(tell, stopped)
            if not finished:
                print(f"stopped and saved in {stage.name}; the same command goes on", file=sys.stderr)
                raise SystemExit(130)
    print(f"{chain.weights}: made")
