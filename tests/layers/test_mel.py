"""Log-mel frames: their number, what they see, and the way back to magnitudes."""

from __future__ import annotations

import math

import librosa
import numpy as np
import pytest
import torch

from songloom.layers.mel import LogMel, MelScale

SMALL = MelScale(sample_rate=8000, n_fft=256, hop_length=64, bands=24, high=4000.0, padding="same")


@pytest.mark.parametrize("padding", ["same", "centre"])
@pytest.mark.parametrize("samples", [1, 63, 64, 65, 1000])
def test_a_wave_has_a_frame_for_each_hop_begun(padding: str, samples: int) -> None:
    mel = LogMel(MelScale(**{**vars(SMALL), "padding": padding}))
    assert mel(torch.randn(2, samples)).shape == (2, 24, math.ceil(samples / 64))


def test_frames_are_those_of_librosa() -> None:
    scale = MelScale()
    wave = 0.3 * torch.randn(8000, generator=torch.Generator().manual_seed(0))
    theirs = librosa.feature.melspectrogram(
        y=wave.numpy(), sr=16_000, n_fft=1024, hop_length=160, n_mels=64, fmax=8000, power=1.0, pad_mode="constant"
    )
    mine = LogMel(scale)(wave)
    np.testing.assert_allclose(mine.numpy(), np.log(np.maximum(theirs, 1e-5))[:, :50], atol=1e-4)


def test_level_and_spread_are_taken_off_and_put_back() -> None:
    wave = 0.3 * torch.randn(1000)
    plain, scaled = LogMel(SMALL), LogMel(MelScale(**{**vars(SMALL), "level": -4.0, "spread": 3.0}))
    torch.testing.assert_close(scaled(wave) * 3.0 - 4.0, plain(wave))
    torch.testing.assert_close(scaled.magnitudes(scaled(wave)), plain.magnitudes(plain(wave)), atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("padding", ["same", "centre"])
def test_what_lies_beyond_the_margin_changes_no_frame(padding: str) -> None:
    mel, wave = LogMel(MelScale(**{**vars(SMALL), "padding": padding})), torch.randn(64 * 20)
    other = torch.randn(64 * 20)
    other[64 * 10 - mel.margin : 64 * 11 + mel.margin] = wave[64 * 10 - mel.margin : 64 * 11 + mel.margin]
    torch.testing.assert_close(mel(other)[:, 10], mel(wave)[:, 10])


def test_magnitudes_have_the_mel_bands_they_were_made_of() -> None:
    mel = LogMel(SMALL)
    magnitude = torch.rand(mel.stft.bins, 5) + 0.5  # without deep valleys, so that nothing is cut at zero
    again = mel.magnitudes(mel.normal(magnitude))
    torch.testing.assert_close(mel.normal(again), mel.normal(magnitude), atol=2e-3, rtol=0)
    assert float(again.min()) >= 0
