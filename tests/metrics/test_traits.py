"""Traits are finite, of the promised number, and count what they say."""

from __future__ import annotations

import torch

from songloom.metrics.traits import TRAITS, peaks, scale, traits
from songloom.metrics.views import LOWEST_NOTE, SAMPLE_RATE, view


def chord(*notes: int, seconds: float = 1.0) -> torch.Tensor:
    time = torch.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return sum((torch.sin(2 * torch.pi * 440 * 2 ** ((n - 69) / 12) * time) for n in notes), torch.zeros(len(time)))


def test_every_view_has_the_same_number_of_finite_traits() -> None:
    for wave in (torch.zeros(2, SAMPLE_RATE), torch.randn(2, 3 * SAMPLE_RATE), chord(60, 64)[None]):
        rows = traits(view(wave))
        assert rows.shape == (len(wave), TRAITS)
        assert torch.isfinite(rows).all()


def test_peaks_are_the_notes_that_sound() -> None:
    strength = peaks(view(chord(57, 64, 73)[None]).harmony)[0].mean(-1)
    assert (strength.topk(3).indices + LOWEST_NOTE).sort().values.tolist() == [57, 64, 73]


def test_a_scale_in_another_key_has_the_same_place() -> None:
    first, second = (scale(view(chord(*(48 + up, 60 + up, 64 + up, 67 + up))[None]).harmony)[0] for up in (0, 5))
    torch.testing.assert_close(first[:12], second[:12], atol=0.03, rtol=0)
    assert int(first[:12].argmax()) == 0


def test_major_and_minor_differ_in_sign() -> None:
    major, minor = (scale(view(chord(48, 60, third, 67)[None]).harmony)[0, 26] for third in (64, 63))
    assert major > 0 > minor
