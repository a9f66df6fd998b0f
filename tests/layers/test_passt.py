"""PaSST: its frames by the formula, its network written out once more."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from songloom.layers.passt import Passt
from songloom.loading import without_memory


def tiny(columns: int = 8) -> Passt:
    torch.manual_seed(0)
    network = Passt(columns, width=8, depth=2, heads=2, hidden=12, classes=5).eval()
    with torch.no_grad():
        for weight in network.parameters():
            weight.normal_(std=0.4)
    return network


def by_the_formula(wave: np.ndarray) -> np.ndarray:
    """Frames [M, F] in float64; Kaldi's mel bands one by one."""
    mel = lambda hertz: 1127.0 * np.log(1.0 + hertz / 700.0)  # noqa: E731
    spacing = mel(15_000.0) / 129
    places = mel(np.arange(513) * 31.25)
    bands = np.zeros((128, 513))
    for band in range(128):
        left, centre, right = band * spacing, (band + 1) * spacing, (band + 2) * spacing
        for index in range(512):  # Kaldi knows no band at half the sample rate
            sides = (places[index] - left) / (centre - left), (right - places[index]) / (right - centre)
            bands[band, index] = max(0.0, min(sides))
    sharp = wave[1:] - 0.97 * wave[:-1]
    padded = np.pad(sharp, 512, mode="reflect")
    hann = np.zeros(1024)
    hann[112:912] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(800) / 799)  # symmetric
    starts = range(0, len(padded) - 1023, 320)
    energies = np.stack([np.abs(np.fft.rfft(padded[s : s + 1024] * hann)) ** 2 for s in starts], 1)
    return (np.log(bands @ energies + 1e-5) + 4.5) / 5.0


def test_frames_equal_the_formula() -> None:
    wave = 0.2 * torch.randn(8000, generator=torch.Generator().manual_seed(0))
    ours, theirs = tiny().log_mel(wave[None])[0], by_the_formula(wave.double().numpy())
    assert ours.shape == theirs.shape == (128, 1 + 7999 // 320)
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-4)


def written_out(network: Passt, mel: Tensor) -> tuple[Tensor, Tensor]:
    """Embedding and logits of frames [M, F], patch by patch and head by head in float64."""
    state = {name: t.double() for name, t in network.state_dict().items()}
    mel, tokens = mel.double(), []
    for row in range(12):
        for column in range((mel.shape[1] - 16) // 10 + 1):
            patch = mel[row * 10 : row * 10 + 16, column * 10 : column * 10 + 16]
            token = (state["enter.weight"][:, 0] * patch).sum((1, 2)) + state["enter.bias"]
            tokens.append(token + state["bands"][:, row, 0] + state["times"][:, 0, column])
    x = torch.stack([*state["tokens"], *tokens])

    def norm(name: str, rows: Tensor, eps: float) -> Tensor:
        centred = rows - rows.mean(-1, keepdim=True)
        spread = (centred.square().mean(-1, keepdim=True) + eps).sqrt()
        return centred / spread * state[f"{name}.weight"] + state[f"{name}.bias"]

    def linear(name: str, rows: Tensor) -> Tensor:
        return rows @ state[f"{name}.weight"].T + state[f"{name}.bias"]

    for block in ("encoder.blocks.0", "encoder.blocks.1"):
        queries, keys, values = linear(f"{block}.qkv", norm(f"{block}.attention_norm", x, 1e-6)).split(8, dim=1)
        heads = []
        for part in (slice(0, 4), slice(4, 8)):
            weights = torch.softmax(queries[:, part] @ keys[:, part].T / math.sqrt(4), dim=1)
            heads.append(weights @ values[:, part])
        x = x + linear(f"{block}.out", torch.cat(heads, 1))
        inner = linear(f"{block}.expand", norm(f"{block}.hidden_norm", x, 1e-6))
        x = x + linear(f"{block}.contract", inner * 0.5 * (1 + torch.erf(inner / math.sqrt(2))))
    x = norm("encoder.norm", x, 1e-6)
    embedding = (x[0] + x[1]) / 2
    return embedding, linear("classify", norm("head_norm", embedding, 1e-5))


@pytest.mark.parametrize("frames", [16, 40, 95])
@torch.no_grad()
def test_the_network_equals_one_written_out(frames: int) -> None:
    network, mel = tiny(), torch.randn(2, 128, frames)
    made = network.hear(mel)
    assert made.embedding.shape == (2, 8) and made.logits.shape == (2, 5)
    for place in range(2):
        embedding, logits = written_out(network, mel[place])
        assert torch.allclose(made.embedding[place].double(), embedding, atol=1e-5)
        assert torch.allclose(made.logits[place].double(), logits, atol=1e-4)


@torch.no_grad()
def test_ten_seconds_fill_the_published_table_and_a_patch_more_is_refused() -> None:
    network = Passt(99, width=4, depth=1, heads=1, hidden=4, classes=3).eval()
    mel = network.log_mel(torch.randn(1, 320_000))
    assert mel.shape == (1, 128, 1000) and (1000 - 16) // 10 + 1 == 99
    assert functional.softmax(network(torch.randn(1, 320_000)).logits, -1).shape == (1, 3)
    with pytest.raises(ValueError, match="1006 frames; this PaSST hears 16 to 1005"):
        network.hear(torch.zeros(1, 128, 1006))
    assert network.hear(torch.zeros(1, 128, 1005)).logits.shape == (1, 3)


def test_what_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="513 samples"):
        tiny()(torch.zeros(1, 513))
    with pytest.raises(ValueError, match="15 frames; this PaSST hears 16 to 95"):
        tiny()(torch.zeros(1, 320 * 14 + 1))


def test_the_published_size_has_the_published_number_of_weights() -> None:
    with without_memory():
        network = Passt()
    ours = sum(weight.numel() for weight in network.parameters())
    assert ours + 768 * 2 + 527 * 769 == 86_153_758  # the tokens' positions and the second head are not kept
