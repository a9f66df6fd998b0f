"""CLAP as fadtk asks it (Gui et al. 2024, arXiv 2311.01616): the spaces of FAD-CLAP.

Windows begin at every second of the clip, the last ones too, so that much of them is silence.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.sinc_resample import KAISER_BEST, sinc_resample
from songloom.metrics.embeddings import Facts, Network, batched, channelled, checked
from songloom.metrics.networks.levels import cut_bits, sixteen_bits
from songloom.systems.embedders.clap import Clap
from songloom.systems.embedders.laion_clap import LaionClap
from songloom.systems.embedders.microsoft_clap import MicrosoftClap

ROUNDED = "rounded to float16"


class _FadtkClap(Network):
    """What both have: windows of the embedder's length every second."""

    def __init__(self, embedder: Clap, name: str, checkpoint: str, *steps: str) -> None:
        self.facts = Facts(
            name=name,
            checkpoint=checkpoint,
            sample_rate=embedder.sample_rate,
            channels=1,
            resampler=KAISER_BEST.name,
            window_seconds=embedder.window_seconds,
            hop_seconds=1.0,
            width=embedder.width,
            steps=(
                "mean of the channels, resampled, 16 bits",
                "windows from every second of the clip, filled up with silence",
                *steps,
                ROUNDED,
            ),
        )
        self.window = embedder.window

    def prepare(self, wave: Tensor, sample_rate: int) -> Tensor:
        """[C, T] -> [1, T'] at the embedder's rate."""
        mono = channelled(checked(wave), 1)
        return sixteen_bits(sinc_resample(mono, sample_rate, self.sample_rate, KAISER_BEST))

    def windows(self, wave: Tensor) -> Tensor:
        """[1, T] -> [N, 1, window], N = T seconds rounded up."""
        count = -(-wave.shape[1] // self.sample_rate)
        length = (count - 1) * self.sample_rate + self.window
        filled = functional.pad(wave, (0, length - wave.shape[1])) if length > wave.shape[1] else wave
        return filled[:, :length].unfold(-1, self.window, self.sample_rate).transpose(0, 1)


class FadtkLaionClap(_FadtkClap):
    """LAION's CLAP without fusion: `clap-laion-audio` and `clap-laion-music`."""

    def __init__(self, embedder: LaionClap, checkpoint: str, *, content: str) -> None:
        if embedder.config.audio.fused:
            raise ValueError(f"{checkpoint} has feature fusion; clap-laion-{content}-fadtk is without")
        self.embedder = embedder
        super().__init__(embedder, f"clap-laion-{content}-fadtk", checkpoint, "16 bits again, cut off; no fusion")

    @torch.inference_mode()
    def embed(self, wave: Tensor) -> Tensor:
        """[1, T] -> [N, E], of length 1."""
        return batched(self.embedder, self.embedder.embed_window, self.windows(cut_bits(wave))).half().float()


class FadtkMicrosoftClap(_FadtkClap):
    """Microsoft's CLAP of 2023: `clap-2023`."""

    def __init__(self, embedder: MicrosoftClap, checkpoint: str) -> None:
        self.embedder = embedder
        super().__init__(embedder, "clap-2023-fadtk", checkpoint, "embedding not set to length 1")

    @torch.inference_mode()
    def embed(self, wave: Tensor) -> Tensor:
        """[1, T] -> [N, E], of any length."""
        return batched(self.embedder, self._projected, self.windows(wave)).half().float()

    def _projected(self, windows: Tensor) -> Tensor:
        return self.embedder.project_audio(self.embedder.audio.embedding(self.embedder.frames(windows[:, 0])))
