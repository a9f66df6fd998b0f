"""Any model by its name: an embedded one, one of our folders, or a published checkpoint of a family known here.

A family is a file of this package with two functions: `recognises(files: Files) -> bool`, which looks at
names, config.json and the tensors' names, and `load(path: Path) -> System`. They are found by walking. A family that
says `WHOLE = True` goes before those of the parts (a codec) that lie in the same files.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import Protocol, cast

from songloom import published
from songloom.published.files import Files, locate
from songloom.systems import registry
from songloom.systems.roles import System


class Family(Protocol):
    """What the file of a published family offers."""

    __name__: str

    def recognises(self, files: Files) -> bool: ...

    def load(self, path: Path) -> System: ...


@cache
def families() -> tuple[Family, ...]:
    """Every file of this package that can recognise and load checkpoints."""
    names = [module.name for module in pkgutil.iter_modules(published.__path__, published.__name__ + ".")]
    modules = [importlib.import_module(name) for name in names if name != __name__]
    return tuple(cast(Family, module) for module in modules if hasattr(module, "recognises"))


def load(name: str | Path) -> System:
    """The system of an embedded name, a checkpoint folder of ours, a published file or folder, or a hub id in the
    local cache; in eval mode on the CPU. Raises ValueError of one line when there is none or it does not fit."""
    own = own_folder(name)
    if own is not None:
        return cast(System, registry.load(str(own)))
    path = locate(name)
    files = Files(path)
    found = families_of(files)
    if len(found) != 1:
        known = ", ".join(sorted(family.__name__.rsplit(".", 1)[-1] for family in (found or families())))
        raise ValueError(f"{path} is {'of several families' if found else 'of no known family'}: {known}")
    return found[0].load(path).eval()


def families_of(files: Files) -> list[Family]:
    """The families that recognise some files; those of the whole model alone, where there are such."""
    found = [family for family in families() if family.recognises(files)]
    return [family for family in found if getattr(family, "WHOLE", False)] or found


def own_folder(name: str | Path) -> Path | None:
    """The checkpoint folder of ours that an embedded name, a path or a hub id means; None for published models.
    Raises ValueError when there is nothing of this name."""
    shipped = registry.embedded()
    if str(name) in shipped:
        return shipped[str(name)]
    if "/" not in str(name) and not Path(name).exists():
        why = ", which is a preset without weights" if str(name) in registry.presets() else ""
        known = f"embedded: {', '.join(shipped) or 'none'}; or give a folder, a file or a hub id"
        raise ValueError(f"no model {str(name)!r}{why}; {known}")
    path = locate(name)
    return path if path.is_dir() and "settings" in Files(path).config else None
