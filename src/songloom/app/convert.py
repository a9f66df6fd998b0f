"""`songloom convert`: a published model in songloom's own folder format, or any model with LoRAs merged into it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from songloom.app.screen import errors


def convert(
    model: str,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    lora: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """A published checkpoint in songloom's own folder format.

    Parameters
    ----------
    model:
        A published file or folder, or the hub id of one in the local cache; with --lora any model.
    output:
        The folder to write.
    lora:
        FILE or FILE:STRENGTH of songloom finetune to merge into the weights; several add up.
    overwrite:
        Replace a folder that is there.
    """
    from songloom import checkpoint
    from songloom.published.load import load
    from songloom.systems.loras import apply

    if output.exists() and not overwrite:
        raise ValueError(f"{output} exists; choose another name or add --overwrite")
    if output.is_file() or (output.is_dir() and any(output.iterdir()) and not (output / "config.json").is_file()):
        raise ValueError(f"{output} is no checkpoint folder and is not replaced")
    with errors.status(f"reading {model}"):
        system = apply(load(model), lora, model)
    parameters = sum(parameter.numel() for parameter in system.parameters())
    merged = f" with {', '.join(lora)} merged into it" if lora else ""
    card = f"# {system.config.kind}\n\nConverted from {model}{merged}; its licence is that of the original.\n"
    checkpoint.save(system, output, card=card)
    print(f"{output}: {system.config.kind}, {parameters:,} parameters, {system.sample_rate} Hz")
