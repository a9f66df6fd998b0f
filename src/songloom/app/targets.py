"""Where a command writes a sound file: what cannot be written, or must not be, is said before any work is done."""

from __future__ import annotations

import os
from pathlib import Path


def check_target(path: Path, *, overwrite: bool) -> None:
    """Raises ValueError for a kind of file that is not written, a folder, a file that is there and is not to be
    replaced, or a place where no file can be made."""
    from songloom.audio.files import checked_suffix

    checked_suffix(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder; a file name is needed")
    if path.exists() and not overwrite:
        raise ValueError(f"{path} exists; choose another name or add --overwrite")
    if not path.parent.is_dir():
        raise ValueError(f"{path.parent} is no folder; make it first")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ValueError(f"{path.parent} cannot be written to; choose another folder")
