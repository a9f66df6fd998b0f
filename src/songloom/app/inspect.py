"""`songloom inspect`: what a file or folder is, looked up in its bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console


def inspect(file: Path, *, json_line: Annotated[bool, Parameter(name="--json", negative="")] = False) -> None:
    """What a file is: sound, .loom, .ecdc, .dac or a checkpoint, its bitrate, and how its codebooks are used.

    Parameters
    ----------
    file:
        A file, or a checkpoint folder.
    json_line:
        Print JSON instead of text.
    """
    from songloom.app import facts

    found = facts.of(file)
    if json_line:
        print(json.dumps(found))
        return
    console = Console(highlight=False, soft_wrap=True)
    for name, value in found.items():
        console.print(f"[bold]{name.replace('_', ' '):16}[/] ", end="")
        console.print(shown(name, value), markup=False)


def shown(name: str, value: Any) -> str:
    """A value as a person reads it: with its unit where the name tells one."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {shown(key, item)}" for key, item in value.items())
    if isinstance(value, list):
        return " ".join(shown(name, item) for item in value)
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "not known"}[value]
    units = {"sample_rate": " Hz", "seconds": " s", "kbps": " kbps", "bytes": " bytes", "frame_rate": " Hz"}
    unit = next((units[part] for part in units if name.endswith(part)), "")
    if name == "compression":
        return f"{value:.1f} times smaller than 16-bit PCM"
    if isinstance(value, float):
        return f"{value:,.0f}{unit}" if abs(value) >= 1e4 else f"{value + 0.0:.4g}{unit}"  # no -0
    return f"{value:,}{unit}" if isinstance(value, int) and name != "sample_rate" else f"{value}{unit}"
