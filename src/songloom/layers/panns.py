"""PANNs' classifier (Kong et al. 2020, arXiv 1912.10211): waves of any length to the chances of AudioSet's 527 sounds.

CNN14 behind its own log-mel, published for three sample rates; each has a hop of 10 ms.
"""

from __future__ import annotations

from torch import Tensor, nn

from songloom.layers.cnn14 import Cnn14, Cnn14Shape, Heard
from songloom.layers.decibel_mel import DecibelMel, DecibelScale

SCALES = {
    32_000: DecibelScale(),
    16_000: DecibelScale(sample_rate=16_000, n_fft=512, hop_length=160, high=8000.0),
    8000: DecibelScale(sample_rate=8000, n_fft=256, hop_length=80, high=4000.0),
}
"""The published front ends by sample rate."""


class Panns(nn.Module):
    """Waves [B, T] in [-1, 1] at the scale's rate -> embedding [B, E] and logits [B, classes]."""

    def __init__(self, scale: DecibelScale, shape: Cnn14Shape) -> None:
        super().__init__()
        self.shape = shape
        self.mel = DecibelMel(scale)
        self.cnn: Cnn14 = shape.build()

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return self.mel.scale.sample_rate

    def forward(self, waves: Tensor) -> Heard:
        """Raises ValueError for waves too short for a frame after the poolings."""
        heard: Heard = self.cnn(self.mel(waves))
        return heard
