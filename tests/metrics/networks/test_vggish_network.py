"""VGGish in fadtk's and audiocraft's way: which samples make which row."""

from __future__ import annotations

import pytest
import torch

from songloom.layers.vggish import Vggish, log_mel_examples
from songloom.metrics.embeddings import ClassifyingNetwork, EmbeddingNetwork
from songloom.metrics.networks.vggish import AudiocraftVggish, FadtkVggish


def tiny() -> Vggish:
    torch.manual_seed(0)
    return Vggish((3, 4, 5, 5, 6, 6), hidden=10, embedding=7).eval()


@pytest.mark.parametrize("way", [FadtkVggish, AudiocraftVggish])
def test_both_are_networks_of_the_metrics_without_classes(way: type) -> None:
    network = way(tiny(), "random")
    assert isinstance(network, EmbeddingNetwork) and not isinstance(network, ClassifyingNetwork)
    assert network.facts.width == 7 and "random" in network.facts.key()


@torch.no_grad()
def test_fadtk_hears_examples_one_after_the_other_in_float16() -> None:
    network, wave = FadtkVggish(tiny(), "random"), 0.3 * torch.randn(1, 16_000 * 3)
    rows = network.embed(wave)
    # each example's last frame sees 240 samples of the next one
    expected = [tiny()(log_mel_examples(wave[0, s : s + 15_600]))[0] for s in range(0, 48_000 - 15_600 + 1, 15_360)]
    assert rows.shape == (3, 7)
    assert torch.allclose(rows, torch.stack(expected), atol=1e-3)
    assert torch.equal(rows, rows.half().float())


def test_fadtk_fills_what_is_shorter_than_a_second_and_knows_only_16_bits() -> None:
    network = FadtkVggish(tiny(), "random")
    wave = network.prepare(0.3 * torch.randn(2, 5000), 16_000)
    assert wave.shape == (1, 16_000) and not wave[0, 5000:].any() and wave[0, :5000].any()
    assert torch.equal(wave * 32768, (wave * 32768).round())
    assert network.embed(wave).shape == (1, 7)
    assert network.prepare(torch.randn(1, 44_100), 44_100).shape == (1, 16_000)


@torch.no_grad()
def test_audiocraft_hears_a_second_every_half_second_without_its_last_frames() -> None:
    network, wave = AudiocraftVggish(tiny(), "random"), 0.3 * torch.randn(1, 16_000 * 3 + 7999)
    rows = network.embed(wave)
    expected = []
    for start in range(0, wave.shape[1] - 16_000 + 1, 8000):
        second = log_mel_examples(wave[0, start : start + 16_000])
        assert len(second) == 1
        expected.append(tiny()(second)[0])
    assert rows.shape == (5, 7) and torch.allclose(rows, torch.stack(expected), atol=1e-5)


def test_audiocraft_divides_by_the_highest_sample_so_that_gains_do_not_count() -> None:
    network = AudiocraftVggish(tiny(), "random")
    wave = 0.1 * torch.randn(1, 20_000)
    loud = network.prepare(wave, 16_000)
    assert loud.amax() == 1.0
    assert torch.allclose(loud, network.prepare(0.05 * wave, 16_000), atol=1e-4)
    low = torch.full((1, 16_000), -0.5)
    low[0, 5] = 0.25
    assert torch.allclose(network.prepare(low, 16_000).amin(), torch.tensor(-2.0), atol=1e-3)
    assert torch.equal(network.prepare(torch.zeros(1, 16_000), 16_000), torch.zeros(1, 16_000))


def test_audiocraft_refuses_less_than_a_second() -> None:
    with pytest.raises(ValueError, match="0.50 s of sound; vggish-audiocraft hears 1 s or more"):
        AudiocraftVggish(tiny(), "random").prepare(torch.randn(1, 8000), 16_000)
