"""Views keep what they should and forget the level."""

from __future__ import annotations

import numpy as np
import torch

from songloom.metrics.views import FRAME_RATE, LAGS, LOWEST_NOTE, NOTES, REGISTERS, SAMPLE_RATE, rhythm, view


def tone(midi: float, seconds: float = 1.0) -> torch.Tensor:
    time = torch.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return torch.sin(2 * torch.pi * 440.0 * 2 ** ((midi - 69) / 12) * time)


def test_a_note_lies_in_its_own_row_of_harmony() -> None:
    for midi in (48, 60, 69, 93):
        level = view(tone(midi)[None]).harmony[0].mean(-1)
        assert int(level.argmax()) == midi - LOWEST_NOTE


def test_a_transposed_chord_is_the_same_picture_moved() -> None:
    low, high = (view(sum(tone(n + up) for n in (69, 73, 76))[None]).harmony[0, :, 5] for up in (0, 5))  # type: ignore[index]
    assert low.topk(3).indices.sort().values.add(5).tolist() == high.topk(3).indices.sort().values.tolist()


def test_level_changes_nothing() -> None:
    wave = tone(60)[None] + 0.1 * torch.randn(1, SAMPLE_RATE, generator=torch.Generator().manual_seed(0))
    for loud, quiet in zip(view(wave), view(0.01 * wave), strict=True):
        torch.testing.assert_close(loud, quiet, atol=1e-3, rtol=1e-3)


def test_silence_is_zero_and_shapes_are_as_promised() -> None:
    seen = view(torch.zeros(2, SAMPLE_RATE))
    assert seen.timbre.abs().max() == 0
    assert seen.harmony.shape == (2, NOTES, seen.frames // 2 + 1)


def test_a_regular_click_correlates_at_its_period() -> None:
    wave = torch.zeros(1, 12 * SAMPLE_RATE)
    wave[:, :: SAMPLE_RATE // 2] = 1.0
    curve = rhythm(view(wave).timbre)[0].reshape(REGISTERS, -1)[-1]
    seconds = LAGS.numpy() / FRAME_RATE
    assert curve[np.abs(seconds - 0.5).argmin()] > 3 * curve[np.abs(seconds - 0.25).argmin()].clamp_min(0.01)


def test_rhythm_of_a_very_short_clip_is_finite() -> None:
    assert torch.isfinite(rhythm(view(torch.randn(1, 4000)).timbre)).all()
