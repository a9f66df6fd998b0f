"""DAC and Oobleck at their tiny sizes, and what their published settings promise."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from songloom.data.batch import Batch
from songloom.systems.codecs.dac import Dac
from songloom.systems.codecs.oobleck import Oobleck, with_sums


def tones(channels: int) -> Tensor:
    seconds = torch.arange(4000) / 16_000
    pitches = 220.0 * 2 ** (torch.arange(4 * channels) * 5 / 12)
    return (0.4 * torch.sin(2 * math.pi * pitches[:, None] * seconds)).reshape(4, channels, -1)


def batch(wave: Tensor) -> Batch:
    count, nothing = len(wave), torch.zeros(len(wave))
    return Batch(
        texts=("",) * count,
        labels=({},) * count,
        ids=("",) * count,
        start=nothing,
        seconds=nothing,
        total=nothing,
        mask=nothing,
        wave=wave,
    )


@pytest.mark.parametrize("kind", [Dac, Oobleck])
def test_a_tiny_codec_learns_one_batch(kind: type[Dac] | type[Oobleck]) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    name = next(name for name in kind.presets() if name.endswith("-tiny"))
    codec = kind.presets()[name].build().train()
    optimizer = torch.optim.AdamW(codec.parameters(), 3e-3)
    shown = batch(tones(codec.channels))
    totals = []
    for step in range(60):
        losses = codec.losses(shown, step=step)
        total = torch.stack([value for name, value in losses.items() if not name.startswith("~")]).sum()
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        totals.append(float(total.detach()))
    assert sum(totals[-5:]) < 0.6 * sum(totals[:5])


@pytest.mark.parametrize(
    ("preset", "parameters", "frame_rate", "kbps"),
    [
        ("dac-44khz", 76_651_890, 86.13, 7.75),
        ("dac-24khz", 74_708_706, 75.0, 24.0),
        ("dac-16khz", 74_175_906, 50.0, 6.0),
        ("dac-44khz-16kbps", 64_213_250, 86.13, 15.5),
    ],
)
def test_the_published_sizes_of_dac(preset: str, parameters: int, frame_rate: float, kbps: float) -> None:
    with torch.device("meta"):
        codec = Dac.presets()[preset].build()
    weight_norm = sum(
        len(module.weight)
        for module in codec.modules()
        if isinstance(module, torch.nn.Conv1d | torch.nn.ConvTranspose1d)
    ) + sum(8 + codec.latent_width for _ in range(codec.streams))
    assert sum(p.numel() for p in codec.parameters()) + weight_norm == parameters
    assert codec.frame_rate == pytest.approx(frame_rate, abs=0.005)
    assert codec.bitrate() == pytest.approx(kbps, abs=0.01)


def test_the_published_size_of_oobleck() -> None:
    with torch.device("meta"):
        codec = Oobleck.presets()["oobleck"].build()
    convs = [m for m in codec.modules() if isinstance(m, torch.nn.Conv1d | torch.nn.ConvTranspose1d)]
    assert sum(p.numel() for p in codec.parameters()) + sum(len(m.weight) for m in convs) == 156_112_514
    assert codec.hop_length == 2048


def test_a_part_of_the_training_items_is_shown_fewer_books() -> None:
    codec = Dac.presets()["dac-tiny"].build().train()
    torch.manual_seed(0)
    shown = torch.stack([codec._streams_shown(8) for _ in range(200)])
    assert set(shown[:, :4].flatten().tolist()) == {1, 2, 3, 4}
    assert (shown[:, 4:] == 4).all()
    assert codec.eval()._streams_shown(8) is None


def test_sum_and_difference_stand_beside_left_and_right() -> None:
    wave = torch.randn(2, 2, 10)
    made = with_sums(wave)
    torch.testing.assert_close(made[:, 2], wave[:, 0] + wave[:, 1])
    torch.testing.assert_close(made[:, 3], wave[:, 0] - wave[:, 1])
    assert with_sums(wave[:, :1]).shape == (2, 1, 10)


def test_a_vae_has_no_codes() -> None:
    codec = Oobleck.presets()["oobleck-tiny"].build()
    with pytest.raises(ValueError, match="no codes"):
        codec.tokenize(torch.zeros(1, 2, 100))
    with pytest.raises(ValueError, match="no codes"):
        codec.streams_for(6.0)
