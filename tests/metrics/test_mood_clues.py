"""The clues of a mood are what was played: the tempo of clicks, the classes of tones, the tilt of a mix."""

from __future__ import annotations

import pytest
import torch

from songloom.metrics.mood_clues import SOUND, classes, clues, colour, tempi, together
from songloom.metrics.traits import traits
from songloom.metrics.views import SAMPLE_RATE, view

SECONDS = 12


def clicks(beats_per_minute: float) -> torch.Tensor:
    """Short bursts on every beat, [1, T]."""
    wave = torch.zeros(1, SECONDS * SAMPLE_RATE)
    noise = torch.randn(600, generator=torch.Generator().manual_seed(0))
    for start in torch.arange(0, SECONDS - 0.1, 60 / beats_per_minute):
        wave[0, int(start * SAMPLE_RATE) :][:600] += noise
    return wave


@pytest.mark.parametrize("tempo", [74.0, 97.0, 131.0])
def test_one_reading_of_the_tempo_of_clicks_is_within_one_per_cent(tempo: float) -> None:
    readings = tempi(view(clicks(tempo)).timbre[0])[:, 0]
    assert float((readings / tempo - 1).abs().min()) < 0.01


def test_silence_has_no_tempo() -> None:
    assert not tempi(view(torch.zeros(1, SAMPLE_RATE)).timbre[0]).any()


@pytest.mark.parametrize("midi", [57, 60, 66])
def test_a_tone_is_the_loudest_of_its_pitch_class(midi: int) -> None:
    time = torch.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    tone = torch.sin(2 * torch.pi * 440 * 2 ** ((midi - 69) / 12) * time)[None]
    assert set(classes(view(tone).harmony[0])[[0, 4, 6]].argmax(-1).tolist()) == {midi % 12}


def test_a_tilt_of_the_mix_is_a_slope_of_its_colour() -> None:
    picture = 3 + torch.rand(80, 50, generator=torch.Generator().manual_seed(1))
    tilt = torch.linspace(-0.5, 0.5, 80)
    torch.testing.assert_close(colour(picture + tilt[:, None]) - colour(picture), tilt, atol=1e-4, rtol=0)


def test_clues_of_several_clips_are_one_batch() -> None:
    seen = view(clicks(120.0))
    one = clues(seen, traits(seen))
    both = together([one, one])
    assert both.sound.shape == (2, SOUND)
    assert torch.equal(both.tempi[0], both.tempi[1])
    assert torch.isfinite(both.sound).all()
