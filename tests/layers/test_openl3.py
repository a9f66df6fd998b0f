"""OpenL3: its decibels by librosa, its network written out once more."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from songloom.layers.openl3 import OpenL3
from songloom.loading import without_memory


def test_decibels_are_those_of_librosas_mel_amplitudes() -> None:
    wave = 0.1 * torch.randn(2, 48_000, generator=torch.Generator().manual_seed(0))
    wave[1, 24_000:] = 0
    made = OpenL3(widths=(2, 2, 2, 2)).decibels(wave)
    assert made.shape == (2, 256, 199)
    for ours, second in zip(made, wave.numpy(), strict=True):
        padded = np.pad(second, (0, 198 * 242 + 2048 - 48_000))
        amplitudes = librosa.feature.melspectrogram(
            y=padded, sr=48_000, n_fft=2048, hop_length=242, n_mels=256, center=False, power=1.0
        )
        expected = librosa.power_to_db(amplitudes, ref=np.max, amin=1e-10, top_db=80.0)
        assert expected.shape == (256, 199)
        np.testing.assert_allclose(ours.numpy(), expected, atol=2e-3)


def test_the_loudest_place_of_each_second_is_0_and_none_is_below_minus_80() -> None:
    quiet = torch.zeros(3, 48_000)
    quiet[0, 100] = 1e-3
    quiet[1] = torch.sin(torch.arange(48_000) * 0.3)
    made = OpenL3(widths=(2, 2, 2, 2)).decibels(quiet)
    assert torch.equal(made.amax((1, 2)), torch.zeros(3)) and made.amin() == -80
    assert torch.equal(made[2], torch.zeros(256, 199))  # silence is as loud as its loudest place


def written_out(network: OpenL3, decibels: Tensor, pool: tuple[int, int]) -> Tensor:
    """The network on one image [M, F], from its table, flattened as Keras does (band, time, channel)."""
    state = network.state_dict()

    def norm(place: int, image: Tensor) -> Tensor:
        mean, var, weight, bias = (
            state[f"norms.{place}.{part}"][:, None, None] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (image - mean) / (var + 1e-3).sqrt() * weight + bias

    def conv(place: int, image: Tensor) -> Tensor:
        return functional.conv2d(image, state[f"convs.{place}.weight"], state[f"convs.{place}.bias"], padding=1)

    image = norm(0, decibels[None])
    for place in range(7):
        image = norm(place + 1, conv(place, image)).clamp_min(0)
        if place in (1, 3, 5):
            rows, columns = image.shape[1] // 2 * 2, image.shape[2] // 2 * 2
            even = image[:, :rows, :columns]
            image = torch.stack([even[:, a::2, b::2] for a in (0, 1) for b in (0, 1)]).amax(0)
    image = conv(7, image)
    assert image.shape[1:] == (32, 24)
    blocks = [
        image[:, r : r + pool[0], c : c + pool[1]].amax((1, 2))
        for r in range(0, 32, pool[0])
        for c in range(0, 24, pool[1])
    ]
    return torch.cat(blocks)


@pytest.mark.parametrize(("embedding", "pool", "blocks"), [(512, (32, 24), 1), (6144, (8, 8), 12)])
@torch.no_grad()
def test_the_network_equals_one_written_out(embedding: int, pool: tuple[int, int], blocks: int) -> None:
    torch.manual_seed(0)
    network = OpenL3(embedding, widths=(2, 3, 3, 4)).eval()
    for norm in network.norms:
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2.0)
    network.norms[0].running_mean.fill_(-40.0)
    network.norms[0].running_var.fill_(300.0)
    seconds = 0.1 * torch.randn(2, 48_000)
    made = network(seconds)
    assert made.shape == (2, network.width) == (2, 4 * blocks)
    for one, image in zip(made, network.decibels(seconds), strict=True):
        assert torch.allclose(one, written_out(network, image, pool), atol=1e-4)


def test_the_published_size_has_the_published_widths() -> None:
    with without_memory():
        assert OpenL3().width == 512 and OpenL3(6144).width == 6144
        weights = sum(weight.numel() for weight in OpenL3().parameters())
    convolutions = sum(9 * a * b + b for a, b in [(1, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256)])
    convolutions += 9 * 256 * 512 + 512 + 9 * 512 * 512 + 512
    assert weights == convolutions + 2 * (1 + 64 + 64 + 128 + 128 + 256 + 256 + 512)


def test_other_widths_are_refused() -> None:
    with pytest.raises(ValueError, match="512 or 6144"):
        OpenL3(1024)
