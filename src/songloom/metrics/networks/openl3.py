"""OpenL3 as stable-audio-metrics asks it: the space of FD_openl3 (Evans et al. 2024, arXiv 2402.04825)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.resample import resample
from songloom.audio.sinc_resample import KAISER_BEST, sinc_resample
from songloom.layers.openl3 import SAMPLE_RATE, WINDOW, OpenL3
from songloom.metrics.embeddings import SOXR, Facts, Network, batched, channelled, checked, windows
from songloom.metrics.networks.levels import peaked

BANDWIDTH = 44_100
"""The rate through which every clip goes, so that systems of other rates are heard alike."""
HOP = WINDOW // 2


class StableAudioOpenL3(Network):
    """Windows of 1 s every 0.5 s, the first around the first sample. In stereo the embeddings of left and right stand
    side by side (1024 numbers), as in their program with batches; without, it hears the mean of both twice."""

    def __init__(self, network: OpenL3, checkpoint: str, *, content: str = "music", channels: int = 2) -> None:
        if channels not in (1, 2):
            raise ValueError(f"{channels} channels; FD_openl3 has 1 or 2")
        self.network = network
        self.facts = Facts(
            name=f"openl3-{content}" + ("" if channels == 2 else "-mono"),
            checkpoint=checkpoint,
            sample_rate=SAMPLE_RATE,
            channels=channels,
            resampler=f"{SOXR} to {BANDWIDTH} Hz, then {KAISER_BEST.name}",
            window_seconds=WINDOW / SAMPLE_RATE,
            hop_seconds=HOP / SAMPLE_RATE,
            width=network.width * channels,
            steps=(
                "peak of all channels at -1 dB, resampled",
                "half a second of silence before; the last window filled up with silence",
                "front end of openl3 0.4 (mel256)",
            ),
        )

    def prepare(self, wave: Tensor, sample_rate: int) -> Tensor:
        """[C, T] -> [channels, T'] at 48 kHz."""
        heard = channelled(resample(peaked(checked(wave)), sample_rate, BANDWIDTH), self.facts.channels)
        return sinc_resample(heard, BANDWIDTH, SAMPLE_RATE, KAISER_BEST)

    @torch.inference_mode()
    def embed(self, wave: Tensor) -> Tensor:
        """[channels, T] -> [N, channels * E]."""
        cut = windows(functional.pad(wave, (WINDOW // 2, 0)), WINDOW, HOP)
        first = batched(self.network, self.network, cut[:, 0])
        if self.facts.channels == 1:
            return first
        alike = torch.equal(wave[0], wave[1])
        return torch.cat([first, first if alike else batched(self.network, self.network, cut[:, 1])], dim=1)
