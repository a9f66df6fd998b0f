"""PANNs' classifier: its front ends by librosa."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch

from songloom.layers.cnn14 import Cnn14Shape
from songloom.layers.panns import SCALES, Panns


@pytest.mark.parametrize(
    ("rate", "n_fft", "hop", "high"), [(32_000, 1024, 320, 14_000), (16_000, 512, 160, 8000), (8000, 256, 80, 4000)]
)
def test_each_rate_hears_librosas_mel_energies_in_decibels(rate: int, n_fft: int, hop: int, high: int) -> None:
    network = Panns(SCALES[rate], Cnn14Shape(widths=(2, 3), embedding=5, classes=4)).eval()
    wave = 0.3 * torch.randn(rate // 2, generator=torch.Generator().manual_seed(0))
    energies = librosa.feature.melspectrogram(
        y=wave.numpy(), sr=rate, n_fft=n_fft, hop_length=hop, n_mels=64, fmin=50, fmax=high, pad_mode="reflect"
    )
    expected = librosa.power_to_db(energies, ref=1.0, amin=1e-10, top_db=None)
    made = network.mel(wave[None])[0]
    assert made.shape == expected.shape == (64, 51)
    np.testing.assert_allclose(made.numpy(), expected, atol=1e-3)


@torch.no_grad()
def test_waves_of_any_length_give_one_row_each() -> None:
    network = Panns(SCALES[16_000], Cnn14Shape(widths=(2, 3, 4), embedding=5, classes=4)).eval()
    for samples in (1600, 16_000, 50_000):
        heard = network(torch.randn(2, samples))
        assert heard.embedding.shape == (2, 5) and heard.logits.shape == (2, 4) and (heard.embedding >= 0).all()
    with pytest.raises(ValueError, match="3 frames; this network needs 4"):
        network(torch.randn(1, 320))
