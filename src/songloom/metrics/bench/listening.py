"""Every sound file of a folder measured, by whoever works, with what was measured before taken from the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from songloom.audio.clip import Audio
from songloom.checkpoint import file_hash
from songloom.data.manifest import AUDIO_SUFFIXES
from songloom.data.workers import HERE, Workers, mapped
from songloom.metrics.bench.clip_facts import ClipFacts, clip_facts
from songloom.metrics.bench.store import Store

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Sound:
    """One file that can be heard: its `path`, its `name` under the folder (without suffix, forward slashes), the
    SHA-256 of its `content`."""

    path: Path
    name: str
    content: str
    facts: ClipFacts


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One file that cannot be heard, and why."""

    path: Path
    why: str


def sound_files(folder: Path) -> list[Path]:
    """The sound files below a folder, in order; hidden ones are skipped. Raises ValueError when there are none."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; give a folder of sound files")
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in AUDIO_SUFFIXES and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    ]
    if not found:
        raise ValueError(f"{folder} holds no sound files ({', '.join(AUDIO_SUFFIXES)})")
    names = {path.with_suffix(""): path for path in found}
    twice = next((path for path in found if names[path.with_suffix("")] != path), None)
    if twice is not None:
        raise ValueError(f"{twice} and {names[twice.with_suffix('')].name} have one name; keep one of them")
    return found


def listen_to_all(
    folder: Path, store: Store, *, workers: Workers = HERE, progress: Progress | None = None
) -> tuple[list[Sound], list[Unreadable]]:
    """Everything that can be heard below a folder, in order of the names, and what cannot. Raises ValueError for a
    folder without sound files, where none can be read, or where all are silent."""
    paths = sound_files(folder)
    heard: dict[Path, Sound | Unreadable] = {}
    made = mapped(listen, {path: (path, folder, store) for path in paths}, workers, died=_killed)
    for done, (path, found) in enumerate(made, start=1):
        heard[path] = found
        if progress:
            progress(done / len(paths))
    sounds = [one for path in paths if isinstance(one := heard[path], Sound)]
    unreadable = [one for path in paths if isinstance(one := heard[path], Unreadable)]
    if not sounds:
        raise ValueError(
            f"none of the {len(paths)} sound files of {folder} can be read; the first: {unreadable[0].why}"
        )
    if all(one.facts.silent for one in sounds):
        raise ValueError(f"all {len(sounds)} sound files of {folder} are silent: there is nothing to measure")
    return sounds, unreadable


def listen(path: Path, folder: Path, store: Store) -> Sound | Unreadable:
    """One file measured, or what is known of its content."""
    try:
        content = file_hash(path)
        known = store.facts(content)
        if known is None:
            facts = clip_facts(Audio.load(path))
            store.keep_facts(content, facts.to_json())
        else:
            facts = ClipFacts.of_json(known)
    except (ValueError, OSError) as error:
        return Unreadable(path, str(error).removeprefix(str(path)).lstrip(": "))
    return Sound(path, path.relative_to(folder).with_suffix("").as_posix(), content, facts)


def _killed(path: Path) -> Unreadable:
    return Unreadable(path, "the process that decoded it was killed")
