"""Chords of tones whose chords are known, and the path against brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from songloom.audio.features.chords import NAMES, NO_CHORD, best_path, estimate_chords, segments

RATE = 22_050


def chord(*notes: int, seconds: float = 3.0) -> torch.Tensor:
    """Tones with a few harmonics, [T]."""
    time = torch.arange(round(seconds * RATE)) / RATE
    hertz = [440 * 2 ** ((note - 69) / 12) * h for note in notes for h in (1, 2, 3)]
    return 0.05 * torch.stack([torch.sin(2 * torch.pi * f * time) * f**-0.3 for f in hertz]).sum(0)


def test_triads_are_named_and_placed() -> None:
    wave = torch.cat([chord(45, 57, 60, 64), chord(41, 53, 57, 60), chord(43, 55, 59, 62)])
    found = estimate_chords(wave[None], RATE)
    assert [name for _, _, name in found] == ["Am", "F", "G"]
    np.testing.assert_allclose([start for start, _, _ in found], [0, 3, 6], atol=0.25)
    assert found[-1][1] == pytest.approx(9.0)


def test_silence_is_no_chord() -> None:
    assert estimate_chords(torch.zeros(1, RATE), RATE) == [(0.0, 1.0, NO_CHORD)]


def test_the_path_is_the_best_of_all() -> None:
    scores = np.random.default_rng(0).normal(size=(3, 6))
    found = best_path(scores, 0.7)

    def value(path: tuple[int, ...]) -> float:
        steps = sum(a != b for a, b in itertools.pairwise(path))
        return float(sum(scores[row, frame] for frame, row in enumerate(path))) - 0.7 * steps

    assert tuple(found) == max(itertools.product(range(3), repeat=6), key=value)


def test_segments_join_equal_frames() -> None:
    parts = segments(np.array([0, 0, 0, 12, 12]), 0.5)
    assert [name for _, _, name in parts] == [NAMES[0], NAMES[12]]
    assert parts[0][1] == parts[1][0]
