"""From a folder of music to tar shards: list, listen, judge, write; what was done before is not done again.

Each step is a pure function: listening of one file, judging of all facts, writing of one shard's plan.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from songloom.audio.tar_members import state
from songloom.config import parsed
from songloom.data.manifest import Clip
from songloom.data.prepare.facts import VERSION, Facts, listen
from songloom.data.prepare.layouts import Entry, entries
from songloom.data.prepare.tar_shards import MISSING_STEMS, Planned, Shard, Sound, finish, plans, write_shard
from songloom.data.prepare.verdicts import Filters, Heard, Verdict, judge
from songloom.data.workers import HERE, Workers, mapped

HEARD = "facts.jsonl"
SHARD_BYTES = 256 * 2**20
KILLED = "the process that decoded it was killed"
TEMPO_CONFIDENCE, KEY_CONFIDENCE = 0.5, 0.1
"""Estimates that are surer than these become labels where the source tells nothing itself."""

Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What came of a folder: a verdict for each file, the shards, and lines on what could not be read."""

    verdicts: tuple[Verdict, ...]
    shards: tuple[Shard, ...]
    notes: tuple[str, ...]


def prepare(
    folder: Path,
    out: Path,
    *,
    filters: Filters | None = None,
    sound: Sound | None = None,
    keep_near: bool = False,
    shard_bytes: int = SHARD_BYTES,
    workers: Workers = HERE,
    report: Report | None = None,
) -> Prepared:
    """The folder's music as tar shards in `out`. `report` hears (step, done, in all). The result is the same
    whoever works, and after any number of interruptions. Raises ValueError where nothing is left to keep."""
    filters, sound, tell = filters or Filters(), sound or Sound(), report or _silence
    if sound.channels not in (None, 1, 2):
        raise ValueError(f"channels is {sound.channels}, but must be 1 or 2")
    folder, out = Path(folder), Path(out)
    found, notes = entries(folder, leave=out)
    out.mkdir(parents=True, exist_ok=True)
    heard = hear_all(folder, out / HEARD, found, filters, workers, tell)
    verdicts = judge(found, heard, filters, keep_near=keep_near)
    planned = [planned_of(one, one.facts) for one in verdicts if one.kept and one.facts]
    if not planned:
        raise ValueError(f"{folder}: none of {len(verdicts)} files is kept; the first: {verdicts[0].reason}")
    made = plans(planned, sound, filters, shard_bytes)
    shards: dict[str, Shard] = {}
    for name, shard in mapped(write_shard, {plan.name: (folder, out, plan) for plan in made}, workers):
        shards[name] = shard
        tell("writing", len(shards), len(made))
    ordered = tuple(shards[plan.name] for plan in made)
    finish(out, ordered)
    return Prepared(tuple(verdicts), ordered, (*notes, *missing_stems(ordered)))


def hear_all(
    folder: Path, log: Path, found: Sequence[Entry], filters: Filters, workers: Workers, tell: Report
) -> dict[str, Heard]:
    """Facts by file, or why there are none; each file's are added to `log` as they come, and files that have not
    changed since are not heard again."""
    longest, cut = filters.longest, filters.cut
    stamps = {entry.file: [*state(folder / entry.file), longest, cut, VERSION] for entry in found}
    heard: dict[str, Heard] = {}
    for record in _logged(log):
        if stamps.get(record["file"]) == record["stamp"]:
            heard[record["file"]] = record["error"] or tuple(map(Facts.from_json, record["facts"]))
    missing = {entry.file: (folder / entry.file, longest, cut) for entry in found if entry.file not in heard}
    with log.open("a", encoding="utf-8") as lines:
        if log.stat().st_size:
            lines.write("\n")  # behind a line that was cut off
        for file, facts in mapped(try_to_listen, missing, workers, died=lambda _: KILLED):
            heard[file] = facts
            told = (
                {"error": facts} if isinstance(facts, str) else {"error": "", "facts": [one.to_json() for one in facts]}
            )
            lines.write(json.dumps({"file": file, "stamp": stamps[file], **told}) + "\n")
            lines.flush()
            tell("listening", len(heard), len(found))
    return heard


def try_to_listen(path: Path, longest: float, cut: float) -> Heard:
    """The facts of a file, or in one line why it has none."""
    try:
        return listen(path, longest, cut)
    except ValueError as error:
        return str(error).removeprefix(f"{path} ")
    except OSError as error:
        return error.strerror or str(error)


def planned_of(verdict: Verdict, facts: Facts) -> Planned:
    """A kept file, or a stretch of one, as a clip to be written, labelled with what is told and what is heard."""
    entry = verdict.entry
    labels = estimates(facts) | dict(entry.labels) | {"file": entry.file, "group": verdict.group}
    told = {"artist": entry.artist, "track": entry.track}
    labels |= {name: value for name, value in told.items() if value}
    clip = Clip(
        facts.name,
        entry.file,
        facts.seconds,
        facts.sample_rate,
        min(facts.channels, 2),
        verdict.split,
        entry.captions,
        labels,
        entry.stems,
        facts.start,
        facts.whole,
    )
    return Planned(clip, facts.samples, facts.part)


def missing_stems(shards: Sequence[Shard]) -> list[str]:
    """One line on each stem that could not be read and was left out."""
    clips = [clip for shard in shards for clip in shard.clips]
    told = [(clip.labels["file"], clip.labels.get(MISSING_STEMS, {})) for clip in clips]
    return sorted({f"{file}: without its stem {name}: {why}" for file, left in told for name, why in left.items()})


def estimates(facts: Facts) -> dict[str, Any]:
    """Labels that are heard: loudness, tempo and key with their confidences; `tempo` and `key` where they are sure."""
    found: dict[str, Any] = {
        "loudness": facts.loudness,
        "estimates": {
            "tempo": {"bpm": facts.tempo, "confidence": facts.tempo_confidence},
            "key": {"name": facts.key, "confidence": facts.key_confidence},
        },
    }
    if facts.tempo and facts.tempo_confidence >= TEMPO_CONFIDENCE:
        found["tempo"] = facts.tempo
    if facts.key and facts.key_confidence >= KEY_CONFIDENCE:
        found["key"] = facts.key
    return found


def _logged(log: Path) -> list[dict[str, Any]]:
    """The records of a log; lines that were cut off are left out."""
    found = []
    if log.is_file():
        with log.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    record = parsed(line)
                except ValueError:
                    continue
                if isinstance(record, dict) and {"file", "stamp", "error"} <= record.keys():
                    found.append(record)
    return found


def _silence(_step: str, _done: int, _total: int) -> None:
    """Nobody wants to know."""
