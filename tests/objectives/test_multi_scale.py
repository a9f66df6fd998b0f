"""Multi-scale spectral distances: limits, and librosa's mel bands."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch

from songloom.objectives.multi_scale import MelScales, multi_scale_mel, multi_scale_stft


def test_equal_waves_have_no_distance() -> None:
    wave = torch.randn(2, 1, 4000)
    assert float(multi_scale_mel(wave, wave, 16_000, MelScales())) == 0
    assert float(multi_scale_stft(wave, wave, (512, 64))) == 0


def test_ten_times_as_loud_is_one_power_of_ten_at_every_scale() -> None:
    wave = torch.randn(2, 1, 4000)
    scales = MelScales(windows=(256, 1024), bands=(10, 40), floor=1e-9)
    assert float(multi_scale_mel(10 * wave, wave, 16_000, scales)) == pytest.approx(2.0, rel=1e-4)
    stft = float(multi_scale_stft(10 * wave, wave, (256,)))
    assert stft == pytest.approx(9 + np.log(10), rel=1e-3)


def test_bands_are_librosas() -> None:
    true, made = np.random.default_rng(0).normal(size=(2, 8000)).astype(np.float32)
    mels = [
        librosa.feature.melspectrogram(
            y=wave, sr=16_000, n_fft=512, hop_length=128, n_mels=40, power=1.0, pad_mode="constant"
        )
        for wave in (true, made)
    ]
    wanted = np.abs(np.log10(mels[0]) - np.log10(mels[1])).mean()
    scales = MelScales(windows=(512,), bands=(40,))
    found = float(multi_scale_mel(torch.from_numpy(made), torch.from_numpy(true), 16_000, scales))
    assert found == pytest.approx(float(wanted), rel=1e-4)
