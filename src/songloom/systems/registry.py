"""Every system and preset by name: found by walking this folder, never listed by hand."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from songloom import checkpoint, systems
from songloom.config import Settings, kinds
from songloom.systems.roles import Generator, System

EMBEDDED = checkpoint.SHIPPED


@cache
def discover() -> None:
    """Imports every module under `systems/`, so that all classes and kinds are known."""
    for module in pkgutil.walk_packages(systems.__path__, systems.__name__ + "."):
        importlib.import_module(module.name)


def system_classes() -> dict[str, type[System]]:
    """Every system class by its kind."""
    discover()
    owners = {kind: config.owner for kind, config in kinds().items()}
    return {kind: owner for kind, owner in sorted(owners.items()) if issubclass(owner, System)}


def presets() -> dict[str, Settings]:
    """Every preset's settings by name."""
    return {name: settings for cls in system_classes().values() for name, settings in cls.presets().items()}


def preset(name: str) -> tuple[type[System], Settings]:
    """The class and settings of a preset. Raises ValueError that lists the names there are."""
    found = presets().get(name)
    if found is None:
        raise ValueError(f"no preset {name!r}; there are: {', '.join(presets())}")
    return system_classes()[found.kind], found


def generators_that_use(fields: Iterable[str]) -> list[str]:
    """The kinds of generator that use all these fields of a request."""
    wanted = set(fields)
    return [kind for kind, cls in system_classes().items() if issubclass(cls, Generator) and wanted <= cls.uses]


def embedded() -> dict[str, Path]:
    """Checkpoint folders that ship with the package: models by their folder's name, their parts by kind."""
    whole = {path.parent.name: path.parent for path in sorted(EMBEDDED.glob("*/config.json"))}
    parts = [path.parent for path in sorted(EMBEDDED.glob("*/parts/*/config.json"))]
    return {str(checkpoint.read_config(part)["settings"]["kind"]): part for part in parts} | whole


def locate(name: str) -> Path:
    """The checkpoint folder of an embedded name or a path. Raises ValueError when there is none."""
    shipped = embedded()
    if name in shipped:
        return shipped[name]
    if (Path(name) / "config.json").is_file():
        return Path(name)
    raise ValueError(f"no model {name!r}; embedded: {', '.join(shipped) or 'none'}; or give a checkpoint folder")


def load(name: str) -> Any:
    """The system of an embedded name or a checkpoint folder, in eval mode."""
    discover()
    return checkpoint.load(locate(name))
