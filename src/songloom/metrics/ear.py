"""The ear: a small network that tells style, mood, families of instruments and drums of band music.

It judges what a generator made against what was asked, and its embedding is the space of the Fréchet
distance. It knows only the built-in band's world, so its own accuracy on held-out band clips must stand
beside every figure that it gives. Traits of windows of ten seconds go through two layers; what it says of a
clip is the mean over its windows. Mood alone is judged of the clip as a whole, against the style that is heard.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from songloom.audio.resample import resample
from songloom.band.moods import MOODS
from songloom.band.sounds import FAMILIES
from songloom.metrics.mood_clues import clues
from songloom.metrics.mood_sense import MoodSense
from songloom.metrics.traits import TRAITS, traits
from songloom.metrics.views import SAMPLE_RATE, View, view

WINDOW_FRAMES = 312  # 10 s
HIDDEN, WIDTH = 384, 64


@dataclass(frozen=True, slots=True)
class Heard:
    """What the ear says of one clip: the likeliest style, mood and quarter of moods, each family's and the drums'
    probability, and the embedding [N, E] of its windows."""

    style: str
    mood: str
    quarter: str
    families: dict[str, float]
    drums: float
    embedding: Tensor

    def present(self) -> set[str]:
        """The families that are more likely there than not."""
        return {name for name, chance in self.families.items() if chance > 0.5}


class Answers(NamedTuple):
    """Logits of windows: styles [B, S], moods [B, M], families [B, 15], drums [B, 1]. That of moods only shapes the
    embedding: what is said of a clip comes from its `MoodSense`."""

    style: Tensor
    mood: Tensor
    families: Tensor
    drums: Tensor


class Ear(nn.Module):
    """Views of B clips -> embedding [B, E] and answers."""

    def __init__(self, styles: Sequence[str], moods: Sequence[str]) -> None:
        super().__init__()
        self.styles, self.moods = tuple(styles), tuple(moods)
        self.register_buffer("centre", torch.zeros(TRAITS))
        self.register_buffer("deviation", torch.ones(TRAITS))
        self.embed = nn.Sequential(
            nn.Dropout(0.2),
            nn.Linear(TRAITS, HIDDEN),
            nn.GELU(),
            nn.Dropout(0.4),
            nn.Linear(HIDDEN, WIDTH),
            nn.LayerNorm(WIDTH, elementwise_affine=False),
        )
        sizes = (len(self.styles), len(self.moods), len(FAMILIES), 1)
        self.heads = nn.ModuleList(nn.Linear(WIDTH, size) for size in sizes)
        self.sense = MoodSense(self.styles, self.moods)

    def settle(self, rows: Tensor) -> None:
        """Takes the scale of each trait from examples [N, P]."""
        self.get_buffer("centre").copy_(rows.mean(0))
        self.get_buffer("deviation").copy_(rows.std(0).clamp_min(1e-3))

    def embedding(self, rows: Tensor) -> Tensor:
        """Traits [B, P] -> [B, E]."""
        standard = (rows - self.get_buffer("centre")) / self.get_buffer("deviation")
        embedded: Tensor = self.embed(standard.clamp(-5, 5))
        return embedded

    def forward(self, rows: Tensor) -> Answers:
        """Traits [B, P] -> logits."""
        return self.answers(self.embedding(rows))

    def answers(self, embedding: Tensor) -> Answers:
        """Embeddings [B, E] -> logits."""
        hidden = functional.gelu(embedding)
        return Answers(*(head(hidden) for head in self.heads))

    @torch.inference_mode()
    def listen(self, wave: Tensor, sample_rate: int) -> Heard:
        """What a wave [C, T] is: the mean of the logits of its windows, half overlapping."""
        mono = resample(wave.detach().float().mean(0), sample_rate, SAMPLE_RATE)
        return self.judge(view(mono[None]))

    @torch.inference_mode()
    def judge(self, seen: View) -> Heard:
        """What one clip's view [1, ...] is."""
        rows = traits(windows(seen))
        embedding = self.embedding(rows)
        style, _, families, drums = (logits.mean(0) for logits in self.answers(embedding))
        mood = self.sense(clues(seen, rows), style.softmax(0)[None])[0]
        return Heard(
            self.styles[int(style.argmax())],
            self.moods[int(mood.argmax())],
            self._quarter(mood.softmax(0)),
            dict(zip(FAMILIES, families.sigmoid().tolist(), strict=True)),
            float(drums.sigmoid()),
            embedding,
        )

    def _quarter(self, chances: Tensor) -> str:
        """The quarter whose moods' chances [moods] sum to the most."""
        total: dict[str, float] = {}
        for mood, chance in zip(self.moods, chances.tolist(), strict=True):
            total[quarter(mood)] = total.get(quarter(mood), 0.0) + chance
        return max(total, key=lambda name: total[name])

    def save(self, path: Path) -> None:
        """Writes weights and names as one safetensors file."""
        names = {"styles": json.dumps(self.styles), "moods": json.dumps(self.moods)}
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.tmp")
        save_file({name: value.contiguous() for name, value in self.state_dict().items()}, beside, metadata=names)
        beside.replace(path)

    @classmethod
    def load(cls, path: Path) -> Ear:
        """Reads what `save` wrote, in eval mode. Raises ValueError when the file is no ear."""
        with safe_open(path, "pt") as file:
            names = file.metadata() or {}
            if not {"styles", "moods"} <= names.keys():
                raise ValueError(f"{path} is no ear: it does not name styles and moods")
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        ear = cls(json.loads(names["styles"]), json.loads(names["moods"]))
        if state.keys() != ear.state_dict().keys():
            raise ValueError(f"{path} is an ear of another version: train it anew")
        ear.load_state_dict(state)
        return ear.eval()


def quarter(mood: str) -> str:
    """The quarter of the plane of moods (Russell 1980) that a mood lies in: "light" or "dark", "strong" or "soft"."""
    known = MOODS.get(mood)
    if known is None:
        return mood
    return f"{'light' if known.light > 0 else 'dark'} {'strong' if known.intensity >= 0.5 else 'soft'}"


def windows(seen: View) -> View:
    """View of one clip [1, ...] -> its windows [N, ...]: half overlapping, the last one at the end; a short clip
    is one window as it is."""
    spare = seen.frames - WINDOW_FRAMES
    if spare <= 0:
        return seen
    steps = -(-spare // (WINDOW_FRAMES // 2))
    starts = [round(spare * step / steps) // 2 * 2 for step in range(steps + 1)]
    crops = [seen.crop(start, WINDOW_FRAMES) for start in starts]
    return View(torch.cat([crop.timbre for crop in crops]), torch.cat([crop.harmony for crop in crops]))
