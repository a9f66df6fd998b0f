from __future__ import annotations

import math

import librosa
import numpy as np
import pytest
import torch

from songloom.audio.features.chromagram import Chromagram, chroma_filters

RATE = 32_000


def tones(pitches: list[int], seconds: float, rate: int = RATE) -> torch.Tensor:
    """Tones of MIDI numbers with two harmonics, one after the other: [1, T]."""
    time = torch.arange(round(seconds * rate)) / rate
    parts = []
    for pitch in pitches:
        turns = 2 * math.pi * 440 * 2 ** ((pitch - 69) / 12) * time
        parts.append(turns.sin() + 0.5 * (2 * turns).sin() + 0.2 * (3 * turns).sin())
    return torch.cat(parts)[None]


@pytest.mark.parametrize(("rate", "n_fft"), [(32_000, 16_384), (8000, 1024), (44_100, 4096)])
def test_the_bank_is_librosas(rate: int, n_fft: int) -> None:
    expected = librosa.filters.chroma(sr=rate, n_fft=n_fft, tuning=0, n_chroma=12)
    np.testing.assert_allclose(chroma_filters(rate, n_fft).numpy(), expected, atol=1e-6)


def test_thirty_seconds_are_235_frames() -> None:
    assert Chromagram().frames(30 * RATE) == 235
    assert Chromagram().dominant(torch.zeros(1, 3 * RATE), RATE).shape == (1, Chromagram().frames(3 * RATE), 12)


def test_every_note_is_its_pitch_class_in_any_octave() -> None:
    for pitch in range(52, 88, 5):
        found = Chromagram().dominant(tones([pitch], 1.0), RATE)
        assert found.argmax(-1).unique().tolist() == [pitch % 12]


def test_the_strongest_class_is_the_one_of_the_full_computation() -> None:
    """Power of the spectra by definition, librosa's bank, the largest of each frame."""
    torch.manual_seed(0)
    wave = tones([60, 64, 67, 72], 0.4) + 0.3 * torch.randn(1, round(1.6 * RATE))
    found = Chromagram().dominant(wave, RATE)[0]
    padded = np.pad(wave[0].numpy(), 8192, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(16_384) / 16_384)
    bank = librosa.filters.chroma(sr=RATE, n_fft=16_384, tuning=0, n_chroma=12)
    for frame, row in enumerate(found):
        power = np.abs(np.fft.rfft(padded[4096 * frame : 4096 * frame + 16_384] * window)) ** 2
        assert int(row.argmax()) == int((bank @ power).argmax())
    assert bool((found.sum(-1) == 1).all())


def test_silence_is_the_first_class() -> None:
    assert Chromagram().dominant(torch.zeros(2, RATE), RATE).argmax(-1).unique().tolist() == [0]


@pytest.mark.parametrize("samples", [1, 3199, 16_383])
def test_a_wave_shorter_than_a_frame_is_heard_too(samples: int) -> None:
    wave = tones([69], 1.0)[:, :samples]
    found = Chromagram().dominant(wave, RATE)
    assert found.shape == (1, 5, 12)
    if samples > 3000:
        assert int(found[0, 2].argmax()) == 9
