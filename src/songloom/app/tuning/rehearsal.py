"""What a fine-tuning would take, found on a few pieces of the folder: time, memory, captions; nothing stays behind."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from songloom.app.tuning import music
from songloom.audio import files
from songloom.conditioning.language import is_foreign
from songloom.data.prepare.layouts import Entry, entries
from songloom.inference.embedding import open_space
from songloom.training import measure
from songloom.training.distributed import Processes
from songloom.training.measure import Estimate
from songloom.training.session import Plan
from songloom.training.trainer import Precision

FEW = 4


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The estimate for the whole folder; how many captions come from where, and how many pieces have none in English;
    how many files cannot be read."""

    estimate: Estimate
    sources: Counter[str]
    uncaptioned: int
    unreadable: int


def rehearse(
    plan: Plan,
    folder: Path,
    *,
    embedder: str | None,
    processes: Processes,
    precision: Precision | None,
    room: int | None,
) -> Rehearsal:
    """Listens to a few pieces and takes a few steps with them. Raises ValueError for a folder without music."""
    found = entries(folder)[0]
    length = {entry.file: seconds for entry in found if (seconds := _seconds(folder / entry.file)) is not None}
    if not length:
        raise ValueError(f"{folder}: none of {len(found)} files can be read")
    readable = [entry for entry in found if entry.file in length]
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        began = time.perf_counter()
        heard = music.captioned(music.heard(folder, few(readable), home), home, partial(open_space, embedder))
        heard.write(home)
        listening = (time.perf_counter() - began) / heard.seconds
        estimate = measure.estimate(plan, home, processes=processes, precision=precision, room=room)
    whole = sum(length.values())
    preparing = estimate.preparing_seconds / (3600 * estimate.hours) + listening
    return Rehearsal(
        replace(estimate, clips=len(readable), hours=whole / 3600, preparing_seconds=preparing * whole),
        Counter(caption.source for entry in readable for caption in entry.captions),
        sum(all(is_foreign(caption.text) for caption in entry.captions) for entry in readable),
        len(found) - len(readable),
    )


def _seconds(path: Path) -> float | None:
    """A file's length by its header; None for one that cannot be read."""
    try:
        return files.info(path).seconds or None
    except ValueError:
        return None


def few(readable: Sequence[Entry]) -> list[Entry]:
    """Some pieces, evenly taken."""
    return list(readable[:: max(1, len(readable) // FEW)][:FEW])
