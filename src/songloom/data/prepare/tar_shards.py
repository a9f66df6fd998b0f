"""Tar shards in WebDataset's layout: KEY.flac, KEY.json and KEY.STEM.flac one after another, with an index.

A shard is a pure function of its plan and the files that it names, byte for byte; it is written beside its place and
renamed, then listed with its plan's hash, so a run that was cut off goes on at the first shard that is missing.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

import soundfile
from torch import Tensor

from songloom.audio import files
from songloom.audio.replacing import replacing
from songloom.audio.resample import resample
from songloom.config import parsed
from songloom.data.manifest import NAME, Clip, from_json, text_of, to_json, write, write_atomically
from songloom.data.prepare.facts import samples_hash
from songloom.data.prepare.stretches import decode, stretches
from songloom.data.prepare.verdicts import Filters
from songloom.data.waves import to_int16

INDEX = "index.json"
FORMAT = "songloom shards"
BLOCK = 1 << 20
MOST_INDEX = 1 << 28
MISSING_STEMS = "missing_stems"
"""The label that names stems which could not be read, and why."""


@dataclass(frozen=True, slots=True)
class Sound:
    """How sound is kept: at its own `sample_rate` (Hz) and `channels` where these are None; as FLAC of 16 bits."""

    sample_rate: int | None = None
    channels: int | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """One clip to be kept: `clip` has its key as its id, and its paths are those of the source; `samples` is the hash
    of what is expected there, in the stretch number `part`."""

    clip: Clip
    samples: str
    part: int


@dataclass(frozen=True, slots=True)
class Shard:
    """One finished shard: `name` of the tar, `sha256` and `bytes` of it, `plan` that made it, `clips` in it."""

    name: str
    split: str
    plan: str
    sha256: str
    bytes: int
    clips: tuple[Clip, ...]

    @property
    def seconds(self) -> float:
        return sum(clip.seconds for clip in self.clips)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a shard will hold; `longest` bounds in seconds what is decoded, and stretches were made by `cut`."""

    name: str
    split: str
    planned: tuple[Planned, ...]
    sound: Sound
    longest: float
    cut: float

    def hash(self) -> str:
        lines = [to_json(one.clip) + one.samples for one in self.planned]
        return hashlib.sha256(json.dumps([self.name, str(self.sound), lines]).encode()).hexdigest()


def plans(planned: Sequence[Planned], sound: Sound, filters: Filters, shard_bytes: int) -> list[Plan]:
    """Clips in shards of about `shard_bytes` of samples, split by split, in order of their keys, which are hashes: in
    no order of the music, but the stretches of one recording side by side, since it is decoded once for each shard."""
    made = []
    for split in sorted({one.clip.split for one in planned}):
        groups: list[list[Planned]] = [[]]
        size = 0.0
        for one in sorted((one for one in planned if one.clip.split == split), key=lambda one: one.clip.id):
            clip = one.clip
            tracks = 1 + len(clip.stems)
            need = (
                clip.seconds * 2 * tracks * (sound.sample_rate or clip.sample_rate) * (sound.channels or clip.channels)
            )
            if groups[-1] and size + need > shard_bytes:
                groups.append([])
                size = 0.0
            groups[-1].append(one)
            size += need
        for number, group in enumerate(groups):
            made.append(Plan(f"{split}-{number:05d}.tar", split, tuple(group), sound, filters.longest, filters.cut))
    return made


def write_shard(folder: Path, out: Path, plan: Plan) -> Shard:
    """Write one shard whole or not at all, or find it as it was. Raises ValueError for a file that is no longer what
    was heard."""
    known = _listed(out, plan)
    if known is not None:
        return known
    clips = []
    path = out / plan.name
    with replacing(path) as file:
        for one, wave, rate in _waves(folder, plan):
            clip, sounds = _sounds(folder, plan, one.clip, wave, rate)
            for suffix, data in sounds:
                _add(file, f"{clip.id}{suffix}", data)
            _add(file, f"{clip.id}.json", to_json(clip).encode())
            clips.append(_in(plan.name, clip))
        file.write(b"\0" * (2 * tarfile.BLOCKSIZE))
    shard = Shard(plan.name, plan.split, plan.hash(), sha256(path), path.stat().st_size, tuple(clips))
    write_atomically(path.with_suffix(".json"), json.dumps(_told(shard) | {"clips": [to_json(clip) for clip in clips]}))
    return shard


def _waves(folder: Path, plan: Plan) -> Iterator[tuple[Planned, Tensor, int]]:
    """What is planned, with its wave [C, T] and sample rate; a file is decoded no further than is needed of it."""
    for file, group in groupby(plan.planned, key=lambda one: one.clip.audio):
        wanted = {one.part: one for one in group}
        for part, (wave, rate) in enumerate(stretches(folder / file, plan.longest, plan.cut)):
            one = wanted.pop(part, None)
            if one is not None and samples_hash(wave, rate) == one.samples:
                yield one, wave, rate
            elif one is not None:
                wanted[part] = one
                break
            if not wanted:
                break
        if wanted:
            raise ValueError(f"{folder / file} changed while it was prepared; run it again")


def _sounds(folder: Path, plan: Plan, clip: Clip, wave: Tensor, rate: int) -> tuple[Clip, list[tuple[str, bytes]]]:
    """A clip as it will be in its shard, and its sounds as (suffix, FLAC)."""
    data, frames, kept_rate, channels = _flac(wave, rate, plan.sound)
    made, missing = [(".flac", data)], {}
    stems = {}
    for name, path in sorted(clip.stems.items()):
        try:
            stem, stem_rate = _stem(folder / path, plan, clip)
        except ValueError as error:
            missing[name] = str(error).removeprefix(f"{folder / path} ")
            continue
        stems[name] = f"{clip.id}.{name}.flac"
        made.append((f".{name}.flac", _flac(stem, stem_rate, plan.sound)[0]))
    kept = replace(
        clip,
        audio=f"{clip.id}.flac",
        seconds=frames / kept_rate,
        sample_rate=kept_rate,
        channels=channels,
        stems=stems,
        labels={**clip.labels, MISSING_STEMS: missing} if missing else clip.labels,
    )
    return kept, made


def _stem(path: Path, plan: Plan, clip: Clip) -> tuple[Tensor, int]:
    """A stem's wave [C, T] where its clip lies in the recording, and its sample rate."""
    if not clip.whole:
        return decode(path, plan.longest)
    return files.read(path, start=clip.start, seconds=clip.seconds)


def _flac(wave: Tensor, rate: int, sound: Sound) -> tuple[bytes, int, int, int]:
    """A wave [C, T] as FLAC, with its frames, rate and channels."""
    kept = sound.sample_rate or rate
    channels = sound.channels or min(wave.shape[0], 2)
    mixed = files.with_channels(wave if wave.shape[0] <= 2 else wave.mean(0, keepdim=True), channels)
    fitted = resample(mixed, rate, kept) if kept != rate else mixed
    target = io.BytesIO()
    soundfile.write(target, to_int16(fitted.T.numpy()), kept, format="FLAC", subtype="PCM_16")
    return target.getvalue(), fitted.shape[1], kept, channels


def _add(file: BinaryIO, name: str, data: bytes) -> None:
    header = tarfile.TarInfo(name)
    header.size = len(data)
    file.write(header.tobuf(tarfile.USTAR_FORMAT))
    file.write(data)
    file.write(b"\0" * (-len(data) % tarfile.BLOCKSIZE))


def _in(tar: str, clip: Clip) -> Clip:
    """A clip with paths that lead through its tar."""
    return replace(
        clip, audio=f"{tar}/{clip.audio}", stems={name: f"{tar}/{file}" for name, file in clip.stems.items()}
    )


def sha256(path: Path) -> str:
    """The hash of a file, read piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _listed(out: Path, plan: Plan) -> Shard | None:
    """The shard that this plan made before, where it is whole."""
    note, path = (out / plan.name).with_suffix(".json"), out / plan.name
    if not (note.is_file() and path.is_file()):
        return None
    known = json.loads(text_of(note, MOST_INDEX))
    if known["plan"] != plan.hash() or known["bytes"] != path.stat().st_size:
        return None
    clips = tuple(from_json(line) for line in known["clips"])
    return Shard(plan.name, plan.split, known["plan"], known["sha256"], known["bytes"], clips)


def _told(shard: Shard) -> dict[str, Any]:
    return {"name": shard.name, "split": shard.split, "plan": shard.plan, "sha256": shard.sha256, "bytes": shard.bytes}


def finish(out: Path, shards: Sequence[Shard]) -> None:
    """Write the manifest and the index over complete shards, and remove shards that are no longer among them, and what
    killed processes left of theirs."""
    for pattern in (".*.tar.*.part", ".*.json.*.tmp", ".*.jsonl.*.tmp"):
        for left in out.glob(pattern):
            left.unlink(missing_ok=True)
    names = {shard.name for shard in shards}
    for old in out.glob("*-[0-9][0-9][0-9][0-9][0-9].tar"):
        if old.name not in names:
            old.unlink()
            old.with_suffix(".json").unlink(missing_ok=True)
    write(out, [clip for shard in shards for clip in shard.clips])
    listed = [_told(shard) | {"clips": len(shard.clips), "seconds": shard.seconds} for shard in shards]
    write_atomically(out / INDEX, json.dumps({"format": FORMAT, "version": 1, "shards": listed}, indent=1) + "\n")


def is_prepared(folder: Path) -> bool:
    """Whether a folder holds finished tar shards."""
    return (Path(folder) / INDEX).is_file() and (Path(folder) / NAME).is_file()


def damaged(folder: Path) -> Iterator[str]:
    """One line for each shard of a folder that is missing or not what its index says."""
    index = parsed(text_of(Path(folder) / INDEX, MOST_INDEX))
    for shard in index["shards"]:
        path = Path(folder) / Path(shard["name"]).name
        if not path.is_file():
            yield f"{path.name} is missing"
        elif path.stat().st_size != shard["bytes"] or sha256(path) != shard["sha256"]:
            yield f"{path.name} is damaged: its bytes are not those of {INDEX}"
