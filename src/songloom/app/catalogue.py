"""`songloom list` and `songloom show`: what there is, and what one of it is made of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from songloom.systems.roles import System


def list_systems(*, json_line: Annotated[bool, Parameter(name="--json", negative="")] = False) -> None:
    """The models that are here, and the systems that can be trained.

    Parameters
    ----------
    json_line:
        Print JSON instead of a table.
    """
    from songloom.systems import registry

    shipped = registry.embedded()
    systems = registry.system_classes()
    if json_line:
        rows = {kind: {"summary": cls.summary, "presets": list(cls.presets())} for kind, cls in systems.items()}
        print(json.dumps({"embedded": sorted(shipped), "systems": rows}))
        return
    table = Table("system", "what it is", "presets", "embedded")
    for kind, cls in systems.items():
        names = list(cls.presets())
        table.add_row(kind, cls.summary, ", ".join(names), ", ".join(n for n in names if n in shipped) or "-")
    Console().print(table)


def show(name: str, *, json_line: Annotated[bool, Parameter(name="--json", negative="")] = False) -> None:
    """One model or preset: its settings, parameters, sample rate and the controls that it uses.

    Parameters
    ----------
    name:
        An embedded model, a checkpoint (ours or published), a hub id, or a preset (songloom list).
    json_line:
        Print JSON instead of text.
    """
    import torch

    from songloom.config import to_json
    from songloom.published.load import load
    from songloom.systems import registry
    from songloom.systems.roles import Generator

    known = registry.presets()
    if name in known and name not in registry.embedded():
        with torch.device("meta"):  # its shapes alone: a large one would not fit
            system: System = known[name].build()
        state = "preset, untrained"
    else:
        system, state = load(name), "trained"
    facts: dict[str, Any] = {
        "name": name,
        "role": role(system),
        "state": state,
        "summary": system.summary,
        "parameters": sum(p.numel() for p in system.parameters()),
        "sample_rate": system.sample_rate,
        "channels": system.channels,
        "controls": sorted(system.controls) if isinstance(system, Generator) else [],
        "settings": to_json(system.config),
    }
    if json_line:
        print(json.dumps(facts))
        return
    console = Console(highlight=False)
    for label in ("name", "role", "state", "summary", "parameters", "sample_rate", "channels"):
        value = f"{facts[label]:,}" if label == "parameters" else facts[label]
        console.print(f"[bold]{label.replace('_', ' '):12}[/] {value}")
    if facts["controls"]:
        console.print(f"[bold]{'controls':12}[/] {', '.join(facts['controls'])}")
    console.print("[bold]settings[/]")
    console.print_json(data=facts["settings"])


def role(system: object) -> str:
    """The role of a system, in words."""
    from songloom.systems import roles
    from songloom.systems.listeners.tagger import Tagger

    if isinstance(system, roles.Codec):
        return "codec: audio to latents and codes, and back"
    if isinstance(system, roles.Generator):
        return "generator: text and controls to music"
    if isinstance(system, roles.Embedder):
        return "embedder: texts and music to points of one space"
    if isinstance(system, Tagger):
        return "tagger: latents to style, mood and instruments"
    return "system"
