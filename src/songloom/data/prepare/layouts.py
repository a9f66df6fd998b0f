"""A folder of music as entries: each audio file with what lies beside it and what the folder's tables say of it.

Stems (MUSDB's mixture.wav with its parts, Slakh's mix.flac with stems/) are parts of their mixture, not music of their
own. Nothing outside of the folder is looked at: links that lead out are left alone, and noted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from songloom.data.manifest import AUDIO_SUFFIXES, NAME, Caption, Clip, inside, read, sidecars
from songloom.data.prepare import tables
from songloom.data.prepare.tables import SPLIT_NAMES, Said

MIXTURES = ("mixture", "mix")
STEM_FOLDER = "stems"
STEMS = ("drums", "bass", "other", "vocals", "accompaniment")
TABLE_DEPTH = 3
"""Folders down to a table."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One recording: `file` and `stems` are paths relative to the folder; `artist` and `track` are names that
    recordings share which may not be parted by a split; `split` is what the data set tells itself, "" where it does
    not."""

    file: str
    captions: tuple[Caption, ...] = ()
    labels: Mapping[str, Any] = field(default_factory=dict)
    artist: str = ""
    track: str = ""
    split: str = ""
    stems: Mapping[str, str] = field(default_factory=dict)

    def told(self, other: Said | Entry) -> Entry:
        """The entry with what another source says too; what it says itself comes first."""
        return replace(
            self,
            captions=tuple({one.text: one for one in (*other.captions, *self.captions)}.values()),
            labels={**other.labels, **self.labels},
            artist=self.artist or other.artist,
            track=self.track or other.track,
            split=self.split or other.split,
        )


def entries(folder: Path, *, leave: Path | None = None) -> tuple[list[Entry], list[str]]:
    """The recordings of a folder in order of their paths, and one line on each file that could not be taken; what lies
    under `leave` is left out. Raises ValueError for a folder without audio."""
    root = Path(folder).resolve()
    if not root.is_dir():
        raise ValueError(f"{folder} is not a folder")
    if (root / NAME).is_file():
        return [_of_clip(clip) for clip in read(root)], []
    notes: list[str] = []
    found = _files(root, leave.resolve() if leave else None, notes)
    audio = [path for path in found if path.suffix.lower() in AUDIO_SUFFIXES]
    if not audio:
        raise ValueError(f"{folder} holds no audio files ({', '.join(AUDIO_SUFFIXES)})")
    beside = {path.with_suffix("") for path in audio}
    taken = {entry.file: entry for entry in _with_stems(root, audio, notes)}
    names = Names(list(taken))
    for path in found:
        if path.suffix.lower() not in tables.SUFFIXES or len(path.relative_to(root).parts) > TABLE_DEPTH:
            continue
        if path.with_suffix("") in beside:
            continue  # a sidecar
        try:
            rows = tables.read(path)
        except ValueError as error:
            notes.append(f"{path.relative_to(root)}: {error}")
            continue
        for said in rows:
            for file in names.find(said.names):
                taken[file] = taken[file].told(said)
    return [taken[file] for file in sorted(taken)], notes


class Names:
    """Files by what tables call them: a path, a path's end, or a name without suffix or before its first dot."""

    def __init__(self, files: Sequence[str]) -> None:
        self._by_name: dict[str, list[str]] = {}
        for file in files:
            name = PurePosixPath(file).name
            for called in {name, PurePosixPath(file).stem, name.split(".")[0]}:
                self._by_name.setdefault(called, []).append(file)

    def find(self, names: Sequence[str]) -> list[str]:
        """The files that go by the first of the names that any goes by; of a name with a folder, in one called so
        rather than elsewhere."""
        for name in names:
            pure = PurePosixPath(name)
            called = (pure.name, pure.stem, pure.name.split(".")[0])
            found = [files for one in called if (files := self._by_name.get(one))]
            home = pure.parent.name
            near = [beside for files in found if (beside := [one for one in files if home == _home(one)])]
            if found:
                return near[0] if home and near else found[0]
        return []


def _home(file: str) -> str:
    return PurePosixPath(file).parent.name


def _files(root: Path, leave: Path | None, notes: list[str]) -> list[Path]:
    found = []
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if any(part.startswith(".") for part in relative.parts) or not path.is_file():
            continue
        real = path.resolve()
        if leave is not None and real.is_relative_to(leave):
            continue
        try:
            if not real.is_relative_to(root):
                raise ValueError("it is a link that leads out of the folder")
            inside(relative.as_posix())
        except ValueError as error:
            notes.append(f"{relative.as_posix()}: {error}")
        else:
            found.append(path)
    return found


def _with_stems(root: Path, audio: Sequence[Path], notes: list[str]) -> list[Entry]:
    """One entry for each recording, its stems in it."""
    mixtures = {path.parent: path for path in audio if path.stem.lower() in MIXTURES}
    stems: dict[Path, dict[str, str]] = {folder: {} for folder in mixtures}
    whole = []
    for path in audio:
        home = path.parent.parent if path.parent.name == STEM_FOLDER else path.parent
        if home in mixtures and (home != path.parent or path.stem.lower() in STEMS):
            stems[home][path.stem] = path.relative_to(root).as_posix()
        else:
            whole.append(path)
    return [_entry(root, path, stems.get(path.parent) if path in mixtures.values() else None, notes) for path in whole]


def _entry(root: Path, path: Path, stems: Mapping[str, str] | None, notes: list[str]) -> Entry:
    file = path.relative_to(root).as_posix()
    split = SPLIT_NAMES.get(PurePosixPath(file).parts[0].lower(), "") if "/" in file else ""
    artist, _, title = path.parent.name.partition(" - ") if stems else ("", "", "")
    captions: tuple[Caption, ...] = ()
    labels: dict[str, Any] = {}
    try:
        captions, labels = sidecars(path)
    except ValueError as error:
        notes.append(f"{file}: what lies beside it is left out: {error}")
    captions = tuple(replace(one, source=one.source or f"beside {file}") for one in captions)
    told = {"title": title, "artist": artist} if title else {}
    labels = told | labels
    return Entry(file, captions, labels, _name(labels, "artist"), _name(labels, "track"), split, stems or {})


def _of_clip(clip: Clip) -> Entry:
    """A clip of a manifest; its own split counts."""
    artist, track = _name(clip.labels, "artist"), _name(clip.labels, "track")
    return Entry(clip.audio, clip.captions, clip.labels, artist, track, clip.split, clip.stems)


def _name(labels: Mapping[str, Any], kind: str) -> str:
    return str(labels.get(kind) or "")
