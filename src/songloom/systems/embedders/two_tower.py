"""Two towers, one for music and one for text, whose vectors meet in one space.

CLIP's arrangement (Radford et al. 2021, arXiv 2103.00020): each tower's vector goes through a projection to length 1;
a learned scale turns products into logits of which text is which music's. What papers change stands in their own files.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.layers.mel import MelScale
from songloom.objectives.contrastive import Objective, contrast_losses, in_chunks, scale_of
from songloom.systems.embedders.audio_towers import AudioTower, PatchTower
from songloom.systems.embedders.text_towers import BertTower, TextTower
from songloom.systems.embedders.wordings import worded
from songloom.systems.roles import Embedder

SETTLING = 1000
"""Windows of music, and as many texts, from which the scale of their vectors is taken."""


@dataclass(frozen=True, kw_only=True)
class TwoTowerSettings(Settings):
    """The towers; the `width` E of the space; `hidden` widths of the projections of audio and text (0: linear), with
    `dropout` before their last layer. The `objective` begins at `temperature` (the published sigmoid at 0.1, with a
    `bias` of -10). A batch goes through the towers in chunks of `chunk` (0: whole); of a part `worded` of the items the
    text is words for their labels."""

    audio: Settings = field(default_factory=PatchTower.Config)
    text: Settings = field(default_factory=BertTower.Config)
    width: int = 512
    hidden: tuple[int, int] = (0, 0)
    dropout: float = 0.0
    objective: Objective = "softmax"
    temperature: float = 0.07
    bias: float = -10.0
    chunk: int = 0
    worded: float = 0.0


class TwoTower(Embedder):
    """Waves and texts -> points of one space."""

    config: TwoTowerSettings

    def __init__(self, config: TwoTowerSettings) -> None:
        super().__init__()
        self.config = config
        self.audio: AudioTower = config.audio.build()
        self.text: TextTower = config.text.build()
        self.audio_out = projection(self.audio.width, config.hidden[0], config.width, config.dropout)
        self.text_out = projection(self.text.width, config.hidden[1], config.width, config.dropout)
        self.steepness = nn.Parameter(torch.tensor(-math.log(config.temperature)))
        self.bias = nn.Parameter(torch.tensor(config.bias)) if config.objective == "sigmoid" else None

    @property
    def sample_rate(self) -> int:
        return self.audio.config.mel.sample_rate

    @property
    def channels(self) -> int:
        return 1

    @property
    def width(self) -> int:
        return self.config.width

    @property
    def window_seconds(self) -> float:
        return self.audio.config.seconds

    @property
    def sharpness(self) -> float:
        return float(scale_of(self.steepness.detach()))

    def prepare(self, batches: Iterable[Batch]) -> None:
        """The scale of the bands and of the texts."""
        texts: list[str] = []
        seen: list[Tensor] = []
        for batch in batches:
            texts += batch.texts
            seen.append(self.seen(batch))
            if len(texts) >= SETTLING:
                break
        self.audio.settle(torch.cat(seen))
        self.text.settle(texts)

    @property
    def mel_scale(self) -> MelScale:
        """The scale of the log-mel frames that it sees music in."""
        return self.audio.config.mel

    def seen(self, batch: Batch) -> Tensor:
        """Log-mel [B, M, F] of a batch: its latents, else of its waves. Raises ValueError when it has neither."""
        if batch.latents is not None:
            floor = math.log(self.mel_scale.floor)
            return batch.latents.masked_fill(~batch.mask[:, None], floor)
        if batch.wave is None:
            raise ValueError("an embedder learns from log-mel frames or waves; this batch has neither")
        return self.audio.log_mel(batch.wave[:, 0])

    def hear(self, mel: Tensor) -> Tensor:
        """Log-mel [B, M, F] -> [B, E] of length 1."""
        return functional.normalize(self.audio_out(self.audio(mel)).float(), dim=-1)

    def read(self, texts: Sequence[str]) -> Tensor:
        """B strings -> [B, E] of length 1."""
        return functional.normalize(self.text_out(self.text(texts)).float(), dim=-1)

    @torch.no_grad()
    def embed_window(self, wave: Tensor) -> Tensor:
        return self.hear(self.audio.log_mel(wave[:, 0]))

    @torch.no_grad()
    def embed_text(self, texts: Sequence[str]) -> Tensor:
        return self.read(texts)

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        texts, matches = worded(batch, self.config.worded)
        heard = in_chunks(self.hear, self.seen(batch), self.config.chunk)
        return self.contrast(heard, in_chunks(self.read, texts, self.config.chunk), matches)

    def contrast(self, heard: Tensor, read: Tensor, matches: Tensor) -> dict[str, Tensor]:
        """The objective over audio [B, E] and texts [B, E]; reported: the scale of the logits, and the part of the
        pieces whose likeliest text holds."""
        return contrast_losses(heard, read, matches, self.steepness, objective=self.config.objective, bias=self.bias)


def projection(inputs: int, hidden: int, outputs: int, dropout: float) -> nn.Module:
    """Linear, or linear, GELU, dropout and linear: [B, inputs] -> [B, outputs]."""
    if not hidden:
        return nn.Linear(inputs, outputs)
    return nn.Sequential(nn.Linear(inputs, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, outputs))
