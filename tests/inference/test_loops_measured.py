"""A loop that has gone through a codec is what the middle of its endless repetition is."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from songloom.audio.loops import roughness
from songloom.inference.loops import recoded
from songloom.systems import registry
from songloom.systems.roles import Codec

CONVOLUTIONAL = ("dac-tiny", "vq-vae-tiny", "soundstream-tiny")
OTHERS = ("encodec-tiny", "spectral-codec-tiny")


def built(name: str) -> Codec:
    torch.manual_seed(0)
    codec = registry.presets()[name].build().eval()
    assert isinstance(codec, Codec)
    return codec


def loop(codec: Codec, frames: float) -> Tensor:
    """Tones that go round in whole cycles, [C, T]."""
    samples = round(frames * codec.hop_length)
    turns = 2 * math.pi * torch.arange(samples) / samples
    tones = sum(torch.sin(k * turns + k) / k for k in (20, 33, 71, 150))
    return 0.3 * torch.as_tensor(tones).expand(codec.channels, -1)


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_a_loop_of_whole_frames_is_the_middle_of_its_repetition(name: str) -> None:
    codec = built(name)
    wave = loop(codec, 60)
    samples = wave.shape[-1]
    with torch.no_grad():
        endless = codec.detokenize(codec.tokenize(wave.repeat(1, 9)[None]))[0]
    middle = endless[:, 4 * samples : 5 * samples]
    made = recoded(codec, wave)
    assert made.shape == wave.shape
    assert torch.allclose(made, middle, atol=1e-4)
    with torch.no_grad():
        alone = codec.detokenize(codec.tokenize(wave[None]), length=samples)[0]
    assert float((alone - middle).abs().max()) > 10 * float((made - middle).abs().max())


@pytest.mark.parametrize("name", [*CONVOLUTIONAL, *OTHERS])
@pytest.mark.parametrize("frames", [60, 77.3, 3.7])
def test_the_seam_is_as_smooth_as_other_places(name: str, frames: float) -> None:
    codec = built(name)
    wave = loop(codec, frames)
    made = recoded(codec, wave)
    assert made.shape == wave.shape
    places = torch.randint(wave.shape[-1], (300,), generator=torch.Generator().manual_seed(0))
    others = roughness(made, codec.sample_rate, places)
    assert float(roughness(made, codec.sample_rate, torch.tensor([0]))) <= 1.2 * float(others.max())


def test_fewer_streams_and_wrong_waves() -> None:
    codec = built("encodec-tiny")
    wave = loop(codec, 30)
    assert not torch.equal(recoded(codec, wave, streams=1), recoded(codec, wave))
    with pytest.raises(ValueError, match="wave"):
        recoded(codec, wave.repeat(2, 1))
