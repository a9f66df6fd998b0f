"""What metrics know of a network: its facts, its windows, and embedders of the text-music space among them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.resample import resample
from songloom.metrics.embeddings import (
    ClassifyingNetwork,
    EmbedderNetwork,
    EmbeddingNetwork,
    batched,
    channelled,
    checked,
    windows,
)
from songloom.systems.roles import Embedder


class Turns(Embedder):
    """Hears the mean of a window of a tenth of a second as an angle."""

    sample_rate = 1000  # type: ignore[assignment]
    channels = 1  # type: ignore[assignment]
    width = 2  # type: ignore[assignment]
    window_seconds = 0.1  # type: ignore[assignment]

    def embed_window(self, wave: Tensor) -> Tensor:
        angle = functional.pad(wave, (0, 100 - wave.shape[-1])).mean((1, 2))
        return torch.stack([angle.cos(), angle.sin()], dim=-1)

    def embed_text(self, texts: Sequence[str]) -> Tensor:
        return torch.zeros(len(texts), 2)


Turns.__abstractmethods__ = frozenset()


def network(hop_seconds: float | None = None) -> EmbedderNetwork:
    return EmbedderNetwork(Turns(), name="turns", checkpoint="turns-1", hop_seconds=hop_seconds)


def test_an_embedder_is_a_network_of_the_metrics_without_classes() -> None:
    assert isinstance(network(), EmbeddingNetwork) and not isinstance(network(), ClassifyingNetwork)


def test_the_rows_of_an_embedder_average_to_its_embedding_of_the_clip() -> None:
    clip = torch.randn(1, 457)
    rows = network().embed(clip)
    assert rows.shape == (5, 2)
    expected = Turns().embed_audio(clip[None])
    assert torch.allclose(functional.normalize(rows.mean(0, keepdim=True), dim=-1), expected, atol=1e-6)


def test_a_hop_gives_windows_at_its_multiples_and_the_last_is_filled_with_silence() -> None:
    clip = torch.randn(1, 230)
    rows = network(hop_seconds=0.05).embed(clip)
    starts = [0, 50, 100, 150]  # the window from 150 to 250 is the first to reach the end
    expected = torch.cat([Turns().embed_window(clip[None, :, start : start + 100]) for start in starts])
    assert torch.allclose(rows, expected, atol=1e-6)


def test_a_clip_of_other_rate_and_channels_is_mixed_and_resampled() -> None:
    stereo = torch.randn(2, 3000)
    made = network().prepare(stereo, 3000)
    assert torch.equal(made, resample(stereo.mean(0, keepdim=True), 3000, 1000))


def test_facts_say_everything_and_differ_when_one_does() -> None:
    text = "\n".join(network().facts.lines())
    for said in ("turns", "turns-1", "1000 Hz", "soxr HQ", "0.1 s", "evenly spaced", "2 numbers"):
        assert said in text
    assert network(0.05).facts.key() != network().facts.key() == network().facts.key()
    assert "windows: the whole clip" in dataclasses.replace(network().facts, window_seconds=None).lines()
    assert "every 0.05 s" in "\n".join(network(0.05).facts.lines())


def test_windows_are_as_few_as_hold_every_sample() -> None:
    for samples in (1, 9, 10, 11, 13, 14, 30):
        wave = torch.arange(1, samples + 1.0)[None]
        made = windows(wave, 10, 4)
        count = next(n for n in range(1, 99) if (n - 1) * 4 + 10 >= samples)
        assert made.shape == (count, 1, 10)
        for place, row in enumerate(made):
            expected = functional.pad(wave, (0, 100))[:, place * 4 : place * 4 + 10]
            assert torch.equal(row, expected)


def test_one_channel_is_copied_and_several_are_averaged() -> None:
    stereo = torch.randn(2, 5)
    assert torch.equal(channelled(stereo, 1), stereo.mean(0, keepdim=True))
    assert torch.equal(channelled(stereo[:1], 2), stereo[[0, 0]])
    with pytest.raises(ValueError, match="3 channels; needs 1 or 2"):
        channelled(torch.zeros(3, 5), 2)


def test_what_is_no_sound_is_refused() -> None:
    for wave, message in (
        (torch.zeros(5), "needs"),
        (torch.zeros(1, 0), "at least one"),
        (torch.ones(1, 2) / 0, "finite"),
    ):
        with pytest.raises(ValueError, match=message):
            checked(wave)
    with pytest.raises(ValueError, match="hop of 0.2 s"):
        network(hop_seconds=0.2)


def test_many_windows_in_small_batches_give_what_each_gives_alone() -> None:
    layer = torch.nn.Linear(3, 2)
    rows = torch.randn(21, 3)
    with torch.no_grad():
        assert torch.allclose(batched(layer, layer, rows), torch.stack([layer(row) for row in rows]), atol=1e-6)
