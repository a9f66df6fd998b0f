"""DAC's published layouts, written by the references with random weights, give the references' results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from dac_package import dac_class
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.layers import time_major
from songloom.published.load import load
from songloom.systems.codecs.dac import Dac

KWARGS: dict[str, dict[str, Any]] = {
    "44khz": {"encoder_rates": [2, 4, 8, 8], "sample_rate": 44_100, "n_codebooks": 9},
    "24khz": {"encoder_rates": [2, 4, 5, 8], "sample_rate": 24_000, "n_codebooks": 6},
    "44khz_16kbps": {"encoder_rates": [2, 4, 8], "sample_rate": 44_100, "n_codebooks": 5, "latent_dim": 24},
}
HUGGING_FACE = {
    "encoder_rates": "downsampling_ratios",
    "sample_rate": "sampling_rate",
    "encoder_dim": "encoder_hidden_size",
    "decoder_dim": "decoder_hidden_size",
    "n_codebooks": "n_codebooks",
}


def kwargs(name: str) -> dict[str, Any]:
    rates = KWARGS[name]["encoder_rates"]
    return KWARGS[name] | {"encoder_dim": 4, "decoder_dim": 64, "decoder_rates": rates[::-1], "codebook_size": 1024}


def stirred(model: nn.Module) -> nn.Module:
    """Random weights under which signals keep their size, and snakes that differ from channel to channel."""
    torch.manual_seed(3)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(("weight_g", "alpha")):
                parameter.uniform_(0.3, 0.9)
            elif name.endswith("bias"):
                parameter.normal_(0, 0.1)
            else:
                parameter.normal_(0, 1.0 if parameter.ndim < 3 else 0.6 * parameter[0].numel() ** -0.5)
    return model.eval()


class Package:
    """The dac package and its file."""

    def __init__(self, name: str, folder: Path) -> None:
        settings = kwargs(name)
        self.model = stirred(dac_class()(**settings))
        self.path = folder / f"weights_{name}.pth"
        content = {"state_dict": self.model.state_dict(), "metadata": {"kwargs": settings, "version": "0.0.1"}}
        torch.save(content, self.path)

    def encode(self, wave: Tensor, streams: int | None) -> tuple[Tensor, Tensor, Tensor]:
        latents = self.model.encoder(wave)
        quantized, codes, *_ = self.model.quantizer(latents, streams)
        return latents, codes, self.model.decode(quantized)


class HuggingFace:
    """transformers' twin and its folder."""

    def __init__(self, name: str, folder: Path) -> None:
        transformers = pytest.importorskip("transformers")
        settings = {theirs: kwargs(name)[ours] for ours, theirs in HUGGING_FACE.items()}
        self.model = stirred(transformers.DacModel(transformers.DacConfig(**settings)))
        self.path = folder / name
        self.model.save_pretrained(self.path)

    def encode(self, wave: Tensor, streams: int | None) -> tuple[Tensor, Tensor, Tensor]:
        latents = self.model.encoder(wave)
        quantized, codes, *_ = self.model.quantizer(latents, streams)
        return latents, codes, self.model.decoder(quantized)


CASES = [
    (Package, "44khz"),
    (Package, "24khz"),
    (Package, "44khz_16kbps"),
    (HuggingFace, "44khz"),
    (HuggingFace, "24khz"),
]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0].__name__} {case[1]}")
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Dac]:
    torch.set_num_threads(1)
    layout, name = request.param
    reference = layout(name, tmp_path_factory.mktemp("dac"))
    codec = load(reference.path)
    assert isinstance(codec, Dac)
    assert codec.sample_rate == kwargs(name)["sample_rate"]
    return reference, codec


def assert_same_codes(codec: Dac, latents: Tensor, ours: Tensor, theirs: Tensor) -> None:
    """Equal wherever the best entry is better than the second by more than float32 rounds, up to the first tie."""
    twin = Dac(codec.config).double()
    twin.load_state_dict(codec.state_dict())
    rows = rearrange(latents.double(), "b d f -> (b f) d")
    clear = torch.ones(len(rows), dtype=torch.bool)
    for place, book in enumerate(list(twin.quantizer.books)[: theirs.shape[1]]):
        scores = functional.normalize(book.inside(rows)) @ functional.normalize(book.entries).t()
        best, second = scores.topk(2).values.unbind(1)
        clear &= best - second > 1e-5
        wanted = theirs[:, place].flatten()
        assert torch.equal(ours[:, place].flatten()[clear], wanted[clear])
        rows = rows - book.decode(wanted)
    assert clear.float().mean() > 0.9


@pytest.mark.parametrize("shape", [(1, 1), (1, 511), (1, 2048), (3, 6001)], ids=str)
@pytest.mark.parametrize("wide", [time_major.WIDE, 1], ids=["all products", "fewer products"])
def test_latents_codes_and_waves_are_the_reference_ones(
    pair: tuple[Any, Dac], shape: tuple[int, int], wide: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, codec = pair
    monkeypatch.setattr(time_major, "WIDE", wide)
    wave = 0.3 * torch.randn(shape[0], 1, shape[1], generator=torch.Generator().manual_seed(shape[1]))
    whole = functional.pad(wave, (0, -shape[1] % codec.hop_length))
    with torch.no_grad():
        latents, codes, made = reference.encode(whole, None)
        assert made.std() > 0.01
        torch.testing.assert_close(codec.encode(wave), latents, atol=1e-4, rtol=0)
        assert_same_codes(codec, latents, codec.tokenize(wave), codes)
        ours = codec.detokenize(codes)
        assert ours.shape == whole.shape
        torch.testing.assert_close(ours[..., : made.shape[-1]], made, atol=1e-4, rtol=0)
        assert not ours[..., made.shape[-1] :].any()
        assert codec.detokenize(codes, length=shape[1]).shape == wave.shape


@pytest.mark.parametrize("streams", [1, 2, 4])
def test_fewer_books_are_the_reference_ones(pair: tuple[Any, Dac], streams: int) -> None:
    reference, codec = pair
    wave = 0.3 * torch.randn(2, 1, 8 * codec.hop_length, generator=torch.Generator().manual_seed(streams))
    with torch.no_grad():
        latents, codes, made = reference.encode(wave, streams)
        ours = codec.tokenize(wave, streams=streams)
        assert ours.shape == codes.shape
        assert_same_codes(codec, latents, ours, codes)
        torch.testing.assert_close(codec.detokenize(codes)[..., : made.shape[-1]], made, atol=1e-4, rtol=0)


def test_stereo_is_coded_channel_by_channel(pair: tuple[Any, Dac]) -> None:
    reference, codec = pair
    stereo = 0.3 * torch.randn(1, 2, 4 * codec.hop_length, generator=torch.Generator().manual_seed(1))
    folded = rearrange(stereo, "b c t -> (b c) 1 t")
    with torch.no_grad():
        _, codes, made = reference.encode(folded, None)
        torch.testing.assert_close(codec.detokenize(codes)[..., : made.shape[-1]], made, atol=1e-4, rtol=0)
        with pytest.raises(ValueError, match="wave"):
            codec.encode(stereo)


def package_file(tmp_path: Path, change: Any) -> Path:
    reference = Package("44khz_16kbps", tmp_path)
    content = torch.load(reference.path, weights_only=True)
    change(content)
    torch.save(content, reference.path)
    return reference.path


def test_a_missing_tensor_is_named(tmp_path: Path) -> None:
    path = package_file(tmp_path, lambda content: content["state_dict"].pop("decoder.model.1.block.0.alpha"))
    with pytest.raises(ValueError, match=r"lacks 1: decoder\.steps\.1\.snake\.alpha"):
        load(path)


def test_an_unknown_tensor_is_named(tmp_path: Path) -> None:
    path = package_file(tmp_path, lambda content: content["state_dict"].update(extra=torch.zeros(1)))
    with pytest.raises(ValueError, match="unknown keys, 1: extra"):
        load(path)


def test_settings_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    path = package_file(tmp_path, lambda content: content["metadata"]["kwargs"].update(n_codebooks="9"))
    with pytest.raises(ValueError, match="whole numbers"):
        load(path)


def test_the_sample_rate_of_old_files_is_in_their_name(tmp_path: Path) -> None:
    path = package_file(tmp_path, lambda content: content["metadata"]["kwargs"].pop("sample_rate"))
    assert load(path.rename(tmp_path / "weights_16khz.pth")).sample_rate == 16_000
