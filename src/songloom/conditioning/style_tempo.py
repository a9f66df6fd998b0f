"""A tempo for prompts that name none: drawn from the range of the nearest style by meaning, where its mood has it."""

from __future__ import annotations

import random
import re
from functools import lru_cache

import torch
from torch import Tensor

from songloom.band.moods import MOODS, PACE_DEVIATION
from songloom.conditioning.text import minilm

RANGES: dict[str, tuple[int, int]] = {
    "solo piano": (46, 132),
    "solo guitar": (60, 130),
    "solo harp": (56, 112),
    "solo flute": (60, 132),
    "solo cello": (44, 108),
    "solo violin": (56, 140),
    "music box": (66, 120),
    "church organ": (44, 104),
    "string quartet": (56, 144),
    "orchestra": (52, 140),
    "cinematic": (54, 150),
    "waltz": (84, 190),
    "baroque": (66, 132),
    "march": (96, 126),
    "jazz trio": (66, 220),
    "big band": (96, 216),
    "bossa nova": (96, 152),
    "salsa": (84, 112),
    "blues": (60, 138),
    "funk": (88, 122),
    "soul": (62, 118),
    "gospel": (60, 132),
    "disco": (110, 128),
    "reggae": (64, 92),
    "rock": (92, 168),
    "punk": (150, 200),
    "metal": (96, 190),
    "pop": (84, 132),
    "ballad": (50, 84),
    "indie": (92, 150),
    "folk": (72, 140),
    "celtic": (84, 128),
    "country": (84, 184),
    "bluegrass": (104, 168),
    "world": (70, 126),
    "new age": (46, 92),
    "house": (118, 128),
    "techno": (124, 142),
    "trance": (130, 142),
    "drum and bass": (168, 178),
    "dubstep": (138, 144),
    "ambient": (40, 90),
    "downtempo": (78, 108),
    "trap": (128, 160),
    "hip hop": (82, 102),
    "lo-fi hip hop": (66, 90),
    "synthwave": (80, 118),
    "chiptune": (112, 180),
    "electro": (110, 132),
}
"""Styles and the tempi at which they are played, in beats per minute: the ranges of the built-in band."""

SLOW, FAST = 84.0, 122.0
_SLOW_WORDS = re.compile(
    r"\b(?:slow\w*|unhurried|low-tempo|lento|largo|adagio|sluggish|relaxed|leisurely|lullaby)\b", re.IGNORECASE
)
_FAST_WORDS = re.compile(
    r"\b(?:fast\w*|quick\w*|up-?tempo|rapid\w*|presto|allegro|vivace|speedy|frantic|racing|high-speed)\b", re.IGNORECASE
)
_TOKENS = 64


def style_of(prompt: str) -> str:
    """The style of RANGES that `prompt` names, the longest one, else the one nearest in MiniLM's space."""
    low = f" {re.sub(r'[^a-z0-9-]+', ' ', prompt.lower())} "
    named = [name for name in RANGES if f" {name} " in low]
    if named:
        return max(named, key=len)
    similar = _style_vectors() @ minilm().embed([prompt], _TOKENS).pooled[0]
    return list(RANGES)[int(similar.argmax())]


@lru_cache(maxsize=1)
def _style_vectors() -> Tensor:
    """[styles, 384], of length 1."""
    return torch.cat([minilm().embed([f"{name} music"], _TOKENS).pooled for name in RANGES])


def draw_tempo(prompt: str, seed: int, style: str | None = None, mood: str | None = None) -> float:
    """A whole number of beats per minute that suits `prompt`: in the range of its style (`style` where it is known,
    else `style_of`), towards the slow or fast end when it says so, else about where its `mood` has its pace. The same
    for the same seed."""
    span = RANGES[style if style in RANGES else style_of(prompt)] if prompt.strip() else (70, 130)
    low, high = map(float, span)
    middle = (low + high) / 2
    if _SLOW_WORDS.search(prompt):
        high = max(low, min(SLOW, middle))
        middle = (low + high) / 2
    elif _FAST_WORDS.search(prompt):
        low = min(high, max(FAST, middle))
        middle = (low + high) / 2
    elif mood in MOODS:
        middle, stray = low + MOODS[mood].pace * (high - low), 2 * PACE_DEVIATION * (high - low)
        low, high = max(low, middle - stray), min(high, middle + stray)
    return float(round(random.Random(seed).triangular(low, high, middle)))
