"""`songloom search`: what a folder of music has that fits some words, or sounds like another file."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from songloom.app.screen import bar, clock, errors
from songloom.data.workers import Workers

if TYPE_CHECKING:
    from torch import Tensor

    from songloom.inference.embedding import Space
    from songloom.inference.library_index import Changes, Hit

BESIDE = ".songloom"
LISTED = 20


def search(
    query: str,
    library: Path,
    *,
    top: Annotated[int, Parameter(name=["--top", "-n"])] = 10,
    model: str | None = None,
    index: Path | None = None,
    jobs: int | None = None,
    ray: str | None = None,
    as_is: Annotated[bool, Parameter(negative="")] = False,
    json_line: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """What a folder of music has that fits some words, or sounds like another file.

    songloom search "melancholic cello" ./library

    songloom search rain.wav ./library --top 5

    The first search listens to all of the folder, which takes long and may be stopped: it goes on where it was. Later
    ones listen to what is new or changed.

    Parameters
    ----------
    query:
        Words, or a sound file, which then is not among its own results.
    library:
        The folder, with all folders in it.
    top:
        How many files to name, the nearest first, each with the time where it fits best.
    model:
        An embedder: a folder, ours or published, or a hub id. Without it the embedded one.
    index:
        A folder for the index. Without it .songloom inside the library, or, where that cannot be written, the user's
        cache folder.
    jobs:
        Processes that listen: 1, unless told; 0 is one for every processor. With --ray, tasks at a time.
    ray:
        The address of a Ray cluster that works instead, or "local" to start one here; see docs/scale.md.
    as_is:
        Search what was listened to before, without a look at the folder.
    json_line:
        Print JSON instead of text.
    """
    from songloom.inference.embedding import open_space
    from songloom.inference.library_index import LibraryIndex

    if top < 1:
        raise ValueError(f"--top is {top}; it names at least one file")
    if not library.is_dir():
        raise ValueError(f"{library} is not a folder")
    source = _sound(query)
    with errors.status("loading the embedder"):
        space = open_space(model)
    opened = LibraryIndex(_place(library, index) / f"search-{space.sha256[:16]}", space.sha256, space.system.width)
    if not as_is:
        with bar(f"listening to {library}") as report:
            changes = opened.update(library, space, workers=Workers.of(jobs, ray), progress=report)
        _tell(changes)
    if opened.size() == (0, 0):
        raise ValueError(f"{library} has nothing to search in: no file of it {'was' if as_is else 'could be'} heard")
    hits = opened.search(_wanted(space, query, source), top + 1)
    if source is not None:
        hits = [hit for hit in hits if not _same(library / hit.path, source)]
    _print(hits[:top], query, library, space.name, json_line)


def _sound(query: str) -> Path | None:
    """The file that a query names; None for words. Raises ValueError for the name of a sound that is not there."""
    from songloom.data.manifest import AUDIO_SUFFIXES

    path = Path(query)
    if path.suffix.lower() not in AUDIO_SUFFIXES:
        if not query.strip():
            raise ValueError("the query is empty; give some words, or a sound file")
        return None
    if not path.is_file():
        raise ValueError(f"no file {query}; a query is words, or a sound file")
    return path


def _place(library: Path, index: Path | None) -> Path:
    """The folder of a library's indices."""
    beside = library / BESIDE
    if index is not None or os.access(beside if beside.is_dir() else library, os.W_OK):
        return index or beside
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "songloom" / hashlib.sha256(str(library.resolve()).encode()).hexdigest()[:16]


def _wanted(space: Space, query: str, source: Path | None) -> Tensor:
    """The vector [E] of words or of a whole file."""
    import torch

    from songloom.inference.embedding import embed_file, mean

    if source is not None:
        return mean(embed_file(space.system, source)[1])
    with torch.inference_mode():
        return space.system.embed_text([query])[0].float().cpu()


def _same(path: Path, other: Path) -> bool:
    return path.exists() and path.samefile(other)


def _tell(changes: Changes) -> None:
    """What is new, and which files could not be used, on the error stream."""
    done = {"new": changes.added, "changed": changes.changed, "removed": changes.removed}
    if any(done.values()):
        errors.print(", ".join(f"{count:,} {what}" for what, count in done.items() if count), highlight=False)
    for path, error in list(changes.unreadable.items())[:LISTED]:
        line = error if path in error else f"{path}: {error}"
        errors.print(f"skipped: {line}", markup=False, highlight=False, soft_wrap=True)
    if len(changes.unreadable) > LISTED:
        errors.print(f"skipped: {len(changes.unreadable) - LISTED:,} more", highlight=False)


def _print(hits: list[Hit], query: str, library: Path, model: str, json_line: bool) -> None:
    if json_line:
        found = [
            asdict(hit) | {"path": str(library / hit.path), "similarity": round(hit.similarity, 4)} for hit in hits
        ]
        print(json.dumps({"query": query, "model": model, "hits": found}, ensure_ascii=False))
        return
    for hit in hits:
        print(f"{hit.similarity:6.3f}  {clock(hit.second)}  {library / hit.path}")
