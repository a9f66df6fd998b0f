"""What a cache was made from: one of other settings, or of files that have changed since, is stale and refused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from songloom.audio.tar_members import state
from songloom.data.manifest import Clip, write_atomically
from songloom.data.shards import Shards

NAME = "sources.json"


def check(cache: Path, folder: Path, clips: Sequence[Clip], settings: Mapping[str, Any]) -> None:
    """Notes the clips' files in a cache that is about to be made; of one that is there, raises ValueError unless
    these settings and files made it. (A cache that was finished without such a note tells of its settings alone.)"""
    note, files = cache / NAME, _files(folder, clips)
    if note.is_file():
        known = json.loads(note.read_text(encoding="utf-8"))
        _same(cache, known["settings"], settings)
        changed = [clip.audio for clip in clips if known["files"].get(clip.id) != files[clip.id]]
        if changed:
            more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
            raise ValueError(f"{cache} is stale: {changed[0]}{more} changed since; remove it, and it is made again")
    elif Shards.is_finished(cache):
        _same(cache, Shards(cache).settings, settings)
    else:
        write_atomically(note, json.dumps({"settings": dict(settings), "files": files}))


def _files(folder: Path, clips: Sequence[Clip]) -> dict[str, list[int]]:
    """Size in bytes and time of the last change in nanoseconds of each clip's file."""
    return {clip.id: list(state(Path(folder) / clip.audio)) for clip in clips}


def _same(cache: Path, known: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    other = [name for name in settings if known.get(name) != settings[name]]
    if other:
        said = ", ".join(f"{name} {known.get(name)!r} instead of {settings[name]!r}" for name in other)
        raise ValueError(f"{cache} is stale: it was made with {said}; remove it, and it is made again")
