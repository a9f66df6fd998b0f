"""VGGish and PANNs' CNN14 as audioldm_eval asks them (Liu et al. 2023, arXiv 2301.12503): FAD, FD and KL.

It hears the first channel alone, without its mean, resampled by torchaudio's short filter, and no level is changed.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.sinc_resample import TORCHAUDIO, sinc_resample
from songloom.layers.cnn14 import Heard
from songloom.layers.panns import Panns
from songloom.layers.vggish import EXAMPLE_FRAMES, HOP, SAMPLE_RATE, Vggish, log_mel_examples
from songloom.metrics.embeddings import Facts, Network, batched, checked
from songloom.metrics.networks.one_pass import OnePass

LEAST = 32_000
"""Samples, at any rate, up to which a clip is filled up with silence."""
STEPS = ("first channel, less its mean, resampled", f"under {LEAST} samples filled up with silence")


def audioldm_sound(wave: Tensor, sample_rate: int, to_rate: int) -> Tensor:
    """[C, T] -> [1, T'] at `to_rate`."""
    first = checked(wave)[:1]
    heard = sinc_resample(first - first.mean(), sample_rate, to_rate, TORCHAUDIO)
    return functional.pad(heard, (0, max(0, LEAST - heard.shape[1])))


class AudioldmVggish(Network):
    """The space of its FAD: examples of 0.96 s one after the other."""

    def __init__(self, network: Vggish, checkpoint: str) -> None:
        self.network = network
        seconds = EXAMPLE_FRAMES * HOP / SAMPLE_RATE
        self.facts = Facts(
            name="vggish-audioldm",
            checkpoint=checkpoint,
            sample_rate=SAMPLE_RATE,
            channels=1,
            resampler=TORCHAUDIO.name,
            window_seconds=seconds,
            hop_seconds=seconds,
            width=network.width,
            steps=(*STEPS, "embedding without the last ReLU"),
        )

    def prepare(self, wave: Tensor, sample_rate: int) -> Tensor:
        """[C, T] -> [1, T'] at 16 kHz."""
        return audioldm_sound(wave, sample_rate, SAMPLE_RATE)

    @torch.inference_mode()
    def embed(self, wave: Tensor) -> Tensor:
        """[1, T] -> [N, E]."""
        return batched(self.network, self.network, log_mel_examples(wave[0]))


class AudioldmPanns(OnePass):
    """The space of its FD, and the chances of its KL (the one called "softmax"): one row for a whole clip."""

    def __init__(self, network: Panns, checkpoint: str) -> None:
        self.network = network
        self.facts = Facts(
            name=f"panns-audioldm-{network.sample_rate // 1000}k",
            checkpoint=checkpoint,
            sample_rate=network.sample_rate,
            channels=1,
            resampler=TORCHAUDIO.name,
            window_seconds=None,
            hop_seconds=None,
            width=network.shape.embedding,
            classes=network.shape.classes,
            steps=(*STEPS, "chances: softmax of the logits"),
        )

    def prepare(self, wave: Tensor, sample_rate: int) -> Tensor:
        """[C, T] -> [1, T'] at the network's rate."""
        return audioldm_sound(wave, sample_rate, self.sample_rate)

    def listen(self, wave: Tensor) -> Heard:
        """[1, T] -> embedding [1, E], not negative, and logits [1, classes]."""
        heard: Heard = self.network(wave.to(self.network.cnn.embed.weight.device))
        return heard

    def probabilities(self, wave: Tensor) -> Tensor:
        """[1, T] -> [1, classes]."""
        return self.heard(wave).logits.softmax(-1)
