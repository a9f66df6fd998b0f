"""`songloom data prepare` and `songloom data verify`: a folder of music as tar shards, and their checksums."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from songloom.app.screen import bar
from songloom.app.training import Flag
from songloom.data.prepare.pipeline import SHARD_BYTES, Prepared
from songloom.data.prepare.verdicts import Filters
from songloom.data.workers import Workers

USUAL = Filters()
NOTES_SHOWN = 10


def prepare(
    folder: Path,
    /,
    *,
    out: Path,
    sample_rate: int | None = None,
    channels: int | None = None,
    keep_near: Flag = False,
    shard_mb: float = SHARD_BYTES / 2**20,
    players: int = 50,
    jobs: int | None = None,
    ray: str | None = None,
    filters: Annotated[Filters, Parameter(name="*")] = USUAL,
) -> None:
    """Any folder of music, or a published data set, as clean captioned tar shards to train on.

    Files that cannot be read, copies, near copies, silence and clipping are left out and listed in review.csv and
    review.html; captions and labels come from .txt and .json beside the files and from the tables of published data
    sets. Run again, it goes on where it stopped, and listens to new and changed files alone.

    Parameters
    ----------
    folder:
        The music: any folder, a corpus of songloom, or MusicCaps, LP-MusicCaps, Song Describer, MTG-Jamendo, FMA, MTAT,
        AudioCaps, Clotho, MUSDB or Slakh as they are published.
    out:
        The folder of the shards; it can be given to train as --data.
    sample_rate:
        Keep the sound at this rate in Hz; without it at each file's own. Shards at a model's rate and channels are
        trained on as they are, without a cache beside them.
    channels:
        1 or 2; without it each file's own.
    keep_near:
        Keep near copies (other encodings, cuts) too, on one side of the split.
    shard_mb:
        Samples that go into one shard, in MiB of 16 bits; as FLAC about half of it.
    players:
        Clips that can be heard in review.html.
    jobs:
        Processes that listen and write: 1, unless told; 0 is one for every processor. With --ray, tasks at a time.
    ray:
        The address of a Ray cluster that works instead, or "local" to start one here; see docs/scale.md.
    """
    from songloom.app.review import write_review
    from songloom.data.prepare import pipeline
    from songloom.data.prepare.tar_shards import Sound

    if shard_mb <= 0:
        raise ValueError(f"--shard-mb is {shard_mb:g}, but must be above 0")
    steps = {"listening": 0.0, "writing": 0.8}
    with bar("preparing") as report:
        made = pipeline.prepare(
            folder,
            out,
            filters=filters,
            sound=Sound(sample_rate, channels),
            keep_near=keep_near,
            shard_bytes=int(shard_mb * 2**20),
            workers=Workers.of(jobs, ray),
            report=lambda step, done, total: report(steps[step] + (0.8 if step == "listening" else 0.2) * done / total),
        )
    pages = write_review(folder, out, made, players=players)
    for line in made.notes[:NOTES_SHOWN]:
        print(line, file=sys.stderr)
    if len(made.notes) > NOTES_SHOWN:
        print(f"and {len(made.notes) - NOTES_SHOWN} more lines in {pages[-1]}", file=sys.stderr)
    for line in summary(made):
        print(line)
    print(f"{out}: {len(made.shards)} shards; what became of each file: {pages[-1]}")


def summary(made: Prepared) -> list[str]:
    """What was kept, what not and why, in a few lines."""
    kept = [one for one in made.verdicts if one.kept and one.facts]
    hours = sum(one.facts.seconds for one in kept if one.facts) / 3600
    files, every = ({one.entry.file for one in those} for those in (kept, made.verdicts))
    cut = f" in {len(kept)} clips" if len(kept) > len(files) else ""
    splits = Counter(one.split for one in kept)
    lines = [
        f"kept    {len(files)} of {len(every)} files, {hours:.2f} hours{cut}",
        "splits  " + ", ".join(f"{name} {splits[name]}" for name in ("train", "valid", "test") if splits[name]),
    ]
    out = Counter(kind(one.reason, one.facts is None) for one in made.verdicts if not one.kept)
    return [*lines, *(f"left    {count} {name}" for name, count in out.most_common())]


def kind(reason: str, unreadable: bool) -> str:
    """A reason without its figures."""
    if unreadable:
        return "cannot be read, or too long"
    for word in ("the same samples", "nearly the same music", "shorter", "longer", "silent", "quieter", "clipped"):
        if word in reason:
            return word
    return reason


def verify(shards: Path, /) -> None:
    """Whether the bytes of tar shards are still those that were written.

    Parameters
    ----------
    shards:
        A folder that songloom data prepare made.
    """
    from songloom.data.prepare.tar_shards import damaged, is_prepared

    if not is_prepared(shards):
        raise ValueError(f"{shards} holds no finished tar shards; see: songloom data prepare --help")
    found = list(damaged(shards))
    if found:
        raise ValueError(f"{shards}: {'; '.join(found)}")
    print(f"{shards}: whole")
