"""The ear learns to tell sounds apart, and hears the same in the same clip."""

from __future__ import annotations

import torch

from songloom.metrics.ear import SAMPLE_RATE, Ear, train_ear


def clip(high: bool, seed: int) -> torch.Tensor:
    """One second of a low or a high tone in a little noise, [1, T]."""
    noise = torch.randn(1, SAMPLE_RATE, generator=torch.Generator().manual_seed(seed))
    time = torch.arange(SAMPLE_RATE) / SAMPLE_RATE
    return 0.3 * torch.sin(2 * torch.pi * (2000.0 if high else 150.0) * time)[None] + 0.01 * noise


def batch(step: int) -> tuple[torch.Tensor, list[dict[str, object]]]:
    waves = torch.stack([clip(i % 2 == 1, 100 * step + i) for i in range(8)])
    labels = [
        {"style": "high" if i % 2 else "low", "mood": "calm", "families": ["flute"], "drums": bool(i % 2)}
        for i in range(8)
    ]
    return waves, labels


def test_it_learns_two_sounds_and_repeats_itself() -> None:
    ear = train_ear(Ear(("high", "low"), ("calm", "sad")), batch, steps=30)
    for seed in (9001, 9002, 9003):
        for high in (True, False):
            heard = ear.listen(clip(high, seed))
            assert heard.style == ("high" if high else "low")
            assert (heard.drums > 0.5) == high
            assert heard == ear.listen(clip(high, seed))


def test_windows_cover_a_long_clip_and_leave_a_short_one() -> None:
    ear = Ear(("a",), ("b",))
    size = 8 * SAMPLE_RATE
    assert ear.windows(torch.zeros(1, 100)).shape == (1, 1, 100)
    assert ear.windows(torch.zeros(1, 2 * size)).shape == (3, 1, size)
