"""VGGish as two tools ask it: the spaces of fadtk's and of audiocraft's Fréchet audio distance.

Both take the embedding before any ReLU, without principal components. They differ in resampler, level and hop, so
their figures are not to be compared with each other.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.sinc_resample import JULIUS, KAISER_BEST, sinc_resample
from songloom.layers.vggish import EXAMPLE_FRAMES, HOP, SAMPLE_RATE, Vggish, log_mel_examples
from songloom.metrics.embeddings import Facts, Network, batched, channelled, checked
from songloom.metrics.networks.levels import STEPS, peaked, sixteen_bits

SECONDS = EXAMPLE_FRAMES * HOP / SAMPLE_RATE


class FadtkVggish(Network):
    """fadtk 1.1 (arXiv 2311.01616): examples of 0.96 s one after the other, at least one second of sound."""

    def __init__(self, network: Vggish, checkpoint: str) -> None:
        self.network = network
        self.facts = Facts(
            name="vggish-fadtk",
            checkpoint=checkpoint,
            sample_rate=SAMPLE_RATE,
            channels=1,
            resampler=KAISER_BEST.name,
            window_seconds=SECONDS,
            hop_seconds=SECONDS,
            width=network.width,
            steps=(
                "mean of the channels, resampled, 16 bits",
                "under 1 s filled up with silence",
                "embedding without the last ReLU, rounded to float16",
            ),
        )

    def prepare(self, wave: Tensor, sample_rate: int) -> Tensor:
        """[C, T] -> [1, T'] at 16 kHz."""
        mono = channelled(checked(wave), 1)
        heard = sixteen_bits(sinc_resample(mono, sample_rate, SAMPLE_RATE, KAISER_BEST))
        return functional.pad(heard, (0, max(0, SAMPLE_RATE - heard.shape[1])))

    @torch.inference_mode()
    def embed(self, wave: Tensor) -> Tensor:
        """[1, T] -> [N, E]; what is left at the end of less than 0.96 s is not heard."""
        return batched(self.network, self.network, log_mel_examples(wave[0])).half().float()


class AudiocraftVggish(Network):
    """audiocraft's `FrechetAudioDistanceMetric` and google-research's program under it (arXiv 1812.08466): windows of
    1 s every 0.5 s, of each its first 0.96 s. The program runs TensorFlow's checkpoint; this is its PyTorch twin."""

    WINDOW, STEP, QUIETEST = SAMPLE_RATE, SAMPLE_RATE // 2, 0.1 / STEPS

    def __init__(self, network: Vggish, checkpoint: str) -> None:
        self.network = network
        self.facts = Facts(
            name="vggish-audiocraft",
            checkpoint=checkpoint,
            sample_rate=SAMPLE_RATE,
            channels=1,
            resampler=JULIUS.name,
            window_seconds=SECONDS,
            hop_seconds=self.STEP / SAMPLE_RATE,
            width=network.width,
            steps=(
                "mean of the channels, resampled, peak at -1 dB, 16 bits",
                "divided by its highest (not lowest) sample",
                "windows of 1 s, of each the first 0.96 s; the rest under 1 s is not heard",
                "embedding without the last ReLU",
            ),
        )

    def prepare(self, wave: Tensor, sample_rate: int) -> Tensor:
        """[C, T] -> [1, T'] at 16 kHz. Raises ValueError for less than a second."""
        mono = channelled(checked(wave), 1)
        heard = sixteen_bits(peaked(sinc_resample(mono, sample_rate, SAMPLE_RATE, JULIUS)))
        if heard.shape[1] < self.WINDOW:
            raise ValueError(f"{heard.shape[1] / SAMPLE_RATE:.2f} s of sound; {self.name} hears 1 s or more")
        return heard / heard.amax().clamp_min(self.QUIETEST)

    @torch.inference_mode()
    def embed(self, wave: Tensor) -> Tensor:
        """[1, T] -> [N, E], N = 1 + (T - 16000) // 8000."""
        count = 1 + (wave.shape[1] - self.WINDOW) // self.STEP
        examples = log_mel_examples(wave[0], self.STEP // HOP)[:count]
        return batched(self.network, self.network, examples)
