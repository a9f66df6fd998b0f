"""PaSST as two tools ask it: the class chances of KL_passt in stable-audio-metrics and in audiocraft.

The first takes one distribution for a clip, of overlapping windows; the second one for each piece of it, and pairs the
pieces of two clips. They also look at the divergence from opposite sides (`metrics.class_chances`).
"""

from __future__ import annotations

import math
from abc import abstractmethod

import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.resample import resample
from songloom.audio.sinc_resample import JULIUS, sinc_resample
from songloom.layers.cnn14 import Heard
from songloom.layers.passt import HOP, SAMPLE_RATE, STRIDE, Passt
from songloom.metrics.embeddings import SOXR, Facts, channelled, checked
from songloom.metrics.networks.levels import peaked
from songloom.metrics.networks.one_pass import OnePass


class _PasstNetwork(OnePass):
    """What both have: pieces of a clip, which may be of several lengths, one after the other through the network."""

    network: Passt

    @abstractmethod
    def pieces(self, wave: Tensor) -> list[Tensor]:
        """[1, T] -> waves [1, t] that the network hears."""

    def listen(self, wave: Tensor) -> Heard:
        """[1, T] -> for each piece the mean of both tokens [N, E], and logits [N, classes]."""
        device = self.network.tokens.device
        embeddings, logits = zip(*(self.network(piece.to(device)) for piece in self.pieces(wave)), strict=True)
        return Heard(torch.cat(embeddings), torch.cat(logits))


class StableAudioPasst(_PasstNetwork):
    """stable-audio-metrics: 10 s every 5 s, logits averaged over the windows, then softmax."""

    WINDOW, STEP = 10 * SAMPLE_RATE, 5 * SAMPLE_RATE
    LEAST = WINDOW * 3 // 20
    """Shorter windows are not filled up with silence: they would be heard as silence."""

    def __init__(self, network: Passt, checkpoint: str) -> None:
        self.network = network
        self.facts = Facts(
            name="passt-stable-audio",
            checkpoint=checkpoint,
            sample_rate=SAMPLE_RATE,
            channels=1,
            resampler=SOXR,
            window_seconds=self.WINDOW / SAMPLE_RATE,
            hop_seconds=self.STEP / SAMPLE_RATE,
            width=network.width,
            classes=network.classify.out_features,
            steps=(
                "mean of the channels, resampled, peak at -1 dB",
                "the last window filled up with silence if it is over 1.5 s",
                "chances: softmax of the windows' mean logits, one row for a clip",
            ),
        )

    def prepare(self, wave: Tensor, sample_rate: int) -> Tensor:
        """[C, T] -> [1, T'] at 32 kHz."""
        return peaked(resample(channelled(checked(wave), 1), sample_rate, SAMPLE_RATE))

    def pieces(self, wave: Tensor) -> list[Tensor]:
        """Windows that begin every 5 s, as long as 5 s or more are left, the first in any case."""
        length = wave.shape[1]
        starts = range(0, max(self.STEP, length - self.STEP), self.STEP)
        cut = [wave[:, start : start + self.WINDOW] for start in starts]
        return [
            functional.pad(window, (0, self.WINDOW - window.shape[1])) if window.shape[1] > self.LEAST else window
            for window in cut
        ]

    def probabilities(self, wave: Tensor) -> Tensor:
        """[1, T] -> [1, classes]."""
        return self.heard(wave).logits.mean(0, keepdim=True).softmax(-1)


class AudiocraftPasst(_PasstNetwork):
    """audiocraft's `PasstKLDivergenceMetric`: pieces as long as the network hears, the last one as it is."""

    LEAST = SAMPLE_RATE * 3 // 20
    """A rest of no more than 0.15 s is left out."""

    def __init__(self, network: Passt, checkpoint: str) -> None:
        self.network = network
        self.seconds = math.ceil(network.columns * STRIDE * HOP / SAMPLE_RATE)
        self.facts = Facts(
            name=f"passt-audiocraft-{self.seconds}s",
            checkpoint=checkpoint,
            sample_rate=SAMPLE_RATE,
            channels=1,
            resampler=JULIUS.name,
            window_seconds=self.seconds,
            hop_seconds=self.seconds,
            width=network.width,
            classes=network.classify.out_features,
            steps=(
                "mean of the channels, resampled",
                "the last piece is not filled up, and left out if it has 0.15 s or less",
                "chances: softmax, one row for a piece",
            ),
        )

    def prepare(self, wave: Tensor, sample_rate: int) -> Tensor:
        """[C, T] -> [1, T'] at 32 kHz. Raises ValueError for 0.15 s or less."""
        heard = sinc_resample(channelled(checked(wave), 1), sample_rate, SAMPLE_RATE, JULIUS)
        if heard.shape[1] <= self.LEAST:
            raise ValueError(f"{heard.shape[1] / SAMPLE_RATE:.2f} s of sound; {self.name} hears more than 0.15 s")
        return heard

    def pieces(self, wave: Tensor) -> list[Tensor]:
        """One after the other."""
        cut = torch.split(wave, self.seconds * SAMPLE_RATE, dim=1)
        return [piece for piece in cut if piece.shape[1] > self.LEAST]

    def probabilities(self, wave: Tensor) -> Tensor:
        """[1, T] -> [N, classes]."""
        return self.heard(wave).logits.softmax(-1)
