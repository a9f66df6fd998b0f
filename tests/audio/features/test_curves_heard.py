"""Melody, levels and bars of sounds that are known by construction."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.signal import savgol_filter
from synth import RATE, drum_loop, progression, tone

from songloom.audio.features.downbeats import best_bar, track_downbeats
from songloom.audio.features.dynamics import dynamics, smoothed
from songloom.audio.features.melody import FRAME_RATE, melody


def notes(pitches: list[int], seconds: float = 0.5) -> torch.Tensor:
    return torch.from_numpy(np.concatenate([tone(pitch, seconds) for pitch in pitches]).astype(np.float32))[None]


def test_a_scale_is_heard_note_by_note() -> None:
    pitches = [72, 74, 76, 77, 79, 81, 83, 84]
    heard = melody(0.2 * notes(pitches), RATE)
    assert heard.shape == (12, 200) and FRAME_RATE == 50
    for place, pitch in enumerate(pitches):  # away from the borders, where the frames hold two notes
        inside = heard[:, 25 * place + 6 : 25 * place + 19]
        assert float(inside[pitch % 12].mean()) > 0.9, pitch


def test_a_tune_is_heard_above_a_louder_bass() -> None:
    tune, bass = notes([76, 79, 83, 79]), notes([36, 36, 43, 43])
    heard = melody(0.1 * tune + 0.3 * bass, RATE)
    wanted = torch.tensor([4, 7, 11, 7]).repeat_interleave(25)
    assert float((heard.argmax(0) == wanted).float().mean()) > 0.8


def test_there_is_no_melody_in_silence() -> None:
    assert not bool(melody(torch.zeros(2, RATE), RATE).any())
    wave = torch.cat([0.2 * notes([72]), torch.zeros(1, RATE)], dim=1)
    assert bool(melody(wave, RATE)[:, :20].any()) and not bool(melody(wave, RATE)[:, 40:].any())


@pytest.mark.parametrize("length", [1, 2, 3, 7, 51, 120])
def test_levels_are_smoothed_as_scipy_smooths(length: int) -> None:
    curve = torch.randn(length, generator=torch.Generator().manual_seed(0))
    window = min(51, length if length % 2 else length - 1)
    wanted = curve if window < 3 else torch.from_numpy(savgol_filter(curve.double().numpy(), window, 2)).float()
    torch.testing.assert_close(smoothed(curve, 51), wanted)


def test_a_crescendo_in_decibels_is_a_line_and_single_notes_leave_no_mark() -> None:
    time = torch.arange(4 * RATE) / RATE
    swell = 10 ** ((-40 + 8 * time) / 20)
    level = dynamics((swell * torch.sin(2 * math.pi * 500 * time))[None], RATE)
    middles = (torch.arange(200) + 0.5) / 50
    torch.testing.assert_close(level, -40 + 8 * middles - 3.01, atol=0.15, rtol=0)
    pulsed = swell * torch.sin(2 * math.pi * 500 * time) * (1 + 0.9 * torch.sin(2 * math.pi * 6 * time))
    off = (dynamics(pulsed[None], RATE) - level)[30:-30]
    assert float(off.max() - off.min()) < 3  # the pulses themselves go up and down by 25 dB


def test_bars_begin_where_weights_stand_out() -> None:
    for meter in (3, 4):
        for first in range(meter):
            weight = -np.ones(24)
            weight[first::meter] = 2.0
            assert best_bar(weight) == (meter, first)


def test_chords_that_change_every_four_beats_make_bars() -> None:
    bars = progression(2, "major")  # eight chords of a second
    beats = np.arange(0, 8, 0.25) + 0.001
    found, downbeats = track_downbeats(bars, RATE, beats)
    assert np.array_equal(found, beats)
    assert np.allclose(downbeats, np.arange(8) + 0.001)


def test_beats_of_a_drum_loop_are_tracked_and_few_beats_make_one_bar() -> None:
    beats, downbeats = track_downbeats(drum_loop(), RATE)
    assert len(beats) > 8 and set(downbeats) <= set(beats)
    few, first = track_downbeats(drum_loop(), RATE, np.array([0.5, 1.0]))
    assert list(few) == [0.5, 1.0] and list(first) == [0.5]
    nothing, none = track_downbeats(torch.zeros(1, RATE), RATE)
    assert not len(nothing) and not len(none)
