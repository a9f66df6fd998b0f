"""Levels as published tools set them, by the libraries that they use."""

from __future__ import annotations

import io

import numpy as np
import pyloudnorm
import soundfile
import torch

from songloom.metrics.networks.levels import cut_bits, peaked, sixteen_bits


def test_sixteen_bits_are_those_of_a_file() -> None:
    generator = torch.Generator().manual_seed(0)
    wave = torch.cat([torch.rand(2000, generator=generator) * 2.4 - 1.2, torch.tensor([0.0, 1.0, -1.0, 1e-5, -1e-5])])
    file = io.BytesIO()
    soundfile.write(file, wave.numpy(), 16_000, subtype="PCM_16", format="WAV")
    file.seek(0)
    back = soundfile.read(file, dtype="int16")[0] / 32768.0
    assert np.array_equal(sixteen_bits(wave).double().numpy(), back)


def test_peaks_are_those_of_pyloudnorm() -> None:
    wave = 0.3 * torch.randn(2, 500, generator=torch.Generator().manual_seed(0))
    expected = pyloudnorm.normalize.peak(wave.T.double().numpy(), -1.0).T
    np.testing.assert_allclose(peaked(wave).numpy(), expected, atol=1e-6)
    assert torch.equal(peaked(torch.zeros(1, 5)), torch.zeros(1, 5))


def test_bits_cut_off_are_those_of_numpys_integers() -> None:
    wave = 1.2 * torch.rand(2, 500, generator=torch.Generator().manual_seed(0)) - 0.6
    expected = (wave.numpy().clip(-1, 1) * 32767.0).astype(np.int16) / np.float32(32767.0)
    np.testing.assert_allclose(cut_bits(wave).numpy(), expected, atol=1e-7)
    assert torch.equal(cut_bits(torch.tensor([2.0, -2.0])), torch.tensor([1.0, -1.0]))
