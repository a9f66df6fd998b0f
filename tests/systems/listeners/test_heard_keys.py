"""Keys heard in a spectrum: by the judge's profiles, and so that what makes the spectrum can be moved."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from songloom.audio.features.key import key_name
from songloom.audio.spectrogram import Stft
from songloom.conditioning.musical import key_number
from songloom.systems.listeners.keys import Keys

RATE, N_FFT = 32_000, 2048
SCALES = {"major": (0, 4, 7, 5, 9, 0, 7, 11, 2, 0, 4, 7), "minor": (0, 3, 7, 5, 8, 0, 7, 10, 2, 0, 3, 7)}
"""Degrees as they come in I-IV-V-I and i-iv-v-i, in semitones."""


def spectrum(tonic: int, mode: str, lowest: int = 48) -> Tensor:
    """Magnitudes [1, bins, F] of a cadence of tones with overtones."""
    time, tones = torch.arange(RATE // 4) / RATE, []
    for degree in SCALES[mode]:
        hertz = 440 * 2 ** ((lowest + (tonic + degree) % 12 - 69) / 12)
        tones.append(sum(torch.sin(2 * torch.pi * n * hertz * time) / n for n in range(1, 9)))
    return Stft(N_FFT, 512).magnitude(0.1 * torch.cat(tones)[None])


def heard(magnitudes: Tensor, mask: Tensor | None = None) -> Tensor:
    return Keys(RATE, N_FFT)(magnitudes, torch.ones(1, magnitudes.shape[-1]) if mask is None else mask)


@pytest.mark.parametrize("mode", SCALES)
@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("lowest", [60, 72])
def test_every_key_is_heard(tonic: int, mode: str, lowest: int) -> None:
    likeliest = int(heard(spectrum(tonic, mode, lowest)).argmax())
    assert likeliest == key_number(key_name(tonic, mode))


def test_frames_outside_of_the_mask_and_the_level_change_nothing() -> None:
    one, other = spectrum(0, "major"), spectrum(6, "major")
    mask = torch.cat([torch.ones(1, one.shape[-1]), torch.zeros(1, other.shape[-1])], 1)
    both = heard(torch.cat([one, other], -1), mask)
    torch.testing.assert_close(both, heard(one))
    torch.testing.assert_close(heard(10 * one), heard(one), atol=0.05, rtol=0)


def test_silence_is_in_no_key_and_has_a_gradient() -> None:
    silent = torch.zeros(1, N_FFT // 2 + 1, 8, requires_grad=True)
    keys = heard(silent)
    torch.testing.assert_close(keys, torch.zeros(1, 24), atol=0.01, rtol=0)
    keys.sum().backward()
    assert silent.grad is not None and silent.grad.isfinite().all()


def test_a_spectrum_can_be_moved_to_another_key() -> None:
    """Noise is equalised until it is heard in E minor."""
    gains = torch.zeros(N_FFT // 2 + 1, requires_grad=True)
    noise = torch.rand(1, N_FFT // 2 + 1, 32, generator=torch.Generator().manual_seed(0))
    optimizer, wanted = torch.optim.Adam([gains], 0.05), key_number("E minor")
    for _ in range(60):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(heard(noise * gains.exp()[:, None]), torch.tensor([wanted])).backward()
        optimizer.step()
    assert int(heard(noise * gains.exp()[:, None]).argmax()) == wanted
