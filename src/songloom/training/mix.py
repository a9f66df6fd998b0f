"""How a generator's own music is mixed beside that of its corpus, in half-octave bands: what it lacks on average is a
setting of the model (`mix`), and its tone control adds it (`audio/tone.py`)."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from songloom.audio import files
from songloom.audio.bands import BANDS, colour
from songloom.audio.tone import LARGEST
from songloom.data.manifest import Clip
from songloom.systems.request import Request
from songloom.systems.roles import Generator

SECONDS = 20.0
"""Of a clip and of what is made for it, at most."""


@torch.no_grad()
def lacking(
    system: Generator, folder: Path, clips: Sequence[Clip], progress: Callable[[int, int], None] | None = None
) -> tuple[float, ...]:
    """Decibels [BANDS] by which bands of clips in `folder` are louder than those of what a model without a mix makes by
    one of each clip's captions, on average, in tenths and at most `LARGEST`. Raises ValueError when no clip has a
    caption."""
    told = [clip for clip in clips if any(caption.text.strip() for caption in clip.captions)]
    if not told:
        raise ValueError("a mix is compared by captions; these clips have none")
    rate, total = system.sample_rate, torch.zeros(BANDS, dtype=torch.float64)
    for number, clip in enumerate(told):
        rng = random.Random(f"mix {clip.id}")
        words = rng.choice([caption.text for caption in clip.captions if caption.text.strip()])
        seconds = min(clip.seconds, SECONDS, system.longest_seconds)
        own, _ = files.read(folder / clip.audio, sample_rate=rate, channels=system.channels, seconds=seconds)
        made = system.generate(Request(prompt=words, seconds=seconds, seed=number))[0]
        total += colour(own, rate) - colour(made.cpu(), rate)
        if progress:
            progress(number + 1, len(told))
    return tuple(round(gain, 1) for gain in (total / len(told)).clamp(-LARGEST, LARGEST).tolist())
