from __future__ import annotations

from dataclasses import replace

import librosa
import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from songloom.layers import decibel_mel
from songloom.layers.cnn14 import Cnn14, Cnn14Shape
from songloom.layers.decibel_mel import DecibelMel, DecibelScale

SHAPE = Cnn14Shape(widths=(3, 4, 5, 6, 7, 8), embedding=9, classes=5, bands=32)


def network() -> Cnn14:
    """With running statistics and norms that are no ones and zeros."""
    torch.manual_seed(0)
    made = SHAPE.build().eval()
    with torch.no_grad():
        for name, tensor in made.state_dict().items():
            if "norm" in name and tensor.is_floating_point():
                tensor.uniform_(0.5, 1.5)
    return made


def by_the_paper(state: dict[str, Tensor], mel: Tensor) -> tuple[Tensor, Tensor]:
    """CNN14 step by step from its table, in plain functions."""

    def norm(image: Tensor, name: str) -> Tensor:
        shaped = {
            part: state[f"{name}.{part}"][:, None, None] for part in ("running_mean", "running_var", "weight", "bias")
        }
        normal = (image - shaped["running_mean"]) / (shaped["running_var"] + 1e-5).sqrt()
        return normal * shaped["weight"] + shaped["bias"]

    image = norm(mel[..., None], "bands_norm").permute(0, 3, 2, 1)
    for block in range(6):
        for part in ("first", "second"):
            name = f"blocks.{block}.{part}"
            image = norm(functional.conv2d(image, state[f"{name}.weight"], padding=1), f"{name}_norm").clamp_min(0)
        if block < 5:
            rows, columns = image.shape[2] // 2 * 2, image.shape[3] // 2 * 2
            image = image[:, :, :rows, :columns]
            image = (image[:, :, ::2] + image[:, :, 1::2])[..., ::2] + (image[:, :, ::2] + image[:, :, 1::2])[..., 1::2]
            image = image / 4
    frames = image.mean(3)
    pooled = frames.max(2).values + frames.mean(2)
    embedding = (pooled @ state["embed.weight"].T + state["embed.bias"]).clamp_min(0)
    return embedding, embedding @ state["classify.weight"].T + state["classify.bias"]


@torch.no_grad()
@pytest.mark.parametrize("frames", [32, 77, 130])
def test_cnn14_is_the_network_of_its_paper(frames: int) -> None:
    made = network()
    mel = torch.randn(3, 32, frames)
    for found, expected in zip(made(mel), by_the_paper(made.state_dict(), mel), strict=True):
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert made(mel).logits.std() > 0.01


def test_cnn14_has_as_many_weights_as_its_paper_says() -> None:
    with torch.device("meta"):
        made = Cnn14Shape().build()
        heard = made.eval()(torch.zeros(2, 64, 101))
    assert sum(weight.numel() for weight in made.parameters()) == 80_753_615
    assert heard.embedding.shape == (2, 2048) and heard.logits.shape == (2, 527)


def test_too_few_frames_bands_or_classes_are_refused() -> None:
    with pytest.raises(ValueError, match="31 frames; this network needs 32"):
        network()(torch.zeros(1, 32, 31))
    with pytest.raises(ValueError, match="knows no classes"):
        Cnn14(replace(SHAPE, classes=0))(torch.zeros(1, 32, 32))
    with pytest.raises(ValueError, match="16 mel bands; 6 blocks need 32"):
        Cnn14(Cnn14Shape(bands=16))


@pytest.mark.parametrize(
    "scale",
    [
        DecibelScale(),
        DecibelScale(sample_rate=48_000, hop_length=480),
        DecibelScale(sample_rate=48_000, hop_length=480, scale="htk", equal_area=False),
    ],
    ids=["panns", "unfused", "fused"],
)
def test_mel_energies_in_decibels_are_those_of_librosa(scale: DecibelScale) -> None:
    wave = 0.1 * torch.randn(2, 20_000, generator=torch.Generator().manual_seed(0))
    energies = librosa.feature.melspectrogram(
        y=wave.double().numpy(),
        sr=scale.sample_rate,
        n_fft=scale.n_fft,
        hop_length=scale.hop_length,
        n_mels=scale.bands,
        fmin=scale.low,
        fmax=scale.high,
        htk=scale.scale == "htk",
        norm="slaney" if scale.equal_area else None,
        pad_mode="reflect",
    )
    expected = torch.from_numpy(10 * np.log10(np.maximum(energies, 1e-10))).float()
    torch.testing.assert_close(DecibelMel(scale)(wave), expected, atol=2e-3, rtol=1e-4)


def test_a_few_frames_at_a_time_give_the_same_as_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    mel, wave = DecibelMel(DecibelScale()), torch.randn(2, 9000)
    whole = mel(wave)
    monkeypatch.setattr(decibel_mel, "AT_ONCE", 7)
    torch.testing.assert_close(mel(wave), whole, atol=1e-5, rtol=1e-6)


def test_silence_is_minus_100_decibels() -> None:
    assert torch.equal(DecibelMel(DecibelScale())(torch.zeros(1, 2000)), torch.full((1, 64, 7), -100.0))
