"""A folder of TANGO's authors gives the numbers of the parts that it was written from, at random tiny weights."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import mel_pipelines
import pytest
import torch
from diffusers import UNet2DConditionModel
from mel_pipelines import CHANNELS, LEVELS, SCALING, WORDS, spread
from torch import Tensor
from transformers import T5Config, T5EncoderModel

from songloom.published import hifigan, tango
from songloom.published.files import Files
from songloom.published.load import families_of, load
from songloom.systems.codecs.mel_codec import rows_of
from songloom.systems.codecs.mel_vae import MelVae
from songloom.systems.request import Request

LEVEL_COUNT = 3
VAE_NAMES = [
    (r"encoder\.down_blocks\.(\d+)\.resnets\.(\d+)\.", r"encoder.down.\1.block.\2."),
    (r"encoder\.down_blocks\.(\d+)\.downsamplers\.0\.", r"encoder.down.\1.downsample."),
    (r"\.mid_block\.resnets\.0\.", ".mid.block_1."),
    (r"\.mid_block\.resnets\.1\.", ".mid.block_2."),
    (r"\.mid_block\.attentions\.0\.group_norm\.", ".mid.attn_1.norm."),
    (r"\.mid_block\.attentions\.0\.to_out\.0\.", ".mid.attn_1.proj_out."),
    (r"\.mid_block\.attentions\.0\.to_([qkv])\.", r".mid.attn_1.\1."),
    (r"\.conv_shortcut\.", ".nin_shortcut."),
    (r"\.conv_norm_out\.", ".norm_out."),
]


def of_authors(name: str) -> str:
    """A name of diffusers' autoencoder in the words of latent diffusion's first code."""
    for theirs, ours in VAE_NAMES:
        name = re.sub(theirs, ours, name)
    turned = re.match(r"decoder\.up_blocks\.(\d+)\.(?:resnets\.(\d+)|upsamplers\.0)\.(.+)", name)
    if turned is None:
        return name
    level = LEVEL_COUNT - 1 - int(turned[1])
    inner = "upsample" if turned[2] is None else f"block.{turned[2]}"
    return f"decoder.up.{level}.{inner}.{turned[3]}"


@pytest.fixture(scope="module")
def parts() -> dict[str, Any]:
    common = mel_pipelines.common()
    levels = LEVELS | {
        "down_block_types": ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    }
    heads = {"attention_head_dim": [2, 4, 8], "use_linear_projection": True}
    words = T5Config(
        vocab_size=len(WORDS), d_model=32, d_kv=8, d_ff=40, num_layers=2, num_heads=4, feed_forward_proj="gated-gelu"
    )
    return {
        "vae": common["vae"],
        "vocoder": common["vocoder"],
        "unet": spread(UNet2DConditionModel(**levels, cross_attention_dim=32, **heads), 3),
        "text_encoder": spread(T5EncoderModel(words), 4),
    }


@pytest.fixture(scope="module")
def folder(parts: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As the authors publish it."""
    place = tmp_path_factory.mktemp("tango")
    main = {f"{part}.{name}": t for part in ("unet", "text_encoder") for name, t in parts[part].state_dict().items()}
    vae = {of_authors(name): tensor for name, tensor in parts["vae"].state_dict().items()}
    vae = {n: t[..., None, None] if re.search(r"attn_1\.(q|k|v|proj_out)\.weight", n) else t for n, t in vae.items()}
    for name, tensor in parts["vocoder"].state_dict().items():
        if name not in ("mean", "scale"):
            vae["vocoder." + name.replace("upsampler.", "ups.")] = tensor
    torch.save(main, place / "pytorch_model_main.bin")
    torch.save(vae, place / "pytorch_model_vae.bin")
    torch.save({"mel_basis": torch.zeros(2, 2)}, place / "pytorch_model_stft.bin")
    settings = {"text_encoder_name": "google/flan-t5-large", "scheduler_name": "stabilityai/stable-diffusion-2-1"}
    settings |= {"unet_model_name": None, "unet_model_config_path": "configs/tiny.json", "snr_gamma": 5.0}
    form = {"double_z": True, "z_channels": CHANNELS, "in_channels": 1, "out_ch": 1, "ch": 8, "ch_mult": [1, 2, 2]}
    form |= {"num_res_blocks": 1, "attn_resolutions": [], "downsample_time": False, "num_groups": 4}
    (place / "main_config.json").write_text(json.dumps(settings))
    (place / "vae_config.json").write_text(
        json.dumps({"embed_dim": CHANNELS, "subband": 1, "ddconfig": form, "scale_factor": SCALING})
    )
    (place / "configs").mkdir()
    parts["unet"].save_config(place / "configs")
    (place / "configs" / "config.json").rename(place / "configs" / "tiny.json")
    mel_pipelines.t5_tokenizer().save_pretrained(place)
    return place


@pytest.fixture(scope="module")
def system(folder: Path, parts: dict[str, Any]) -> tango.Tango:
    return tango.load(folder, hifigan.settings(parts["vocoder"].config.to_dict(), "a test"))


def drawn(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


def close(made: Tensor, expected: Tensor) -> None:
    assert expected.std() > 0.05
    torch.testing.assert_close(made, expected, atol=1e-4, rtol=1e-4)


def test_the_folder_is_known_as_one_family(folder: Path) -> None:
    assert [family.__name__ for family in families_of(Files(folder))] == [tango.__name__]


@torch.no_grad()
def test_one_prediction_is_that_of_diffusers(system: tango.Tango, parts: dict[str, Any]) -> None:
    image, words, mask = drawn(2, CHANNELS, 16, 4), drawn(2, 6, 32), torch.arange(6) < torch.tensor([[6], [2]])
    expected = parts["unet"](image, 700, encoder_hidden_states=words, encoder_attention_mask=mask).sample
    close(system.unet(image, torch.tensor(700), system.unet.given([(words, mask)])), expected)


@torch.no_grad()
def test_words_are_those_of_transformers(system: tango.Tango, parts: dict[str, Any]) -> None:
    ids = torch.tensor([system.words.tokens("calm piano with strings")])
    close(system.words.marked(["calm piano with strings"]).vectors, parts["text_encoder"](input_ids=ids)[0])


@torch.no_grad()
def test_latents_and_mel_frames_are_those_of_diffusers(system: tango.Tango, parts: dict[str, Any]) -> None:
    codec = system.codec
    assert isinstance(codec, MelVae)
    image = drawn(1, 1, 32, 16)
    close(rows_of(codec.encode_image(image), codec.rows), SCALING * parts["vae"].encode(image).latent_dist.mean)
    latents = drawn(1, CHANNELS * codec.rows, 8)
    close(codec.decode_image(latents), parts["vae"].decode(rows_of(latents, codec.rows) / SCALING).sample)


@torch.no_grad()
def test_the_vocoder_is_that_of_transformers(system: tango.Tango, parts: dict[str, Any]) -> None:
    frames = drawn(1, 30, 16)
    codec: Any = system.codec
    inside = slice(0, 4000)  # theirs has a few samples more, so that ends differ
    close(codec.vocoder.vocoder(frames.mT)[0, 0, inside], parts["vocoder"](frames)[0, inside])


@torch.no_grad()
def test_a_piece_is_made(system: tango.Tango) -> None:
    wave = system.generate(Request(prompt="calm piano", seconds=0.5, steps=2))
    assert wave.shape == (1, 1, 8000) and bool(wave.isfinite().all())


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"unet_model_name": "stabilityai/stable-diffusion-2-1"}, "has its own U-Net"),
        ({"scheduler_name": "other"}, "scheduler 'other'"),
        ({"unet_model_config_path": None}, "does not fit|has unknown keys"),
    ],
)
def test_other_tangos_are_refused(folder: Path, tmp_path: Path, change: dict[str, Any], error: str) -> None:
    for file in folder.iterdir():
        if file.is_file():
            (tmp_path / file.name).symlink_to(file)
    settings = json.loads((folder / "main_config.json").read_text()) | change
    (tmp_path / "main_config.json").unlink()
    (tmp_path / "main_config.json").write_text(json.dumps(settings))
    with pytest.raises(ValueError, match=error):
        load(tmp_path)
