"""The ear of a corpus: trained once on its training split, kept with a note of how well it hears the other splits."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from rich.progress import Progress

from songloom.data import manifest
from songloom.metrics.ear import Ear
from songloom.metrics.ear_data import corpus_key, see_clips
from songloom.metrics.ear_training import Schooling, accuracy, train_ear


def an_ear(
    given: Path | None, folder: Path, kept: Path, steps: int, jobs: int, bars: Progress
) -> tuple[Path, dict[str, Any]]:
    """The ear's file, and how well it hears the corpus' own held-out splits."""
    if given is not None:
        Ear.load(given)
        note = given.with_suffix(".json")
        return given, json.loads(note.read_text(encoding="utf-8")) if note.is_file() else {"file": str(given)}
    clips = manifest.read(folder)
    plan = Schooling(steps=steps)
    path = kept / f"ear-{corpus_key(clips)}-{plan.key()}.safetensors"
    note = path.with_suffix(".json")
    if path.is_file() and note.is_file():
        return path, json.loads(note.read_text(encoding="utf-8"))
    looking = bars.add_task("looking at the corpus", total=len(clips))
    seen = see_clips(
        folder, clips, kept, jobs=jobs, progress=lambda done, total: bars.update(looking, completed=done, total=total)
    )
    training = [one for one, clip in zip(seen, clips, strict=True) if clip.split == "train"]
    others = [one for one, clip in zip(seen, clips, strict=True) if clip.split != "train"]
    bar = bars.add_task("training the ear", total=steps)
    began = time.time()
    ear = train_ear(training, plan, progress=lambda step, _: bars.update(bar, completed=step + 1))
    ear.save(path)
    hearing = {
        "trained_on": len(training),
        "seconds": round(time.time() - began, 1),
        "held_out": len(others),
        **{name: str(value) for name, value in accuracy(ear, others).items()},
    }
    manifest.write_atomically(note, json.dumps(hearing, indent=1) + "\n")
    return path, hearing
