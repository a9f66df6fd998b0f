"""Spectral distances against librosa and numpy, and where their value is known."""

from __future__ import annotations

import math

import librosa
import numpy as np
import pytest
import torch
from torch import Tensor

from songloom.metrics.spectral import (
    audible_mel_distance,
    delay,
    lined_up,
    log_stft_distance,
    mel_amplitudes,
    mel_distance,
    multi_scale_mel_distance,
    multi_scale_stft_distance,
    spectral_convergence,
)

RATE = 16_000


def noise(seed: int, samples: int = RATE) -> Tensor:
    return 0.1 * torch.randn(1, samples, generator=torch.Generator().manual_seed(seed))


def by_numpy(wave: Tensor) -> np.ndarray:
    """|STFT| [bins, F] frame by frame."""
    padded = np.pad(wave[0].double().numpy(), 1024)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2048) / 2048)
    count = wave.shape[-1] // 512 + 1
    return np.stack([np.abs(np.fft.rfft(window * padded[512 * f : 512 * f + 2048])) for f in range(count)], 1)


def test_mel_bands_are_those_of_librosa() -> None:
    wave = noise(0)
    wanted = librosa.feature.melspectrogram(
        y=wave[0].numpy(), sr=RATE, n_fft=2048, hop_length=512, n_mels=128, power=1.0, pad_mode="constant"
    )
    np.testing.assert_allclose(mel_amplitudes(wave, RATE)[0].numpy(), wanted, rtol=2e-3, atol=1e-6)


def test_distances_are_those_of_their_formulas() -> None:
    made, true = noise(1), noise(2)
    copy, original = by_numpy(made), by_numpy(true)
    mel = librosa.filters.mel(sr=RATE, n_fft=2048, n_mels=128)
    floor = 0.02
    decibels = 20 * np.log10(np.maximum(mel @ copy, floor)) - 20 * np.log10(np.maximum(mel @ original, floor))
    assert mel_distance(made, true, RATE, floor=floor) == pytest.approx(np.abs(decibels).mean(), rel=1e-3)
    least = original.max() * 10 ** (-80 / 20)
    logs = np.log(np.maximum(copy, least)) - np.log(np.maximum(original, least))
    assert log_stft_distance(made, true) == pytest.approx(np.abs(logs).mean(), rel=1e-3)
    convergence = np.sqrt(((original - copy) ** 2).sum()) / np.sqrt((original**2).sum())
    assert spectral_convergence(made, true) == pytest.approx(convergence, rel=1e-4)


def test_a_copy_at_half_amplitude_is_six_decibels_away_in_every_band() -> None:
    wave = noise(3)
    assert mel_distance(wave / 2, wave, RATE, floor=1e-9) == pytest.approx(20 * math.log10(2), abs=1e-3)
    assert log_stft_distance(wave / 2, wave, depth=300) == pytest.approx(math.log(2), abs=1e-4)
    assert spectral_convergence(wave / 2, wave) == pytest.approx(0.5)


def test_a_wave_is_at_no_distance_from_itself_or_from_its_negative() -> None:
    wave = noise(4)
    for copy in (wave, -wave):
        assert mel_distance(copy, wave, RATE) == pytest.approx(0, abs=1e-5)
        assert audible_mel_distance(copy, wave, RATE) == pytest.approx(0, abs=1e-5)
        assert log_stft_distance(copy, wave) == pytest.approx(0, abs=1e-5)
        assert spectral_convergence(copy, wave) == pytest.approx(0, abs=1e-6)


def test_the_multi_scale_distances_are_the_sums_that_dac_defines() -> None:
    made, true = noise(11), noise(12)

    def amplitudes(wave: Tensor, window: int) -> np.ndarray:
        return np.abs(librosa.stft(wave[0].double().numpy(), n_fft=window, hop_length=window // 4, pad_mode="reflect"))

    mel = stft = 0.0
    for window, bands in zip((32, 64, 128, 256, 512, 1024, 2048), (5, 10, 20, 40, 80, 160, 320), strict=True):
        filters = librosa.filters.mel(sr=RATE, n_fft=window, n_mels=bands)
        copy, original = (np.maximum(filters @ amplitudes(wave, window), 1e-5) for wave in (made, true))
        mel += np.abs(np.log10(copy) - np.log10(original)).mean()
    for window in (2048, 512):
        copy, original = (amplitudes(wave, window) for wave in (made, true))
        squares = [np.log10(np.maximum(one, 1e-5) ** 2) for one in (copy, original)]
        stft += np.abs(squares[0] - squares[1]).mean() + np.abs(copy - original).mean()
    assert multi_scale_mel_distance(made, true, RATE) == pytest.approx(mel, rel=1e-3)
    assert multi_scale_stft_distance(made, true) == pytest.approx(stft, rel=1e-3)
    assert multi_scale_mel_distance(true, true, RATE) == multi_scale_stft_distance(true, true) == 0
    with pytest.raises(ValueError, match="mirrored"):
        multi_scale_mel_distance(true[:, :1000], true[:, :1000], RATE)


def test_silence_for_a_wave_has_a_convergence_of_one() -> None:
    assert spectral_convergence(torch.zeros(1, RATE), noise(5)) == pytest.approx(1)


def test_what_lies_sixty_decibels_below_the_loudest_counts_only_for_the_fixed_floor() -> None:
    loud = torch.cat([noise(6), torch.zeros(1, RATE)], -1)
    hiss = loud.clone()
    hiss[:, RATE + 4096 :] += 1e-4 * noise(7)[:, 4096:] / 0.1
    assert audible_mel_distance(hiss, loud, RATE) == pytest.approx(0, abs=1e-4)
    assert mel_distance(hiss, loud, RATE, floor=1e-6) > 5


@pytest.mark.parametrize("later", [-700, -1, 0, 3, 1105])
def test_a_delay_is_found_and_taken_back(later: int) -> None:
    true = noise(8)
    made = lined_up(true, RATE, -later)
    assert delay(made, true, longest=2000) == later
    back = lined_up(made, RATE, later)
    kept = slice(max(-later, 0), RATE - max(later, 0))
    assert torch.equal(back[:, kept], true[:, kept])
    assert back.shape == true.shape


def test_a_delay_of_a_longer_copy_is_found_too() -> None:
    true = noise(9)
    made = torch.nn.functional.pad(0.5 * true, (312, 5000))
    assert delay(made, true, longest=4000) == 312
    assert torch.equal(lined_up(made, RATE, 312), 0.5 * true)


def test_a_silent_original_and_unequal_lengths_are_refused() -> None:
    wave = noise(10)
    for measure in (spectral_convergence, log_stft_distance):
        with pytest.raises(ValueError, match="silent"):
            measure(wave, torch.zeros_like(wave))
    with pytest.raises(ValueError, match="silent"):
        audible_mel_distance(wave, torch.zeros_like(wave), RATE)
    with pytest.raises(ValueError, match="alike"):
        mel_distance(wave[:, 1:], wave, RATE)
    with pytest.raises(ValueError, match="above 0"):
        mel_distance(wave, wave, RATE, floor=0.0)
