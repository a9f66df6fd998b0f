"""The ear of a corpus: trained once on its training split, kept with a note of how well it hears the other splits.

It also hears clips through a model's codec, as all that the model makes comes through it: an ear that knew clean
renders alone would take the codec's smear for cymbals.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from rich.progress import Progress
from torch import Tensor

from songloom.audio import files
from songloom.audio.resample import resample
from songloom.checkpoint import model_hash
from songloom.data import manifest
from songloom.data.manifest import Clip
from songloom.inference import song
from songloom.metrics.ear import WINDOW_FRAMES, Ear
from songloom.metrics.ear_data import corpus_key, see_clips
from songloom.metrics.ear_training import Schooling, Seen, accuracy, train_ear
from songloom.metrics.views import FRAME_RATE, SAMPLE_RATE
from songloom.systems import registry
from songloom.systems.roles import Codec

_STREAMS = (1.0, 1.0, 1.0, 0.5, 2.0)  # of those that the model writes: one is drawn for a clip


@dataclass(frozen=True)
class Lesson:
    """What an ear learns from: `corpus`, of which `copies` clips are also heard through the codec of `model`."""

    corpus: Path
    steps: int
    model: str
    copies: int


@dataclass(frozen=True)
class Copied:
    """Reads a window of a clip, at a place drawn for it, through the codec of `model`."""

    model: str

    def __call__(self, path: Path) -> Tensor:
        """The copy [1, T]."""
        codec, usual = _codec(self.model)
        draw, seconds = random.Random(path.name), (WINDOW_FRAMES + 8) / FRAME_RATE
        wave, rate = files.read(path, channels=codec.channels)
        length = round(seconds * rate)
        first = draw.randrange(max(1, wave.shape[-1] - length))
        heard = resample(wave[:, first : first + length], rate, codec.sample_rate)
        streams = min(codec.streams, max(1, round(usual * draw.choice(_STREAMS))))
        with torch.inference_mode():
            copy = codec.detokenize(codec.tokenize(heard[None], streams=streams), length=heard.shape[-1])[0]
        return resample(copy.clamp(-1, 1).mean(0, keepdim=True), codec.sample_rate, SAMPLE_RATE)


@lru_cache
def _codec(model: str) -> tuple[Codec, int]:
    """The codec of a model and how many of its streams the model writes."""
    system: Any = song.open_model(model).system
    return system.codec, getattr(system.config, "streams", None) or system.codec.streams


def an_ear(given: Path | None, lesson: Lesson, kept: Path, jobs: int, bars: Progress) -> tuple[Path, dict[str, Any]]:
    """The ear's file, and how well it hears the corpus' own held-out splits."""
    if given is not None:
        Ear.load(given)
        note = given.with_suffix(".json")
        return given, json.loads(note.read_text(encoding="utf-8")) if note.is_file() else {"file": str(given)}
    clips = manifest.read(lesson.corpus)
    plan = Schooling(steps=lesson.steps)
    copied = f"copies {lesson.copies} {model_hash(registry.locate(lesson.model))}" if lesson.copies else ""
    path = kept / f"ear-{corpus_key(clips, copied)}-{plan.key()}.safetensors"
    note = path.with_suffix(".json")
    if path.is_file() and note.is_file():
        return path, json.loads(note.read_text(encoding="utf-8"))
    seen = _see(lesson, clips, kept, jobs, bars)
    training = [one for one, clip in zip(seen, clips, strict=True) if clip.split == "train"]
    others = {"": [one for one, clip in zip(seen, clips, strict=True) if clip.split != "train"]}
    if lesson.copies:
        taught = [clip for clip in clips if clip.split == "train"][: lesson.copies]
        asked = [clip for clip in clips if clip.split != "train"]
        training += _see(lesson, taught, kept, jobs, bars, copied=True)
        others[" of copies"] = _see(lesson, asked, kept, jobs, bars, copied=True)
    bar = bars.add_task("training the ear", total=lesson.steps)
    began = time.time()
    ear = train_ear(training, plan, progress=lambda step, _: bars.update(bar, completed=step + 1))
    ear.save(path)
    hearing = {
        "trained_on": len(training),
        "seconds": round(time.time() - began, 1),
        "held_out": len(others[""]),
        **{
            f"{name}{which}": str(value)
            for which, them in others.items()
            for name, value in accuracy(ear, them).items()
        },
    }
    manifest.write_atomically(note, json.dumps(hearing, indent=1) + "\n")
    return path, hearing


def _see(
    lesson: Lesson, clips: Sequence[Clip], kept: Path, jobs: int, bars: Progress, *, copied: bool = False
) -> list[Seen]:
    """The clips' views, or those of their copies."""
    bar = bars.add_task("looking at copies" if copied else "looking at the corpus", total=len(clips))
    reading: dict[str, Any] = {}
    if copied:
        reading = {"read": Copied(lesson.model), "altered": f"copied {model_hash(registry.locate(lesson.model))}"}
    return see_clips(
        lesson.corpus, clips, kept, jobs=jobs,
        progress=lambda done, total: bars.update(bar, completed=done, total=total), **reading,
    )  # fmt: skip
