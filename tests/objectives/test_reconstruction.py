"""Multi-scale spectral losses against numpy and librosa, and where their value is known."""

from __future__ import annotations

import math

import librosa
import numpy as np
import pytest
import torch
from torch import Tensor

from songloom.objectives.reconstruction import (
    MelScales,
    level_and_log_distance,
    level_distance,
    log_distance,
    magnitudes,
    resolution_distance,
    soundstream_alphas,
)

RATE = 16_000


def noise(seed: int, *shape: int) -> Tensor:
    return 0.1 * torch.randn(*(shape or (2, 1, 4000)), generator=torch.Generator().manual_seed(seed))


def test_mel_scales_are_those_of_librosa() -> None:
    wave = noise(0, 4000)
    for padding, mode in (("centre", "constant"), ("reflect", "reflect")):
        scales = MelScales(RATE, windows=(128, 1024), bands=(8, 40), padding=padding)  # type: ignore[arg-type]
        for found, window, bands in zip(scales(wave), (128, 1024), (8, 40), strict=True):
            wanted = librosa.feature.melspectrogram(
                y=wave.numpy(), sr=RATE, n_fft=window, hop_length=window // 4, n_mels=bands, power=1.0, pad_mode=mode
            )
            np.testing.assert_allclose(found.numpy(), wanted, rtol=2e-3, atol=1e-6)


def test_the_distances_are_their_formulas() -> None:
    made, true = [noise(1, 2, 5, 7).abs(), noise(2, 2, 3, 9).abs()], [noise(3, 2, 5, 7).abs(), noise(4, 2, 3, 9).abs()]
    floor, alphas = 0.02, (2.0, 0.5)
    pairs = [(a.double().numpy(), b.double().numpy()) for a, b in zip(made, true, strict=True)]
    log10 = [np.log10(np.maximum(a, floor)) - np.log10(np.maximum(b, floor)) for a, b in pairs]
    assert float(log_distance(made, true, floor=floor)) == pytest.approx(sum(np.abs(d).mean() for d in log10), rel=1e-5)
    levels = [np.abs(a - b).mean() for a, b in pairs]
    assert float(level_distance(made, true)) == pytest.approx(sum(levels), rel=1e-5)
    both = sum(
        level + alpha * np.sqrt(((d * math.log(10)) ** 2).mean(1)).mean()
        for level, alpha, d in zip(levels, alphas, log10, strict=True)
    )
    found = level_and_log_distance(made, true, alphas, floor=floor)
    assert float(found) == pytest.approx(both / (2 + 2.5), rel=1e-5)
    resolution = [
        np.sqrt(((a - b) ** 2).sum() / (b**2).sum()) + np.abs(d * math.log(10)).mean()
        for (a, b), d in zip(pairs, log10, strict=True)
    ]
    assert float(resolution_distance(made, true, floor=floor)) == pytest.approx(np.mean(resolution), rel=1e-5)


def test_ten_times_louder_is_a_distance_of_one_for_each_scale() -> None:
    scales, wave = MelScales(RATE, windows=(64, 256, 1024), bands=(5, 20, 80)), noise(5)
    assert float(log_distance(scales(10 * wave), scales(wave), floor=1e-12)) == pytest.approx(3, abs=2e-3)
    assert float(log_distance(magnitudes(10 * wave), magnitudes(wave), floor=1e-12)) == pytest.approx(2, abs=1e-4)
    tenfold = resolution_distance(magnitudes(10 * wave), magnitudes(wave), floor=1e-12)
    assert float(tenfold) == pytest.approx(9 + math.log(10), rel=1e-4)


def test_a_wave_is_at_no_distance_from_itself_and_silence_has_finite_gradients() -> None:
    scales = MelScales(RATE, windows=(64, 256), bands=(5, 20))
    silent = torch.zeros(2, 1, 1000, requires_grad=True)
    for distance in (
        log_distance,
        level_distance,
        resolution_distance,
        lambda a, b: level_and_log_distance(a, b, soundstream_alphas((64, 256))),
    ):
        wave = noise(6, 2, 1, 1000)
        assert float(distance(scales(wave), scales(wave))) == pytest.approx(0, abs=2e-5)
        distance(scales(silent), scales(torch.zeros(2, 1, 1000))).backward()
        assert silent.grad is not None and bool(silent.grad.isfinite().all())


def test_mel_amplitudes_do_not_lose_digits_under_half_precision() -> None:
    scales, wave = MelScales(RATE, windows=(256,), bands=(20,)), noise(10)
    with torch.autocast("cpu", torch.bfloat16):
        found = scales(wave)[0]
    assert torch.equal(found, scales(wave)[0])


def test_normalised_windows_give_white_noise_the_same_level_at_every_length() -> None:
    white = noise(7, 40_000) * 10
    plain, normalised = (
        [mel.mean().item() for mel in MelScales(RATE, windows=(128, 2048), bands=(8, 8), normalised=on)(white)]
        for on in (False, True)
    )
    assert plain[1] / plain[0] == pytest.approx(4 * normalised[1] / normalised[0], rel=1e-3)


def test_scales_carry_no_weights_and_refuse_what_does_not_fit() -> None:
    assert not MelScales(RATE).state_dict()
    assert soundstream_alphas((64, 2048)) == (math.sqrt(32), 32.0)
    with pytest.raises(ValueError, match="one for each"):
        MelScales(RATE, windows=(64, 128), bands=(5,))
    with pytest.raises(ValueError, match="one length"):
        level_distance(magnitudes(noise(8, 4000)), magnitudes(noise(8, 6000)))
