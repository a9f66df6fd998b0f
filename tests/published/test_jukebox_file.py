"""Jukebox's published VQ-VAE: read in both layouts, equal to a twin that computes with the published names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from songloom.published import load as published
from songloom.published.jukebox import from_tensors

DOWNS, MULTIPLIERS, WIDTH, DEPTH, EMBEDDING, BINS = (2, 1, 1), (2, 1, 1), 4, 2, 6, 16


def state() -> dict[str, Tensor]:
    """Random tensors under the authors' names."""
    found: dict[str, Tensor] = {}
    generator = torch.Generator().manual_seed(0)

    def add(name: str, *shape: int, outputs: int | None = None) -> None:
        found[f"{name}.weight"] = 0.3 * torch.randn(shape, generator=generator)
        found[f"{name}.bias"] = 0.3 * torch.randn(outputs or shape[0], generator=generator)

    for level, multiple in enumerate(MULTIPLIERS):
        width, depth = multiple * WIDTH, multiple * DEPTH
        for block in range(level + 1):
            down = f"encoders.{level}.level_blocks.{block}.model"
            up = f"decoders.{level}.level_blocks.{block}.model"
            add(f"{up}.0", width, EMBEDDING, 3)
            add(f"{down}.{DOWNS[block]}", EMBEDDING, width, 3)
            for place in range(DOWNS[block]):
                add(f"{down}.{place}.0", width, width if place else EMBEDDING if block else 1, 4)
                last = EMBEDDING if place == DOWNS[block] - 1 else width
                add(f"{up}.{place + 1}.1", width, last, 4, outputs=last)
                for inner in range(depth):
                    for stack in (f"{down}.{place}.1", f"{up}.{place + 1}.0"):
                        add(f"{stack}.model.{inner}.model.1", width, width, 3)
                        add(f"{stack}.model.{inner}.model.3", width, width, 1)
        add(f"decoders.{level}.out", 1, EMBEDDING, 3)
        found[f"bottleneck.level_blocks.{level}.k"] = torch.randn(BINS, EMBEDDING, generator=generator)
    return found


class Twin:
    """The published network, written down once more from its table of names."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self.tensors = tensors

    def conv(self, name: str, wave: Tensor, **how: int) -> Tensor:
        return functional.conv1d(wave, self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"], **how)

    def residual(self, stack: str, wave: Tensor, dilations: list[int]) -> Tensor:
        for place, dilation in enumerate(dilations):
            inner = self.conv(f"{stack}.model.{place}.model.1", wave.relu(), dilation=dilation, padding=dilation)
            wave = wave + self.conv(f"{stack}.model.{place}.model.3", inner.relu())
        return wave

    def codes(self, wave: Tensor, level: int) -> Tensor:
        dilations = [3**place for place in range(MULTIPLIERS[level] * DEPTH)]
        for block in range(level + 1):
            name = f"encoders.{level}.level_blocks.{block}.model"
            for place in range(DOWNS[block]):
                wave = self.conv(f"{name}.{place}.0", wave, stride=2, padding=1)
                wave = self.residual(f"{name}.{place}.1", wave, dilations)
            wave = self.conv(f"{name}.{DOWNS[block]}", wave, padding=1)
        book = self.tensors[f"bottleneck.level_blocks.{level}.k"]
        return torch.cdist(wave.transpose(1, 2), book[None]).argmin(-1)

    def wave(self, codes: Tensor, level: int) -> Tensor:
        dilations = [3**place for place in range(MULTIPLIERS[level] * DEPTH)][::-1]
        inner = self.tensors[f"bottleneck.level_blocks.{level}.k"][codes].transpose(1, 2)
        for block in range(level, -1, -1):
            name = f"decoders.{level}.level_blocks.{block}.model"
            inner = self.conv(f"{name}.0", inner, padding=1)
            for place in range(DOWNS[block]):
                inner = self.residual(f"{name}.{place + 1}.0", inner, dilations)
                weight, bias = (self.tensors[f"{name}.{place + 1}.1.{part}"] for part in ("weight", "bias"))
                inner = functional.conv_transpose1d(inner, weight, bias, stride=2, padding=1)
        return self.conv(f"decoders.{level}.out", inner, padding=1)


def hub_name(name: str) -> str:
    """An authors' name as Hugging Face's converter writes it."""
    name = name.replace(".k", ".codebook") if name.endswith(".k") else name
    name = re.sub(r"\.model\.(\d+)\.model\.1\.", r".resnet_block.\1.conv1d_1.", name)
    name = re.sub(r"\.model\.(\d+)\.model\.3\.", r".resnet_block.\1.conv1d_2.", name)
    if name.startswith("encoders"):
        name = re.sub(r"\.model\.(\d+)\.([01])\.", lambda m: f".downsample_block.{2 * int(m[1]) + int(m[2])}.", name)
        return re.sub(r"\.model\.\d+\.", ".proj_out.", name)
    name = re.sub(r"\.model\.(\d+)\.([01])\.", lambda m: f".upsample_block.{2 * int(m[1]) + int(m[2]) - 2}.", name)
    return name.replace(".model.0.", ".proj_in.")


@pytest.fixture(scope="module")
def tensors() -> dict[str, Tensor]:
    torch.set_num_threads(1)
    return state()


@pytest.fixture
def file(tensors: dict[str, Tensor], tmp_path: Path) -> Path:
    path = tmp_path / "vqvae.pth.tar"
    packed = {f"module.{name}": tensor for name, tensor in tensors.items()}
    torch.save({"hps": {"sr": 44100, "l_bins": BINS}, "model": packed, "opt": None, "step": 3}, path)
    return path


def test_the_published_file_gives_the_codes_and_waves_of_the_twin(file: Path, tensors: dict[str, Tensor]) -> None:
    system, twin = published.load(file), Twin(tensors)
    assert (system.config.halvings, system.config.multipliers) == (DOWNS, MULTIPLIERS)
    wave = 0.5 * torch.randn(2, 1, 640, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        codes = system.tokenize(wave)
        assert codes.shape == (2, 1 + 2 + 4, 640 // 16)
        for level, streams in ((2, slice(0, 1)), (1, slice(1, 3)), (0, slice(3, 7))):
            expected = twin.codes(wave, level)
            assert torch.equal(codes[:, streams].transpose(1, 2).flatten(1), expected)
            made = system.detokenize(codes[:, : streams.stop])
            torch.testing.assert_close(made, twin.wave(expected, level), atol=1e-4, rtol=0)


def test_the_names_of_the_hub_give_the_same(tensors: dict[str, Tensor], tmp_path: Path) -> None:
    hub = {f"vqvae.{hub_name(name)}": tensor for name, tensor in tensors.items()} | {"priors.0.x": torch.zeros(1)}
    torch.save(hub, tmp_path / "pytorch_model.bin")
    system, other = published.load(tmp_path), from_tensors(tensors, "memory")
    assert system.config == other.config
    for name, tensor in system.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name])


def test_a_missing_tensor_is_named(tensors: dict[str, Tensor]) -> None:
    lacking = "decoders.1.level_blocks.0.model.1.1.bias"
    with pytest.raises(ValueError, match=r"lacks 1: levels\.1\.decoder\.1\.twices\.0\.bias"):
        from_tensors({name: tensor for name, tensor in tensors.items() if name != lacking}, "memory")


@pytest.mark.parametrize("lost", ["bottleneck.level_blocks.0.k", "encoders.1.level_blocks.0.model.0.0.weight"])
def test_a_file_without_a_level_is_refused(tensors: dict[str, Tensor], lost: str) -> None:
    with pytest.raises(ValueError, match="not a whole VQ-VAE"):
        from_tensors({name: tensor for name, tensor in tensors.items() if name != lost}, "memory")


def test_an_unknown_tensor_is_named(tensors: dict[str, Tensor]) -> None:
    with pytest.raises(ValueError, match=r"unknown keys, 1: encoders\.0\.extra"):
        from_tensors(tensors | {"encoders.0.extra": torch.zeros(1)}, "memory")


def test_a_prior_is_not_taken_for_a_codec(tmp_path: Path) -> None:
    torch.save({"hps": {}, "model": {"prior.x_emb.weight": torch.zeros(4, 4)}}, tmp_path / "prior.pth.tar")
    with pytest.raises(ValueError, match="not a whole VQ-VAE"):
        published.load(tmp_path / "prior.pth.tar")
