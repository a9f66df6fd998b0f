"""VGGish: its frames by the formula, its network written out once more."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from songloom.layers.vggish import EXAMPLE_SAMPLES, Vggish, log_mel_examples, log_mel_frames
from songloom.loading import without_memory


def by_the_formula(wave: np.ndarray) -> np.ndarray:
    """Frames [F, M] in float64, each frame, bin and band by itself."""
    mel = lambda hertz: 1127.0 * np.log(1.0 + hertz / 700.0)  # noqa: E731
    corners = np.linspace(mel(125.0), mel(7500.0), 66)
    places = mel(np.arange(257) * 16_000 / 512)
    weights = np.zeros((64, 257))
    for band in range(64):
        low, middle, high = corners[band : band + 3]
        for index in range(1, 257):
            rising, falling = (places[index] - low) / (middle - low), (high - places[index]) / (high - middle)
            weights[band, index] = max(0.0, min(rising, falling))
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    starts = range(0, len(wave) - 399, 160)
    return np.stack([np.log(weights @ np.abs(np.fft.rfft(wave[s : s + 400] * hann, 512)) + 0.01) for s in starts])


def test_frames_equal_the_formula() -> None:
    wave = torch.randn(4000, generator=torch.Generator().manual_seed(0))
    ours, theirs = log_mel_frames(wave), by_the_formula(wave.double().numpy())
    assert ours.shape == theirs.shape == (1 + (4000 - 400) // 160, 64)
    np.testing.assert_allclose(ours.numpy(), theirs, atol=2e-5)


def test_examples_are_whole_and_begin_every_hop() -> None:
    wave = torch.randn(EXAMPLE_SAMPLES + 160 * 100)
    frames = log_mel_frames(wave)
    for hop, count in ((96, 2), (50, 3), (100, 2)):
        examples = log_mel_examples(wave, hop)
        assert examples.shape == (count, 96, 64)
        assert all(torch.equal(example, frames[n * hop : n * hop + 96]) for n, example in enumerate(examples))


def test_a_wave_shorter_than_an_example_is_refused() -> None:
    assert log_mel_examples(torch.zeros(EXAMPLE_SAMPLES)).shape == (1, 96, 64)
    with pytest.raises(ValueError, match=str(EXAMPLE_SAMPLES)):
        log_mel_examples(torch.zeros(EXAMPLE_SAMPLES - 1))
    with pytest.raises(ValueError, match="400 samples"):
        log_mel_frames(torch.zeros(399))


def written_out(network: Vggish, example: Tensor) -> Tensor:
    """The network on one example, from its table; places in the order of TensorFlow (time, band, channel)."""
    state, image = network.state_dict(), example[None, None]
    for place in range(6):
        image = functional.conv2d(image, state[f"convs.{place}.weight"], state[f"convs.{place}.bias"], padding=1)
        image = image.clamp_min(0)
        if place in (0, 1, 3, 5):
            image = torch.stack([image[:, :, a::2, b::2] for a in (0, 1) for b in (0, 1)]).amax(0)
    channels, times, bands = image.shape[1:]
    x = torch.tensor([image[0, c, t, m] for t in range(times) for m in range(bands) for c in range(channels)])
    for place in range(3):
        x = state[f"dense.{place}.weight"] @ x + state[f"dense.{place}.bias"]
        x = x.clamp_min(0) if place < 2 else x
    return x


@torch.no_grad()
def test_the_network_equals_one_written_out() -> None:
    torch.manual_seed(0)
    network = Vggish((3, 4, 5, 5, 6, 6), hidden=10, embedding=7)
    examples = torch.randn(2, 96, 64)
    made = network(examples)
    assert made.shape == (2, network.width) == (2, 7)
    assert (made < 0).any()  # no ReLU after the last layer
    for one, example in zip(made, examples, strict=True):
        assert torch.allclose(one, written_out(network, example), atol=1e-5)


def test_the_published_size_has_the_published_number_of_weights() -> None:
    with without_memory():
        network = Vggish()
    assert sum(weight.numel() for weight in network.parameters()) == 72_141_184
    assert len(network.state_dict()) == 18
