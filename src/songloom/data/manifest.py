"""The manifest: one JSON line per clip of music, with its audio file, captions, labels and stems.

A data set is a folder with `manifest.jsonl`; every path in it is relative to the folder and stays inside.
A plain folder of audio files becomes clips by `scan`, with sidecars of the same stem: `.txt` (a caption)
and `.json` (caption, captions, tags, tempo, key, drums, meter, labels).
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from songloom.config import parsed

NAME = "manifest.jsonl"
SPLITS = ("train", "valid", "test")
FEW = 20
"""A plain folder of fewer clips is all for training: what would be held out of it tells nothing."""
MOST_TEXT = 1 << 20
"""Bytes that a text beside a clip may have."""
AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf")


@dataclass(frozen=True, slots=True)
class Caption:
    """One wording of a clip; `kind` says how long and in what manner ("tags", "sentence", ...), `source` whose words
    they are ("MusicCaps", "song.txt"; "" unknown)."""

    kind: str
    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording: `audio` and `stems` are paths relative to the data set's folder, with forward slashes;
    `seconds` is its length, `sample_rate` in Hz; `labels` holds whatever is known, as plain JSON.

    A clip that was cut out of a longer recording begins `start` seconds into it, and `whole` is that recording's length
    (0 for a clip that is its recording); times in its labels are those of the recording."""

    id: str
    audio: str
    seconds: float
    sample_rate: int
    channels: int
    split: str = "train"
    captions: tuple[Caption, ...] = ()
    labels: Mapping[str, Any] = field(default_factory=dict)
    stems: Mapping[str, str] = field(default_factory=dict)
    start: float = 0.0
    whole: float = 0.0


def read(folder: Path) -> list[Clip]:
    """The clips of `folder/manifest.jsonl`. A line that is not a clip raises ValueError with its number."""
    path = Path(folder) / NAME
    if not path.is_file():
        raise ValueError(f"{folder} has no {NAME}; scan a plain folder of audio files first")
    clips: list[Clip] = []
    seen: set[str] = set()
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                clip = from_json(line)
            except ValueError as error:
                raise ValueError(f"{path}, line {number}: {error}") from error
            if clip.id in seen:
                raise ValueError(f"{path}, line {number}: the id {clip.id!r} stands there twice")
            seen.add(clip.id)
            clips.append(clip)
    return clips


def write(folder: Path, clips: Iterable[Clip]) -> Path:
    """Write `folder/manifest.jsonl` whole or not at all, and return its path."""
    path = Path(folder) / NAME
    write_atomically(path, "".join(to_json(clip) + "\n" for clip in clips))
    return path


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write beside `path`, flush to the disk, then rename, so that nobody ever sees half a file. What the disk refuses
    is an OSError that names the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        if error.errno is not None and error.filename in (None, str(beside)):
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise
    finally:
        beside.unlink(missing_ok=True)


def to_json(clip: Clip) -> str:
    """One line of JSON, keys in a fixed order."""
    fields: dict[str, Any] = {
        "id": clip.id,
        "audio": clip.audio,
        "seconds": clip.seconds,
        "sample_rate": clip.sample_rate,
        "channels": clip.channels,
        "split": clip.split,
        "captions": [_told(caption) for caption in clip.captions],
        "labels": dict(clip.labels),
        "stems": dict(clip.stems),
    }
    if clip.whole:
        fields |= {"start": clip.start, "whole": clip.whole}
    return json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _told(caption: Caption) -> dict[str, str]:
    told = {"kind": caption.kind, "text": caption.text}
    return told | {"source": caption.source} if caption.source else told


def from_json(line: str) -> Clip:
    """Read one line; unknown fields are ignored, wrong ones raise ValueError."""
    try:
        record = parsed(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error})") from error
    if not isinstance(record, dict):
        raise ValueError(f"a JSON object is needed, not {type(record).__name__}")
    split = record.get("split", "train")
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}, but must be one of {', '.join(SPLITS)}")
    return Clip(
        id=_text(record, "id"),
        audio=inside(_text(record, "audio")),
        seconds=_number(record, "seconds"),
        sample_rate=int(_number(record, "sample_rate")),
        channels=int(_number(record, "channels")),
        split=split,
        captions=_captions(record.get("captions", [])),
        labels=_mapping(record.get("labels", {}), "labels"),
        stems={name: inside(str(path)) for name, path in _mapping(record.get("stems", {}), "stems").items()},
        start=_number(record, "start") if record.get("start") else 0.0,
        whole=_number(record, "whole") if record.get("whole") else 0.0,
    )


def inside(path: str) -> str:
    """`path` if it stays below the data set's folder, else ValueError."""
    pure = PurePosixPath(path)
    if not path or "\\" in path or "\0" in path or pure.is_absolute() or ".." in pure.parts or ":" in pure.parts[0]:
        raise ValueError(f"the path {path!r} must be relative to the data set's folder and stay inside it")
    return path


def split_of(identity: str) -> str:
    """The split that a clip belongs to for ever: 94 of 100 ids to train, 3 to valid, 3 to test, by a hash."""
    bucket = int.from_bytes(hashlib.sha256(identity.encode("utf-8")).digest()[:8], "big") % 100
    return "train" if bucket < 94 else "valid" if bucket < 97 else "test"


def scan(folder: Path) -> list[Clip]:
    """The audio files below `folder` as clips, in order of their paths; hidden files and folders are skipped. Of fewer
    than `FEW` none is held out. Raises ValueError for a folder without any."""
    from songloom.audio import files

    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder")
    clips = []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.suffix.lower() not in AUDIO_SUFFIXES or any(part.startswith(".") for part in relative.parts):
            continue
        info = files.info(path)
        captions, labels = sidecars(path)
        name = relative.as_posix()
        clips.append(
            Clip(name, inside(name), info.seconds, info.sample_rate, info.channels, split_of(name), captions, labels)
        )
    if not clips:
        raise ValueError(f"{folder} holds no audio files ({', '.join(AUDIO_SUFFIXES)})")
    return clips if len(clips) >= FEW else [replace(clip, split=SPLITS[0]) for clip in clips]


def sidecars(path: Path) -> tuple[tuple[Caption, ...], dict[str, Any]]:
    """Captions and labels that lie beside an audio file, as .txt and .json of its name. Raises ValueError for a file
    that is not what its suffix says."""
    captions: list[Caption] = []
    labels: dict[str, Any] = {}
    text, record = path.with_suffix(".txt"), path.with_suffix(".json")
    if text.is_file() and (words := text_of(text).strip()):
        captions.append(Caption("sentence", " ".join(words.split())))
    if record.is_file():
        try:
            known = _mapping(parsed(text_of(record)), "the file")
        except ValueError as error:
            raise ValueError(f"{record}: {error}") from error
        if isinstance(known.get("caption"), str) and known["caption"].strip():
            captions.append(Caption("sentence", known["caption"].strip()))
        captions.extend(_captions(known.get("captions", [])))
        if tags := known.get("tags"):
            captions.append(Caption("tags", tags if isinstance(tags, str) else ", ".join(str(tag) for tag in tags)))
        labels = {
            name: known[name] for name in ("tempo", "key", "drums", "meter", "tags") if known.get(name) is not None
        }
        labels.update(_mapping(known.get("labels", {}), "labels"))
    return tuple(captions), labels


def text_of(path: Path, most: int = MOST_TEXT) -> str:
    """A text file in UTF-8. Raises ValueError for one that is longer than `most` bytes, or other bytes."""
    if path.stat().st_size > most:
        raise ValueError(f"{path} is longer than {most} bytes")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a text that is not empty, not {value!r}")
    return value


def _number(record: Mapping[str, Any], name: str) -> float:
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise ValueError(f"{name} must be a positive number, not {value!r}")
    return float(value)


def _mapping(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be a JSON object, not {type(value).__name__}")
    return value


def _captions(value: object) -> tuple[Caption, ...]:
    if not isinstance(value, list):
        raise ValueError(f"captions must be a list, not {type(value).__name__}")
    captions = []
    for item in value:
        if isinstance(item, str):
            captions.append(Caption("sentence", item))
        elif isinstance(item, dict) and isinstance(item.get("text"), str):
            captions.append(Caption(str(item.get("kind", "sentence")), item["text"], str(item.get("source", ""))))
        else:
            raise ValueError(f"a caption must be a text or an object with a text, not {item!r}")
    return tuple(captions)
