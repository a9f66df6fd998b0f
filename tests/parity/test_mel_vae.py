"""The mel-VAE and its vocoder with random weights give what diffusers' and transformers' models give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from songloom.published.load import load
from songloom.systems.codecs.hifigan import HifiGan
from songloom.systems.codecs.mel_codec import packed, rows_of
from songloom.systems.codecs.mel_vae import MelVae

WIDTHS, CHANNELS, BANDS, SCALING = (8, 16, 24), 4, 16, 0.37


def spread(model: torch.nn.Module, deviation: float) -> torch.nn.Module:
    """Weights under which every layer counts."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, deviation)
    return model.eval()


@pytest.fixture(scope="module")
def autoencoder() -> Any:
    diffusers = pytest.importorskip("diffusers")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = diffusers.AutoencoderKL(
        in_channels=1,
        out_channels=1,
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=WIDTHS,
        latent_channels=CHANNELS,
        layers_per_block=2,
        norm_num_groups=4,
        sample_size=64,
        scaling_factor=SCALING,
    )
    return spread(model, 0.2)


def speecht5(**settings: Any) -> Any:
    transformers = pytest.importorskip("transformers")
    torch.set_num_threads(1)
    torch.manual_seed(1)
    config = transformers.SpeechT5HifiGanConfig(
        model_in_dim=BANDS,
        sampling_rate=16_000,
        upsample_initial_channel=16,
        resblock_kernel_sizes=[3, 5],
        resblock_dilation_sizes=[[1, 3], [1, 3]],
        **settings,
    )
    return spread(transformers.SpeechT5HifiGan(config), 0.15)


@pytest.fixture(scope="module")
def vocoder() -> Any:
    """Rates and kernels of different parity, as in AudioLDM."""
    return speecht5(upsample_rates=[5, 4, 4, 2], upsample_kernel_sizes=[16, 16, 8, 4], normalize_before=False)


@pytest.fixture(scope="module")
def folder(autoencoder: Any, vocoder: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline's folder."""
    path = tmp_path_factory.mktemp("pipeline")
    autoencoder.save_pretrained(path / "vae")
    vocoder.save_pretrained(path / "vocoder")
    index = {"vae": ["diffusers", "AutoencoderKL"], "vocoder": ["transformers", "SpeechT5HifiGan"]}
    (path / "model_index.json").write_text(json.dumps({"_class_name": "AudioLDM2Pipeline", **index}))
    return path


def image(frames: int, items: int = 2) -> Tensor:
    return 3 * torch.randn(items, 1, frames, BANDS, generator=torch.Generator().manual_seed(frames)) - 4


@pytest.mark.parametrize("frames", [4, 12, 100])
def test_latents_and_images_are_those_of_diffusers(folder: Path, autoencoder: Any, frames: int) -> None:
    system = load(folder)
    assert isinstance(system, MelVae)
    with torch.no_grad():
        expected = autoencoder.encode(image(frames)).latent_dist.mean * SCALING
        latents = system.encode_image(image(frames))
        assert latents.shape == (2, CHANNELS * BANDS // 4, frames // 4)
        torch.testing.assert_close(rows_of(latents, BANDS // 4), expected, atol=1e-4, rtol=0)
        drawn = torch.randn_like(expected)
        made = autoencoder.decode(drawn / SCALING).sample
        torch.testing.assert_close(system.decode_image(packed(drawn)), made, atol=1e-4, rtol=0)


@pytest.mark.parametrize("samples", [1, 2000, 16_001])
def test_a_wave_goes_through_as_in_the_pipeline(folder: Path, autoencoder: Any, vocoder: Any, samples: int) -> None:
    system = load(str(folder / "vae"))
    wave = 0.3 * torch.randn(2, 1, samples, generator=torch.Generator().manual_seed(samples))
    with torch.no_grad():
        latents = system.encode(wave)
        expected = autoencoder.encode(system.image(wave)).latent_dist.mean * SCALING
        torch.testing.assert_close(rows_of(latents, BANDS // 4), expected, atol=1e-4, rtol=0)
        mel = autoencoder.decode(rows_of(latents, BANDS // 4) / SCALING).sample
        made = system.decode(latents, length=samples)[:, 0]
        torch.testing.assert_close(made, vocoder(mel[:, 0])[:, :samples], atol=1e-4, rtol=0)


@pytest.mark.parametrize("frames", [1, 7, 60])
def test_the_vocoder_is_that_of_transformers(folder: Path, vocoder: Any, frames: int) -> None:
    system = load(folder / "vocoder")
    assert isinstance(system, HifiGan)
    mel = torch.randn(3, BANDS, frames, generator=torch.Generator().manual_seed(frames))
    with torch.no_grad():
        expected = vocoder(mel.transpose(1, 2))[:, : frames * 160]
        torch.testing.assert_close(system.decode(mel)[:, 0], expected, atol=1e-4, rtol=0)


def test_a_vocoder_that_normalises_hears_as_speecht5_does(tmp_path: Path) -> None:
    reference = speecht5(upsample_rates=[16, 16], upsample_kernel_sizes=[32, 32], normalize_before=True)
    reference.mean.normal_()
    reference.scale.uniform_(0.5, 2)
    reference.save_pretrained(tmp_path / "vocoder")
    system = load(tmp_path / "vocoder")
    transformers = pytest.importorskip("transformers")
    extractor = transformers.SpeechT5FeatureExtractor(num_mel_bins=BANDS)
    wave = 0.3 * torch.randn(16_000, generator=torch.Generator().manual_seed(0))
    mel = torch.from_numpy(extractor(audio_target=wave.numpy(), sampling_rate=16_000).input_values)
    with torch.no_grad():
        inner = slice(4, -4)  # their ends mirror the wave, ours are silent
        torch.testing.assert_close(
            system.encode(wave[None, None])[..., inner], mel.mT[..., :63][..., inner], atol=1e-3, rtol=0
        )
        torch.testing.assert_close(system.decode(mel.mT)[:, 0], reference(mel), atol=1e-4, rtol=0)


def test_without_a_vocoder_griffin_lim_makes_the_sound(autoencoder: Any, tmp_path: Path) -> None:
    autoencoder.save_pretrained(tmp_path / "alone")
    system = load(tmp_path / "alone")
    assert system.vocoder is None and system.frozen == ()
    with torch.no_grad():
        assert system.decode(system.encode(torch.randn(1, 1, 3000)), length=3000).shape == (1, 1, 3000)


@pytest.mark.parametrize("change", [{"in_channels": 3}, {"mid_block_add_attention": False}, {"latent_channels": None}])
def test_settings_of_another_family_are_refused(folder: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    config = json.loads((folder / "vae" / "config.json").read_text()) | change
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="no settings of a mel autoencoder"):
        load(tmp_path)


def test_older_names_of_the_attention_are_read(folder: Path, autoencoder: Any, tmp_path: Path) -> None:
    older = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    tensors = autoencoder.state_dict()
    for new, old in older.items():
        tensors = {name.replace(f".{new}.", f".{old}."): tensor for name, tensor in tensors.items()}
    (tmp_path / "config.json").write_text((folder / "vae" / "config.json").read_text())
    torch.save(tensors, tmp_path / "diffusion_pytorch_model.bin")
    own = load(folder).state_dict()
    for name, tensor in load(tmp_path).state_dict().items():
        assert torch.equal(tensor, own[name])


def test_a_missing_tensor_is_named(folder: Path, autoencoder: Any, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text((folder / "vae" / "config.json").read_text())
    lacking = {name: tensor for name, tensor in autoencoder.state_dict().items() if name != "quant_conv.bias"}
    torch.save(lacking, tmp_path / "diffusion_pytorch_model.bin")
    with pytest.raises(ValueError, match=r"lacks 1: moments\.bias"):
        load(tmp_path)
