"""PaSST in stable-audio-metrics' and audiocraft's ways: which pieces of a clip it hears, and how chances are joined."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from songloom.layers.passt import Passt
from songloom.metrics.embeddings import ClassifyingNetwork
from songloom.metrics.networks.passt import AudiocraftPasst, StableAudioPasst


def tiny(columns: int = 99) -> Passt:
    torch.manual_seed(0)
    network = Passt(columns, width=4, depth=1, heads=1, hidden=4, classes=3).eval()
    with torch.no_grad():
        for weight in network.parameters():
            weight.normal_(std=0.5)
    return network


def seconds(count: float) -> Tensor:
    return 0.3 * torch.randn(1, round(count * 32_000), generator=torch.Generator().manual_seed(0))


def test_both_are_classifying_networks() -> None:
    for way in (StableAudioPasst, AudiocraftPasst):
        network = way(tiny(), "random")
        assert isinstance(network, ClassifyingNetwork) and network.facts.classes == 3 and network.facts.width == 4


@pytest.mark.parametrize(
    ("length", "starts"), [(3, [0]), (10, [0]), (12, [0, 5]), (20, [0, 5, 10]), (21, [0, 5, 10, 15])]
)
@torch.no_grad()
def test_stable_audio_averages_logits_of_windows_every_five_seconds(length: float, starts: list[int]) -> None:
    network, wave = StableAudioPasst(tiny(), "random"), seconds(length)
    padded = torch.nn.functional.pad(wave, (0, 320_000))
    logits = torch.cat([tiny()(padded[:, s * 32_000 :][:, :320_000]).logits for s in starts])
    assert torch.allclose(network.probabilities(wave), logits.mean(0).softmax(0)[None], atol=1e-5)
    assert network.embed(wave).shape == (len(starts), 4)


@torch.no_grad()
def test_stable_audio_hears_a_second_as_it_is() -> None:
    network, wave = StableAudioPasst(tiny(), "random"), seconds(1.5)
    assert torch.allclose(network.probabilities(wave), tiny()(wave).logits.softmax(-1), atol=1e-6)


def test_stable_audio_sets_the_peak_after_resampling() -> None:
    made = StableAudioPasst(tiny(), "random").prepare(0.01 * torch.randn(2, 44_100), 44_100)
    assert made.shape == (1, 32_000) and abs(float(made.abs().max()) - 10 ** (-1 / 20)) < 1e-6


@pytest.mark.parametrize(("columns", "long"), [(99, 10), (200, 20), (300, 30)])
@torch.no_grad()
def test_audiocraft_cuts_pieces_as_long_as_the_network_hears(columns: int, long: int) -> None:
    network = AudiocraftPasst(tiny(columns), "random")
    assert network.name == f"passt-audiocraft-{long}s" and network.facts.window_seconds == long
    wave = seconds(long + 1.5)
    expected = [
        tiny(columns)(piece).logits.softmax(-1) for piece in (wave[:, : long * 32_000], wave[:, long * 32_000 :])
    ]
    assert torch.allclose(network.probabilities(wave), torch.cat(expected), atol=1e-6)


def test_audiocraft_leaves_a_rest_of_015_seconds_out_and_refuses_a_clip_of_it() -> None:
    network = AudiocraftPasst(tiny(), "random")
    assert len(network.pieces(torch.zeros(1, 320_000 + 4800))) == 1
    assert len(network.pieces(torch.zeros(1, 320_000 + 4801))) == 2
    assert network.probabilities(network.prepare(seconds(4801 / 32_000), 32_000)).shape == (1, 3)
    with pytest.raises(ValueError, match="0.15 s of sound"):
        network.prepare(torch.zeros(1, 4800), 32_000)


def test_both_verbs_of_one_clip_need_one_pass_and_a_changed_clip_another(monkeypatch: pytest.MonkeyPatch) -> None:
    network, wave, passes = AudiocraftPasst(tiny(), "random"), seconds(1), []
    listen = network.listen
    monkeypatch.setattr(network, "listen", lambda heard: passes.append(1) or listen(heard))
    first, chances = network.embed(wave), network.probabilities(wave)
    assert len(passes) == 1 and first.shape == (1, 4) and chances.shape == (1, 3)
    wave.mul_(0.1)
    assert not torch.equal(network.embed(wave), first) and len(passes) == 2
