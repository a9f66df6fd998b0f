"""CLAP in fadtk's way: windows from every second, filled with silence; LAION's of length 1, Microsoft's not."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from songloom.metrics.embeddings import EmbeddingNetwork
from songloom.metrics.networks.clap import FadtkLaionClap, FadtkMicrosoftClap
from songloom.metrics.networks.levels import cut_bits
from songloom.systems.embedders.laion_clap import LaionClap
from songloom.systems.embedders.microsoft_clap import MicrosoftClap


def laion(name: str = "laion-clap-tiny") -> LaionClap:
    torch.manual_seed(0)
    return LaionClap.presets()[name].build().eval()


def microsoft() -> MicrosoftClap:
    torch.manual_seed(0)
    return MicrosoftClap.presets()["microsoft-clap-tiny"].build().eval()


@torch.no_grad()
def test_laions_windows_begin_at_every_second_and_end_in_silence() -> None:
    network = FadtkLaionClap(laion(), "random", content="music")
    rate, window = network.sample_rate, network.window
    wave = network.prepare(0.3 * torch.randn(2, round(2.4 * rate)), rate)
    padded = functional.pad(cut_bits(wave), (0, window))
    rows = network.embed(wave)
    expected = torch.cat([laion().embed_window(padded[None, :, s * rate :][..., :window]) for s in range(3)])
    assert rows.shape == (3, network.facts.width) and network.facts.hop_seconds == 1
    assert torch.allclose(rows, expected, atol=1e-3)
    assert torch.equal(rows, rows.half().float())


@torch.no_grad()
def test_microsofts_rows_point_where_its_embeddings_do_but_keep_their_length() -> None:
    network = FadtkMicrosoftClap(microsoft(), "random")
    rate, window = network.sample_rate, network.window
    wave = network.prepare(0.3 * torch.randn(1, rate), rate)
    rows = network.embed(wave)
    alone = microsoft().embed_window(functional.pad(wave, (0, max(0, window - rate)))[None, :, :window])
    assert torch.allclose(functional.normalize(rows, dim=-1), alone, atol=2e-3)
    assert (rows.norm(dim=-1) - 1).abs().min() > 1e-2


def test_they_are_networks_of_the_metrics_and_fusion_is_refused() -> None:
    assert isinstance(FadtkLaionClap(laion(), "random", content="audio"), EmbeddingNetwork)
    with pytest.raises(ValueError, match=r"fused\.pt has feature fusion; clap-laion-audio-fadtk is without"):
        FadtkLaionClap(laion("laion-clap-fused-tiny"), "fused.pt", content="audio")
