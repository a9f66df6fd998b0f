"""OpenL3 in stable-audio-metrics' way: level, rates, windows, and left beside right."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from songloom.layers.openl3 import OpenL3
from songloom.metrics.embeddings import ClassifyingNetwork, EmbeddingNetwork
from songloom.metrics.networks.openl3 import StableAudioOpenL3


def network(channels: int) -> StableAudioOpenL3:
    torch.manual_seed(0)
    return StableAudioOpenL3(OpenL3(widths=(2, 2, 2, 4)).eval(), "random", channels=channels)


def test_it_is_a_network_of_the_metrics_and_says_how_it_hears() -> None:
    assert isinstance(network(2), EmbeddingNetwork) and not isinstance(network(2), ClassifyingNetwork)
    assert network(2).name == "openl3-music" and network(1).name == "openl3-music-mono"
    assert network(2).facts.width == 8 and network(1).facts.width == 4
    assert "44100 Hz, then kaiser best" in network(2).facts.resampler
    with pytest.raises(ValueError, match="1 or 2"):
        network(3)


@torch.no_grad()
def test_windows_begin_half_a_second_before_the_sound_and_hold_every_sample() -> None:
    wave = torch.cat([torch.randn(2, 60_000), torch.zeros(2, 1)], dim=1)
    rows = network(2).embed(wave)
    padded = functional.pad(wave, (24_000, 48_000))
    starts = [0, 24_000, 48_000]  # the third ends at 96000, the first end behind 84001
    expected = [
        torch.cat([network(2).network(padded[channel : channel + 1, s : s + 48_000]) for channel in (0, 1)], dim=1)
        for s in starts
    ]
    assert rows.shape == (3, 8)
    assert torch.allclose(rows, torch.cat(expected), atol=1e-5)


@torch.no_grad()
def test_one_channel_is_heard_twice_and_two_are_mixed_for_mono() -> None:
    mono = torch.randn(1, 50_000)
    rows = network(2).embed(network(2).prepare(mono, 48_000))
    assert torch.equal(rows[:, :4], rows[:, 4:])
    stereo = torch.randn(2, 50_000)
    level = 10 ** (-1 / 20) / stereo.abs().max()
    expected = network(1).prepare(stereo, 48_000)
    mixed = network(2).prepare(stereo, 48_000).mean(0, keepdim=True)
    assert torch.allclose(expected, mixed, atol=1e-5) and level * stereo.abs().max() < 0.9


def test_a_clip_goes_through_44100_hz_to_48000_at_a_peak_of_minus_1_db() -> None:
    quiet = 0.01 * torch.sin(torch.arange(44_100) * 0.05)[None]
    made = network(1).prepare(quiet, 44_100)
    assert made.shape == (1, 48_000)
    assert abs(float(made.abs().max()) - 10 ** (-1 / 20)) < 0.01
    high = torch.sin(torch.arange(96_000) * 2 * torch.pi * 22_500 / 96_000)[None]
    assert network(1).prepare(high, 96_000)[0, 4800:-4800].abs().max() < 0.02  # 44.1 kHz cannot hold 22.5 kHz
