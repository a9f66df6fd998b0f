"""Stable Audio is diffusers', at random weights in both published layouts: a step, a trajectory, a whole piece."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.embeddings import get_1d_rotary_pos_embed
from safetensors.torch import load_file, save_file
from stable_audio_package import WIDTH, WINDOW, build, noise_of, save_pipeline, save_tools
from torch import Tensor

from songloom.conditioning.guidance import guide
from songloom.diffusion.processes import Flow
from songloom.published.files import Files
from songloom.published.load import load
from songloom.published.stable_audio import recognises
from songloom.published.stable_audio_settings import settings_of_tools
from songloom.systems.codecs.oobleck import Oobleck
from songloom.systems.generators.stable_audio import StableAudio
from songloom.systems.request import Request

PROMPT, NEGATIVE = "calm piano with strings", "furious metal"


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def pipeline() -> Any:
    made = build()
    made.set_progress_bar_config(disable=True)
    return made


@pytest.fixture(scope="module", params=["pipeline", "tools", "tools, pickled"])
def ours(request: pytest.FixtureRequest, pipeline: Any, tmp_path_factory: pytest.TempPathFactory) -> StableAudio:
    folder = tmp_path_factory.mktemp("stable-audio")
    if request.param == "pipeline":
        save_pipeline(pipeline, folder)
    else:
        save_tools(pipeline, folder, pickled="pickled" in request.param)
    system = load(folder)
    assert isinstance(system, StableAudio) and not system.training
    return system


def drawn(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


@torch.no_grad()
def test_one_prediction_is_that_of_diffusers(pipeline: Any, ours: StableAudio) -> None:
    x, tokens, vector = drawn(3, 4, WINDOW), drawn(3, 7, WIDTH), drawn(3, 2 * WIDTH)
    times = torch.tensor([0.2, 0.7, 0.999])
    expected = pipeline.transformer(
        x,
        times,
        encoder_hidden_states=tokens,
        global_hidden_states=vector[:, None],
        rotary_embedding=get_1d_rotary_pos_embed(32, WINDOW + 1, use_real=True, repeat_interleave_real=False),
        return_dict=False,
    )[0]
    assert expected.std() > 0.1
    made = ours.dit(x, times, ours.dit.given(tokens=tokens, vector=vector))
    torch.testing.assert_close(made, expected, atol=1e-4, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("prompt", [PROMPT, "calm", " ".join(["drums and strings"] * 9)])
def test_conditions_are_those_of_diffusers(pipeline: Any, ours: StableAudio, prompt: str) -> None:
    text = pipeline.encode_prompt(prompt, "cpu", False)
    start, total = pipeline.encode_duration(3.0, 41.5, "cpu", False, 1)
    tokens, vector = ours.conditions([prompt], torch.tensor([3.0]), torch.tensor([41.5]))
    torch.testing.assert_close(tokens, torch.cat([text, start, total], 1), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(vector, torch.cat([start, total], 2)[:, 0], atol=1e-4, rtol=1e-4)


def asked(**changes: Any) -> Request:
    return Request(**{"prompt": PROMPT, "seconds": 0.1, "seed": 7, "steps": 10, "guidance": 3.0} | changes)


@pytest.mark.parametrize("changes", [{}, {"guidance": 1.0}, {"negative_prompt": NEGATIVE}, {"steps": 20}], ids=str)
def test_a_trajectory_under_the_same_seed_is_that_of_diffusers(
    pipeline: Any, ours: StableAudio, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(**changes)
    monkeypatch.setattr(ours, "config", _sampled_like_diffusers(ours.config))
    generator = torch.Generator().manual_seed(request.seed)
    first = noise_of(generator, (1, 4, WINDOW), monkeypatch)
    expected = pipeline(
        request.prompt,
        audio_end_in_s=request.seconds,
        num_inference_steps=request.steps,
        guidance_scale=request.guidance,
        negative_prompt=request.negative_prompt,
        latents=first,
        output_type="latent",
    ).audios
    with torch.no_grad():
        made = ours.draw(request, None, request.seed)
    assert expected.std() > 0.1
    torch.testing.assert_close(made, expected, atol=1e-3, rtol=1e-3)


def _sampled_like_diffusers(config: StableAudio.Config) -> StableAudio.Config:
    """Published as v-models, both layouts may be sampled by either solver; diffusers has the second-order one."""
    return replace(config, sampling=replace(config.sampling, sampler="dpm-2m-sde"))


def test_a_whole_piece_is_that_of_the_pipeline(
    pipeline: Any, ours: StableAudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ours, "config", _sampled_like_diffusers(ours.config))
    first = noise_of(torch.Generator().manual_seed(7), (1, 4, WINDOW), monkeypatch)
    expected = pipeline(PROMPT, audio_end_in_s=0.1, num_inference_steps=10, guidance_scale=3.0, latents=first).audios
    made = ours.generate(asked())
    assert made.shape == expected.shape == (1, 2, 160)
    torch.testing.assert_close(made, expected.clamp(-1, 1), atol=1e-3, rtol=1e-3)


def test_both_layouts_say_the_same_settings_but_for_the_solver(pipeline: Any, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = load(save_pipeline(pipeline, tmp_path / "a")), load(save_tools(pipeline, tmp_path / "b"))
    assert isinstance(first, StableAudio) and isinstance(second, StableAudio)
    assert (first.config.sampling.sampler, second.config.sampling.sampler) == ("dpm-2m-sde", "dpm-3m-sde")
    assert _sampled_like_diffusers(second.config) == first.config
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name]), name


def test_the_codec_alone_still_loads_from_the_same_folder(pipeline: Any, tmp_path: Path) -> None:
    from songloom.published import oobleck

    folder = save_tools(pipeline, tmp_path)
    assert recognises(Files(folder)) and oobleck.recognises(Files(folder))
    assert isinstance(oobleck.load(folder), Oobleck)


def test_missing_tensors_are_named(pipeline: Any, tmp_path: Path) -> None:
    folder = save_tools(pipeline, tmp_path)
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.model.transformer.layers.1.cross_attn.to_kv.weight"]
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(ValueError, match=r"lacks 1: dit\.blocks\.1\.cross\.to_keys_values\.weight"):
        load(folder)


def test_buffers_of_zeros_may_be_left_out(pipeline: Any, tmp_path: Path) -> None:
    folder = save_tools(pipeline, tmp_path)
    tensors = load_file(folder / "model.safetensors")
    kept = {name: tensor for name, tensor in tensors.items() if not name.endswith(".beta") or "pretransform" in name}
    save_file(kept, folder / "model.safetensors")
    system = load(folder)
    assert isinstance(system, StableAudio) and not system.dit.each_block()[0].self_norm.bias.any()


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("diffusion", "config", "global_cond_type"), "adaLN", "global_cond_type is 'adaLN'"),
        (("diffusion", "config", "num_memory_tokens"), 64, "num_memory_tokens is 64"),
        (("diffusion", "diffusion_objective"), "magic", "needs a dit"),
        (("diffusion", "input_concat_ids"), ["mask"], "input_concat_ids"),
        (("diffusion", "global_cond_ids"), ["seconds_total"], "other conditions"),
        (("diffusion", "config", "attn_kwargs"), {"qk_norm": "rms"}, "qk_norm is 'rms'"),
        (("diffusion", "config", "embed_dim"), "128", "lacks embed_dim"),
    ],
)
def test_other_kinds_are_refused(
    pipeline: Any, tmp_path: Path, place: tuple[str, ...], value: object, said: str
) -> None:
    folder = save_tools(pipeline, tmp_path)
    config = json.loads((folder / "model_config.json").read_text())
    inner = config["model"]
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    (folder / "model_config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match=said):
        load(folder)


def test_a_text_encoder_that_is_not_here_is_named(pipeline: Any, tmp_path: Path) -> None:
    folder = save_tools(pipeline, tmp_path)
    config = json.loads((folder / "model_config.json").read_text())
    config["model"]["conditioning"]["configs"][0]["config"]["t5_model_name"] = "t5-none"
    (folder / "model_config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="t5-none is not here"):
        load(folder)


def test_the_settings_of_open_small_are_its_preset(pipeline: Any, tmp_path: Path) -> None:
    preset = StableAudio.presets()["stable-audio-open-small"]
    assert isinstance(preset, StableAudio.Config) and isinstance(preset.codec, Oobleck.Config)
    data = json.loads((save_tools(pipeline, tmp_path) / "model_config.json").read_text())
    model = data["model"]
    data["sample_size"] = 524_288
    model["diffusion"] |= {
        "cross_attention_cond_ids": ["prompt", "seconds_total"],
        "global_cond_ids": ["seconds_total"],
        "diffusion_objective": "rf_denoiser",
        "distribution_shift_options": {"min_length": 256, "max_length": 4096},
        "config": {
            "io_channels": 64,
            "embed_dim": 1024,
            "depth": 16,
            "num_heads": 8,
            "cond_token_dim": 768,
            "global_cond_dim": 768,
            "transformer_type": "continuous_transformer",
            "attn_kwargs": {"qk_norm": "ln"},
        },
    }
    prompt = {"id": "prompt", "type": "t5", "config": {"t5_model_name": "t5-base", "max_length": 64}}
    total = {"id": "seconds_total", "type": "number", "config": {"min_val": 0, "max_val": 256}}
    model["conditioning"] = {"configs": [prompt, total], "cond_dim": 768}
    assert settings_of_tools(data, preset.codec, preset.text, "a test") == preset
    assert isinstance(preset.process, Flow.Config)


def test_guidance_is_that_of_the_pipeline() -> None:
    conditional, unconditional = drawn(1, 2, 3), drawn(1, 3, 2).transpose(1, 2)
    expected = unconditional + 7 * (conditional - unconditional)
    torch.testing.assert_close(guide(torch.cat([conditional, unconditional]), 7.0), expected)
