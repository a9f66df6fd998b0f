"""`songloom finetune`: a LoRA of any generator from a folder of music; `songloom train` does the work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from songloom.app.train import lora_of
from songloom.app.training import USUAL, Flag, Running, follow, pairs

if TYPE_CHECKING:
    from songloom.training.session import Plan


def finetune(
    model: str,
    /,
    *,
    data: Path,
    out: Path | None = None,
    rank: int = 16,
    lora: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    changes: Annotated[tuple[str, ...], Parameter(name="--set", negative="")] = (),
    resume: Flag = False,
    dry_run: Flag = False,
    running: Running = USUAL,
) -> None:
    """Teach a generator your own music: a small LoRA file, the model itself stays as it is.

    songloom finetune loom --data my-music --out runs/mine

    songloom generate "my style" --lora runs/mine:0.8

    All weights instead of a LoRA: songloom train SYSTEM --init MODEL. Ctrl-C saves and stops; --resume goes on.

    Parameters
    ----------
    model:
        An embedded model, a checkpoint folder, or a published checkpoint (a folder, or a hub id in the local cache).
    data:
        A folder of audio files, each with its caption beside it as .txt or .json; a corpus will do, too.
    out:
        The run folder; it gets checkpoint/lora.safetensors, the log and samples.
    rank:
        How much can be learned: 4 is little, 16 usual, 64 much.
    lora:
        NAME=VALUE for the rest: alpha=32, layers=lm.*; may be given many times.
    changes:
        NAME=VALUE for the recipe, as recipe.steps=500, recipe.batch_size=4 or recipe.learning_rate=3e-4.
    resume:
        Go on with the run in --out; other --set recipe... values are taken over.
    dry_run:
        Print parameters, data, memory and time after a rehearsal of a few steps; write nothing.
    """
    if out is None and not dry_run:
        raise ValueError("--out is missing: the folder for the run")

    def make() -> Plan:
        from songloom.training import session

        settings = pairs(changes, "--set")
        if resume and not dry_run:
            return session.resumed_tuning(out or Path(), model, settings)
        return session.tuning_plan(model, settings, lora_of((f"rank={rank}", *lora)))

    follow(model, make, data, out, running, resume=resume, dry_run=dry_run)
