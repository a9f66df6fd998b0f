"""What the CLAP family has in common: a network for AudioSet hears, a transformer reads, a contrast joins them.

CLIP's arrangement (Radford et al. 2021, arXiv 2103.00020) for sound: vectors of length 1, whose products times a
learned scale are logits of which text is which music's.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.audio.filling import Filling, filled
from songloom.conditioning.keywords import keyword_caption, keywords_of
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.layers.cnn14 import Cnn14Shape
from songloom.layers.decibel_mel import DecibelMel, DecibelScale
from songloom.layers.htsat import HtsatShape
from songloom.objectives.contrastive import contrast_losses, in_chunks, scale_of
from songloom.systems.roles import Embedder


@dataclass(frozen=True, kw_only=True)
class ClapSettings(Settings):
    """`audio` hears windows of `seconds` at `sample_rate` as `mel`; `filling` is what happens to shorter music. `mel`
    may count its bands for another rate, as one published file does. `width` is that of the space, `temperature`
    where the contrast begins. A batch goes through the towers in chunks of `chunk` (0: whole); audio towers take
    their batch statistics from each chunk alone, as from each of several machines."""

    sample_rate: int
    seconds: float
    mel: DecibelScale
    audio: HtsatShape | Cnn14Shape = field(default_factory=HtsatShape)
    text: Settings
    width: int
    filling: Filling = "repeatpad"
    temperature: float = 0.07
    chunk: int = 0


class Clap(Embedder):
    """Waves of one channel and texts -> points of one space."""

    config: ClapSettings

    def __init__(self, config: ClapSettings) -> None:
        super().__init__()
        self.config = config
        self.mel = DecibelMel(config.mel)
        self.audio = config.audio.build()
        self.steepness = nn.Parameter(torch.tensor(-math.log(config.temperature)))

    @property
    def sample_rate(self) -> int:
        return self.config.sample_rate

    @property
    def channels(self) -> int:
        return 1

    @property
    def width(self) -> int:
        return self.config.width

    @property
    def window_seconds(self) -> float:
        return self.config.seconds

    @property
    def sharpness(self) -> float:
        return float(scale_of(self.steepness.detach()))

    @property
    def hearing(self) -> tuple[str, ...]:
        return (f"music shorter than a window: {self.config.filling}",)

    @property
    def window(self) -> int:
        """Samples of a window."""
        return round(self.config.seconds * self.config.sample_rate)

    def frames(self, wave: Tensor) -> Tensor:
        """Mono waves [B, T], T at most a window -> log-mel frames [B, M, F] of a whole window."""
        return self.mel(filled(wave, self.window, self.config.filling))

    @abstractmethod
    def hear(self, wave: Tensor) -> Tensor:
        """Mono waves [B, T] -> [B, E] of length 1, through which gradients flow."""

    @abstractmethod
    def read(self, texts: Sequence[str]) -> Tensor:
        """B strings -> [B, E] of length 1, through which gradients flow."""

    @torch.no_grad()
    def embed_window(self, wave: Tensor) -> Tensor:
        return self.hear(wave[:, 0]).float()

    @torch.no_grad()
    def embed_text(self, texts: Sequence[str]) -> Tensor:
        return self.read(texts).float()

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        """Clips without a text are read by a sentence of their tags."""
        heard = in_chunks(self.hear, self.played(batch), self.config.chunk)
        read = in_chunks(self.read, captions(batch), self.config.chunk)
        return contrast_losses(heard, read, None, self.steepness)

    def played(self, batch: Batch) -> Tensor:
        """The batch's mono waves [B, T]; of a clip that ends before its crop does, what there is fills the crop."""
        if batch.wave is None:
            raise ValueError("an embedder learns from waves; this batch has none")
        lengths = batch.mask.sum(1).clamp_min(1).tolist()
        rows = zip(batch.wave[:, 0], lengths, strict=True)
        return torch.stack([filled(row[:length], batch.wave.shape[2], self.config.filling) for row, length in rows])


def captions(batch: Batch) -> list[str]:
    """The texts of a batch; where there is none, one of the sentences that name the clip's tags, drawn by torch's
    global generator."""
    forms = torch.randint(2**16, (len(batch),)).tolist()
    pairs = zip(batch.texts, batch.labels, forms, strict=True)
    return [text or keyword_caption(keywords_of(labels), form) for text, labels, form in pairs]


class ReluProjection(nn.Module):
    """LAION's way into the space: linear, ReLU, linear."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.enter, self.leave = nn.Linear(inputs, outputs), nn.Linear(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.leave(functional.relu(self.enter(x)))


class ResidualProjection(nn.Module):
    """Microsoft's way into the space: norm(x' + linear(GELU(x'))) of x' = linear(x), with dropout in training."""

    def __init__(self, inputs: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.enter = nn.Linear(inputs, outputs, bias=False)
        self.leave = nn.Linear(outputs, outputs, bias=False)
        self.norm = nn.LayerNorm(outputs)
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        x = self.enter(x)
        return self.norm(x + functional.dropout(self.leave(functional.gelu(x)), self.dropout, self.training))
