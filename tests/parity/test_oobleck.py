"""Oobleck's published layouts with random weights give what diffusers' AutoencoderOobleck gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from songloom.layers import time_major
from songloom.published.load import load
from songloom.systems.codecs.oobleck import Oobleck

STRIDES, MULTIPLES = [2, 4, 8], [1, 2, 4]


@pytest.fixture(scope="module")
def reference() -> Any:
    """A small AutoencoderOobleck under whose weights signals keep their size."""
    diffusers = pytest.importorskip("diffusers")
    torch.set_num_threads(1)
    torch.manual_seed(3)
    model = diffusers.AutoencoderOobleck(
        encoder_hidden_size=8,
        downsampling_ratios=STRIDES,
        channel_multiples=MULTIPLES,
        decoder_channels=8,
        decoder_input_channels=4,
    )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("weight_g"):
                parameter.uniform_(0.3, 0.9)
            else:
                parameter.normal_(0, 0.3)
    return model.eval()


def by_place(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """diffusers' tensors under the names of stable-audio-tools, whose parts are numbered in nested sequences."""
    last, result = len(STRIDES) + 1, {}
    for name, tensor in tensors.items():
        side, *path, kind = name.split(".")
        places = {"snake1": "0", "conv1": "1", "snake2": "2", "conv2": "3"}
        if path[0] == "block":
            stage, part = str(int(path[1]) + 1), path[2]
            if part.startswith("res_unit"):
                unit = int(part[-1]) - 1 + (2 if side == "decoder" else 0)
                inner = [str(unit), "layers", places[path[3]]]
            else:
                inner = [
                    str(("snake1", "conv_t1").index(part) if side == "decoder" else {"snake1": 3, "conv1": 4}[part])
                ]
            new = [side, "layers", stage, "layers", *inner, kind]
        else:
            new = [side, "layers", {"conv1": "0", "snake1": str(last), "conv2": str(last + 1)}[path[0]], kind]
        result[".".join(new)] = tensor.flatten() if kind in ("alpha", "beta") else tensor.clone()
    return result


def settings() -> dict[str, Any]:
    shape = {"channels": 8, "c_mults": MULTIPLES, "strides": STRIDES, "use_snake": True}
    return {
        "encoder": {"type": "oobleck", "config": {"in_channels": 2, "latent_dim": 8, **shape}},
        "decoder": {"type": "oobleck", "config": {"out_channels": 2, "latent_dim": 4, "final_tanh": False, **shape}},
        "bottleneck": {"type": "vae"},
        "latent_dim": 4,
        "downsampling_ratio": 64,
        "io_channels": 2,
    }


def write_alone(reference: Any, folder: Path) -> None:
    config = {"model_type": "autoencoder", "sample_rate": 44_100, "model": settings()}
    (folder / "model_config.json").write_text(json.dumps(config))
    torch.save({"state_dict": by_place(reference.state_dict())}, folder / "model.ckpt")


def write_inside(reference: Any, folder: Path) -> None:
    pretransform = {"type": "autoencoder", "iterate_batch": True, "config": settings()}
    config = {"model_type": "diffusion_cond", "sample_rate": 44_100, "model": {"pretransform": pretransform}}
    (folder / "model_config.json").write_text(json.dumps(config))
    tensors = {f"pretransform.model.{name}": tensor for name, tensor in by_place(reference.state_dict()).items()}
    save_file(tensors | {"model.model.preprocess_conv.weight": torch.zeros(2, 2, 1)}, folder / "model.safetensors")


def write_diffusers(reference: Any, folder: Path) -> None:
    reference.save_pretrained(folder)


def write_pipeline(reference: Any, folder: Path) -> None:
    (folder / "model_index.json").write_text(json.dumps({"vae": ["diffusers", "AutoencoderOobleck"]}))
    reference.save_pretrained(folder / "vae")


@pytest.fixture(scope="module", params=[write_alone, write_inside, write_diffusers, write_pipeline])
def codec(request: pytest.FixtureRequest, reference: Any, tmp_path_factory: pytest.TempPathFactory) -> Oobleck:
    folder = tmp_path_factory.mktemp("oobleck")
    request.param(reference, folder)
    codec = load(folder)
    assert isinstance(codec, Oobleck)
    return codec


@pytest.mark.parametrize("shape", [(1, 1), (1, 2049), (3, 5000)], ids=str)
@pytest.mark.parametrize("wide", [time_major.WIDE, 1], ids=["all products", "fewer products"])
def test_latents_and_waves_are_the_reference_ones(
    reference: Any, codec: Oobleck, shape: tuple[int, int], wide: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_major, "WIDE", wide)
    wave = 0.3 * torch.randn(shape[0], 2, shape[1], generator=torch.Generator().manual_seed(shape[1]))
    whole = functional.pad(wave, (0, -shape[1] % codec.hop_length))
    with torch.no_grad():
        posterior = reference.encode(whole).latent_dist
        means, deviations = codec.bottleneck.split(codec.posterior(wave))
        torch.testing.assert_close(codec.encode(wave), posterior.mean, atol=1e-4, rtol=0)
        torch.testing.assert_close(means, posterior.mean, atol=1e-4, rtol=0)
        torch.testing.assert_close(deviations, posterior.std, atol=1e-4, rtol=0)
        made = reference.decode(posterior.mean).sample
        assert made.std() > 0.1
        torch.testing.assert_close(codec.decode(posterior.mean), made, atol=1e-4, rtol=0)


def test_other_kinds_of_oobleck_are_refused(reference: Any, tmp_path: Path) -> None:
    write_alone(reference, tmp_path)
    config = json.loads((tmp_path / "model_config.json").read_text())
    config["model"]["decoder"]["config"]["final_tanh"] = True
    (tmp_path / "model_config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="another kind"):
        load(tmp_path)


def test_a_missing_tensor_is_named(reference: Any, tmp_path: Path) -> None:
    write_alone(reference, tmp_path)
    tensors = by_place(reference.state_dict())
    del tensors["decoder.layers.1.layers.2.layers.0.beta"]
    torch.save({"state_dict": tensors}, tmp_path / "model.ckpt")
    with pytest.raises(ValueError, match=r"lacks 1: decoder\.steps\.1\.units\.0\.first\.beta"):
        load(tmp_path)
