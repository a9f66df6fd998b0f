"""diffusers' Stable Audio at tiny random weights, its pipeline with noise of our choosing, and its files."""

from __future__ import annotations

import json
import re
import sys
import types
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderOobleck, StableAudioDiTModel
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch import Tensor
from transformers import PreTrainedTokenizerFast, T5Config, T5EncoderModel

WIDTH, WINDOW, TEXT_LENGTH, RATE = 64, 24, 10, 1600
WORDS = ["</s>", "<pad>", "<unk>", "calm", "furious", "piano", "metal", "with", "drums", "and", "strings"]
TRANSFORMER = {
    "sample_size": WINDOW,
    "in_channels": 4,
    "out_channels": 4,
    "num_layers": 3,
    "attention_head_dim": 64,
    "num_attention_heads": 2,
    "num_key_value_attention_heads": 1,
    "cross_attention_dim": WIDTH,
    "time_proj_dim": 256,
    "global_states_input_dim": 2 * WIDTH,
    "cross_attention_input_dim": WIDTH,
}
CODEC = {
    "encoder_hidden_size": 8,
    "downsampling_ratios": [2, 4],
    "channel_multiples": [1, 2],
    "decoder_channels": 8,
    "decoder_input_channels": 4,
    "audio_channels": 2,
    "sampling_rate": RATE,
}


def spread(model: Any, seed: int) -> Any:
    """Every weight random, those that begin at 0 or 1 too."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            size = parameter.shape[-1] if parameter.ndim > 1 and not name.endswith(("alpha", "beta")) else 50
            drawn = torch.randn(parameter.shape, generator=generator) / size**0.5
            parameter.copy_(1 + 0.1 * drawn if "norm" in name and name.endswith("weight") else drawn)
    return model.eval()


def tokenizer() -> Any:
    words = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 0)])
    return PreTrainedTokenizerFast(
        tokenizer_object=words, eos_token="</s>", pad_token="<pad>", unk_token="<unk>", model_max_length=TEXT_LENGTH
    )


def build() -> Any:
    """diffusers' pipeline. Its noise comes from a package that these tests do without: see `noise_of`."""
    stub = types.ModuleType("torchsde")
    sys.modules.setdefault("torchsde", stub)
    from diffusers.pipelines.stable_audio.modeling_stable_audio import StableAudioProjectionModel
    from diffusers.pipelines.stable_audio.pipeline_stable_audio import StableAudioPipeline
    from diffusers.schedulers.scheduling_cosine_dpmsolver_multistep import CosineDPMSolverMultistepScheduler

    text = T5Config(vocab_size=len(WORDS), d_model=WIDTH, d_kv=8, d_ff=40, num_layers=2, num_heads=4)
    codec = spread(AutoencoderOobleck(**CODEC), 1)
    for module in codec.modules():
        if hasattr(module, "weight_g"):
            module.weight_g.data.copy_(0.6 + 0.4 * torch.rand(module.weight_g.shape))
    with torch.no_grad():  # audible, but not clipped
        loud = codec.decode(3 * torch.randn(1, 4, WINDOW)).sample
        codec.decoder.conv2.weight_g.div_(5 * loud.std())
    return StableAudioPipeline(
        vae=codec,
        text_encoder=spread(T5EncoderModel(text), 2),
        projection_model=spread(StableAudioProjectionModel(WIDTH, WIDTH, 0, 512), 3),
        tokenizer=tokenizer(),
        transformer=spread(StableAudioDiTModel(**TRANSFORMER), 4),
        scheduler=CosineDPMSolverMultistepScheduler(
            sigma_min=0.3, sigma_max=500, sigma_data=1.0, prediction_type="v_prediction", solver_order=2
        ),
    )


def noise_of(generator: torch.Generator, shape: tuple[int, ...], monkeypatch: Any) -> Tensor:
    """First noise of a shape; the scheduler draws the rest from the same generator."""
    module = sys.modules["diffusers.schedulers.scheduling_cosine_dpmsolver_multistep"]

    class Sampler:
        def __init__(self, x: Tensor, **_: Any) -> None:
            self.shape = x.shape

        def __call__(self, *_: Any) -> Tensor:
            return torch.randn(self.shape, generator=generator)

    monkeypatch.setattr(module, "BrownianTreeNoiseSampler", Sampler)
    return torch.randn(shape, generator=generator)


def save_pipeline(pipeline: Any, folder: Path) -> Path:
    for name in ("vae", "text_encoder", "projection_model", "tokenizer", "transformer", "scheduler"):
        getattr(pipeline, name).save_pretrained(folder / name)
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "StableAudioPipeline"}))
    return folder


def save_tools(pipeline: Any, folder: Path, *, pickled: bool = False) -> Path:
    """The same model as stable-audio-tools stores it (shared/formats of the published converter, read backwards)."""
    for name in ("text_encoder", "tokenizer"):
        getattr(pipeline, name).save_pretrained(folder / "t5")
    tensors = _transformer(pipeline.transformer.state_dict())
    for key, tensor in pipeline.projection_model.state_dict().items():
        side, rest = re.fullmatch(r"(start|end)_number_conditioner\.time_positional_embedding\.(.+)", key).groups()  # type: ignore[union-attr]
        name = {"start": "seconds_start", "end": "seconds_total"}[side]
        tensors[f"conditioner.conditioners.{name}.embedder.embedding.{rest}"] = tensor.clone()
    tensors |= {f"pretransform.model.{name}": t for name, t in _autoencoder(pipeline.vae.state_dict()).items()}
    tensors["model.model.transformer.rotary_pos_emb.inv_freq"] = torch.zeros(16)
    (folder / "model_config.json").write_text(json.dumps(tools_config(str(folder / "t5"))))
    if pickled:
        torch.save({"state_dict": tensors}, folder / "model.ckpt")
    else:
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / "model.safetensors")
    return folder


def _transformer(state: dict[str, Tensor]) -> dict[str, Tensor]:
    plain = {
        "time_proj": "timestep_features",
        "timestep_proj": "to_timestep_embed",
        "global_proj": "to_global_embed",
        "cross_attention_proj": "to_cond_embed",
        "proj_in": "transformer.project_in",
        "proj_out": "transformer.project_out",
    }
    result: dict[str, Tensor] = {}
    for key, tensor in state.items():
        first, _, rest = key.partition(".")
        if first != "transformer_blocks":
            result[f"model.model.{plain.get(first, first)}.{rest}"] = (
                tensor[:, None] if first == "time_proj" else tensor
            )
    layers = 1 + max(int(key.split(".")[1]) for key in state if key.startswith("transformer_blocks"))
    for layer in range(layers):
        old, new = f"transformer_blocks.{layer}.", f"model.model.transformer.layers.{layer}."
        for theirs, ours in (("norm1", "pre_norm"), ("norm2", "cross_attend_norm"), ("norm3", "ff_norm")):
            result[f"{new}{ours}.gamma"] = state[f"{old}{theirs}.weight"]
            result[f"{new}{ours}.beta"] = state[f"{old}{theirs}.bias"]
        attention = {name: state[f"{old}{name}.weight"] for name in ("attn1.to_q", "attn1.to_k", "attn1.to_v")}
        result[f"{new}self_attn.to_qkv.weight"] = torch.cat(list(attention.values()))
        result[f"{new}self_attn.to_out.weight"] = state[f"{old}attn1.to_out.0.weight"]
        result[f"{new}cross_attn.to_q.weight"] = state[f"{old}attn2.to_q.weight"]
        pair = [state[f"{old}attn2.{name}.weight"] for name in ("to_k", "to_v")]
        result[f"{new}cross_attn.to_kv.weight"] = torch.cat(pair)
        result[f"{new}cross_attn.to_out.weight"] = state[f"{old}attn2.to_out.0.weight"]
        for kind in ("weight", "bias"):
            result[f"{new}ff.ff.0.proj.{kind}"] = state[f"{old}ff.net.0.proj.{kind}"]
            result[f"{new}ff.ff.2.{kind}"] = state[f"{old}ff.net.2.{kind}"]
    return result


def _autoencoder(state: dict[str, Tensor]) -> dict[str, Tensor]:
    depth = len(CODEC["downsampling_ratios"])  # type: ignore[arg-type]
    ends = {"conv1": 0, "snake1": depth + 1, "conv2": depth + 2}
    residual = {"snake1": 0, "conv1": 1, "snake2": 2, "conv2": 3}
    result = {}
    for key, tensor in state.items():
        side, part, *rest = key.split(".")
        if part != "block":
            name = f"{side}.layers.{ends[part]}.{rest[-1]}"
        else:
            stage, inner = f"{side}.layers.{int(rest[0]) + 1}.layers", rest[1]
            if unit := re.fullmatch(r"res_unit(\d)", inner):
                place = int(unit[1]) - 1 if side == "encoder" else int(unit[1]) + 1
                name = f"{stage}.{place}.layers.{residual[rest[2]]}.{rest[3]}"
            else:
                place = {"encoder": {"snake1": 3, "conv1": 4}, "decoder": {"snake1": 0, "conv_t1": 1}}[side][inner]
                name = f"{stage}.{place}.{rest[2]}"
        result[name] = tensor.flatten() if key.endswith(("alpha", "beta")) else tensor.clone()
    return result


def tools_config(t5: str) -> dict[str, Any]:
    shape = {
        "channels": 8,
        "c_mults": CODEC["channel_multiples"],
        "strides": CODEC["downsampling_ratios"],
        "use_snake": True,
    }
    number = {"type": "number", "config": {"min_val": 0, "max_val": 512}}
    return {
        "model_type": "diffusion_cond",
        "sample_size": WINDOW * 8,
        "sample_rate": RATE,
        "audio_channels": 2,
        "model": {
            "pretransform": {
                "type": "autoencoder",
                "config": {
                    "encoder": {"type": "oobleck", "config": {"in_channels": 2, "latent_dim": 8, **shape}},
                    "decoder": {"type": "oobleck", "config": {"out_channels": 2, "latent_dim": 4, **shape}},
                    "bottleneck": {"type": "vae"},
                    "latent_dim": 4,
                    "downsampling_ratio": 8,
                    "io_channels": 2,
                },
            },
            "conditioning": {
                "configs": [
                    {"id": "prompt", "type": "t5", "config": {"t5_model_name": t5, "max_length": TEXT_LENGTH}},
                    {"id": "seconds_start", **number},
                    {"id": "seconds_total", **number},
                ],
                "cond_dim": WIDTH,
            },
            "diffusion": {
                "cross_attention_cond_ids": ["prompt", "seconds_start", "seconds_total"],
                "global_cond_ids": ["seconds_start", "seconds_total"],
                "type": "dit",
                "config": {
                    "io_channels": 4,
                    "embed_dim": 128,
                    "depth": 3,
                    "num_heads": 2,
                    "cond_token_dim": WIDTH,
                    "global_cond_dim": 2 * WIDTH,
                    "project_cond_tokens": False,
                    "transformer_type": "continuous_transformer",
                },
            },
            "io_channels": 4,
        },
    }
