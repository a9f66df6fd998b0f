"""The discriminators are those of the dac and encodec packages: same weights, same scores and activations."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from dac_package import dac_class
from torch import Tensor, nn

from songloom.objectives.discriminators.discriminator import Judgement, complex_image
from songloom.objectives.discriminators.multi_band import MultiBand
from songloom.objectives.discriminators.multi_period import MultiPeriod
from songloom.objectives.discriminators.multi_scale import MultiScale
from songloom.objectives.discriminators.multi_scale_stft import MultiScaleStft

SAMPLES = 4621  # a prime, so that no period divides it


def wave() -> Tensor:
    return torch.randn(2, 1, SAMPLES, generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def copied(ours: nn.Module, theirs: nn.Module) -> None:
    """Their weights into ours, convolution by convolution in the order of construction."""
    pairs = zip(_convolutions(ours), _convolutions(theirs), strict=True)
    for mine, other in pairs:
        assert mine.weight.shape == other.weight.shape and mine.stride == other.stride and mine.groups == other.groups
        mine.weight = other.weight.detach()  # the parametrization takes its length and direction
        mine.bias.copy_(other.bias)


def _convolutions(network: nn.Module) -> list[Any]:
    return [module for module in network.modules() if isinstance(module, nn.Conv1d | nn.Conv2d)]


def same(ours: Judgement, score: Tensor, features: Sequence[Tensor]) -> bool:
    pairs = [(ours.score, score), *zip(ours.features, features, strict=True)]
    return all(torch.allclose(mine, other, atol=1e-5) for mine, other in pairs)


def module_of_dac() -> Any:
    dac_class()
    return sys.modules["dac.model.discriminator"]


@pytest.mark.parametrize("period", [2, 3, 5, 7, 11])
def test_the_multi_period_network_is_dacs(period: int) -> None:
    theirs = module_of_dac().MPD(period)
    ours = MultiPeriod(MultiPeriod.Config(periods=(period,)))
    copied(ours, theirs)
    with torch.no_grad():
        *features, score = theirs(wave())
        assert same(ours(wave())[0], score, features)


def test_the_multi_scale_network_is_dacs_but_for_its_slope() -> None:
    module = module_of_dac()
    theirs = module.MSD()
    ours = MultiScale(MultiScale.Config(scales=1))
    copied(ours, theirs)
    ours.networks[0].slope = 0.1  # MelGAN has 0.2
    with torch.no_grad():
        shown, features = wave(), []
        for layer in theirs.convs:
            shown = layer(shown)
            features.append(shown)
        assert same(ours(wave())[0], theirs.conv_post(shown), features)


@pytest.mark.parametrize("window", [512, 128])
def test_the_bands_of_a_spectrum_are_dacs(window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    module = module_of_dac()
    monkeypatch.setattr(module, "STFTParams", lambda **_: None)
    theirs = module.MRD(window)
    monkeypatch.setattr(theirs, "spectrogram", lambda image: [image[..., low:high] for low, high in theirs.bands])
    ours = MultiBand(MultiBand.Config(windows=(window,)))
    copied(ours, theirs)
    with torch.no_grad():
        *features, score = theirs(complex_image(wave(), window))
        assert same(ours(wave())[0], score, features)


def test_the_multi_scale_stft_network_is_encodecs(monkeypatch: pytest.MonkeyPatch) -> None:
    audio = types.ModuleType("torchaudio")
    transforms = types.ModuleType("torchaudio.transforms")
    vars(transforms)["Spectrogram"] = lambda **_: _spectrum
    vars(audio)["transforms"] = transforms
    monkeypatch.setitem(sys.modules, "torchaudio", audio)
    module = pytest.importorskip("encodec.msstftd")
    importlib.reload(module)
    theirs = module.DiscriminatorSTFT(filters=32, n_fft=256, hop_length=64, win_length=256)
    ours = MultiScaleStft(MultiScaleStft.Config(windows=(256,)))
    copied(ours, theirs)
    with torch.no_grad():
        score, features = theirs(wave())
        assert same(ours(wave())[0], score, features)


def _spectrum(shown: Tensor) -> Tensor:
    """The complex spectrum [B, C, bins, F], from the image that ours sees."""
    image = complex_image(shown, 256).transpose(-1, -2)
    return torch.complex(image[:, :1].contiguous(), image[:, 1:].contiguous())
