"""Fingerprints: copies are found whatever was done to them, other music is not."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from songloom.audio import files
from songloom.audio.features.fingerprint import PEAKS_PER_SECOND, STFT, alike, fingerprint, spectral_peaks
from songloom.audio.resample import resample

RATE = 22_050


def melody(seed: int, seconds: float = 8.0) -> Tensor:
    """Plucked tones of random pitches at random times, [1, T]."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    wave = np.zeros(len(time))
    for start in np.sort(rng.uniform(0, seconds, int(6 * seconds))):
        hertz = 440 * 2 ** ((rng.integers(-24, 24)) / 12)
        after = np.clip(time - start, 0, None)
        wave += (
            (time >= start)
            * np.exp(-3 * after)
            * (np.sin(2 * np.pi * hertz * after) + 0.4 * np.sin(4 * np.pi * hertz * after))
        )
    return torch.from_numpy(0.5 * wave / np.abs(wave).max()).float()[None]


def as_mp3(wave: Tensor) -> Tensor:
    data = files.encoded(wave, RATE, ".mp3", quality=0.2)
    return torch.from_numpy(soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)[0].T.copy())


@pytest.mark.parametrize("change", ["mp3", "louder", "noise", "rate", "cut"])
def test_a_copy_is_found_whatever_was_done_to_it(change: str) -> None:
    wave, rate = melody(1), RATE
    noise = 0.003 * torch.randn(wave.shape, generator=torch.Generator().manual_seed(0))
    made = {
        "mp3": (as_mp3(wave), rate),
        "louder": ((4 * wave).clamp(-1, 1), rate),
        "noise": (wave + noise, rate),
        "rate": (resample(wave, rate, 32_000), 32_000),
        "cut": (wave[:, 2 * rate : 6 * rate], rate),
    }[change]
    prints = [fingerprint(melody(2), rate), fingerprint(wave, rate), fingerprint(*made)]
    found = alike(prints)
    assert [(one.first, one.second) for one in found] == [(1, 2)]
    assert found[0].seconds == pytest.approx(-2.0 if change == "cut" else 0.0, abs=0.1)


def test_other_music_and_silence_are_like_nothing() -> None:
    prints = [fingerprint(melody(seed), RATE) for seed in range(6)] + 2 * [fingerprint(torch.zeros(1, RATE), RATE)]
    assert len(prints[-1]) == 0
    assert alike(prints) == [] and alike([]) == []


def test_the_same_recording_shares_all_of_its_hashes() -> None:
    one = fingerprint(melody(3), RATE)
    (found,) = alike([one, one])
    assert (found.share, found.seconds) == (1.0, 0.0)


def test_there_are_no_more_peaks_than_are_allowed() -> None:
    noise = torch.randn(2 * RATE, generator=torch.Generator().manual_seed(0))
    frame, place = spectral_peaks(STFT.magnitude(noise))
    seconds = np.bincount((frame * STFT.hop_length / RATE).astype(int))
    assert len(frame) == len(place) and seconds.max() <= PEAKS_PER_SECOND
