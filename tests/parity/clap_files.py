"""Tiny CLAPs of transformers with random weights, and published layouts written out from ours by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from mel_pipelines import JOINT, LETTERS, roberta_tokenizer, spread
from torch import Tensor, nn
from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

from songloom.layers.htsat import HtsatShape
from songloom.systems.embedders.laion_clap import LaionClap

RATE, HOP = 8000, 80
TEXT = {
    "vocab_size": len(LETTERS),
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 20,
    "max_position_embeddings": 40,
}


def hub_clap(*, fused: bool) -> Any:
    """A ClapModel of two stages. That with fusion has the published bands: its extractor knows no others."""
    audio = {
        "spec_size": 256 if fused else 64,
        "num_mel_bins": 64 if fused else 16,
        "window_size": 8 if fused else 4,
        "depths": [2, 3],
        "num_attention_heads": [1, 2],
        "patch_embeds_hidden_size": 8,
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "enable_fusion": fused,
    }
    model = spread(ClapModel(ClapConfig(text_config=TEXT, audio_config=audio, projection_dim=JOINT)), 1)
    return lively(model)


@torch.no_grad()
def lively(model: nn.Module) -> Any:
    """Statistics of norms, and tables of offsets, that are no zeros and ones."""
    generator = torch.Generator().manual_seed(5)
    for name, tensor in model.state_dict().items():
        if name.endswith("running_mean"):
            tensor.copy_(0.3 * torch.randn(tensor.shape, generator=generator))
        if name.endswith("running_var"):
            tensor.copy_(1 + torch.rand(tensor.shape, generator=generator))
        if name.endswith(("batch_norm.running_mean", "bn0.running_mean")):
            tensor.copy_(-40 + 5 * torch.randn(tensor.shape, generator=generator))
        if name.endswith(("batch_norm.running_var", "bn0.running_var")):
            tensor.copy_(300 + 100 * torch.rand(tensor.shape, generator=generator))
        if name.endswith("bias_table"):
            tensor.copy_(torch.randn(tensor.shape, generator=generator))
    return model.eval()


def extractor(*, fused: bool, padding: str = "repeatpad") -> Any:
    """One second at 8 kHz, or the published ten at 48 kHz."""
    if fused:
        return ClapFeatureExtractor(frequency_min=50, truncation="fusion", padding=padding)
    return ClapFeatureExtractor(
        feature_size=16,
        sampling_rate=RATE,
        hop_length=HOP,
        max_length_s=1,
        fft_window_size=512,
        frequency_min=50,
        frequency_max=4000,
        truncation="rand_trunc",
        padding=padding,
    )


def save(folder: Path, model: Any, features: Any) -> Path:
    """As a folder of the hub."""
    for part in (model, features, roberta_tokenizer()):
        part.save_pretrained(folder)
    return folder


def laion_state(system: LaionClap) -> dict[str, Tensor]:
    """A state as a file of LAION holds it, what serves training alone included."""
    shape, found = system.config.audio, system.state_dict()
    state = {f"audio_branch.{name}": tensor for name, tensor in audio_state(found, shape, system).items()}
    for kind in ("weight", "bias"):
        state[f"audio_projection.0.{kind}"] = found[f"project.enter.{kind}"]
        state[f"audio_projection.2.{kind}"] = found[f"project.leave.{kind}"]
        state[f"text_projection.0.{kind}"] = found[f"text.enter.{kind}"]
        state[f"text_projection.2.{kind}"] = found[f"text.leave.{kind}"]
        state[f"text_branch.pooler.dense.{kind}"] = found[f"text.pool.{kind}"]
        for half in ("audio", "text"):
            for place in (0, 3):
                drawn = torch.randn(system.width, system.width) if kind == "weight" else torch.randn(system.width)
                state[f"{half}_transform.sequential.{place}.{kind}"] = drawn
    state |= {f"text_branch.{name}": tensor for name, tensor in bert_state(found, "text.encoder.", 2, 1).items()}
    return {"logit_scale_a": found["steepness"], "logit_scale_t": torch.randn(()), **state}


def bert_state(found: dict[str, Tensor], ours: str, first: int, segments: int) -> dict[str, Tensor]:
    """A BERT's state of one of ours, its positions counted from `first`."""
    positions = found[f"{ours}positions"]
    state = {
        "embeddings.word_embeddings.weight": found[f"{ours}tokens"],
        "embeddings.position_embeddings.weight": torch.cat([torch.randn(first, positions.shape[1]), positions]),
        "embeddings.token_type_embeddings.weight": found[f"{ours}segment"].repeat(segments, 1),
        "embeddings.position_ids": torch.arange(len(positions) + first)[None],
    }
    for kind in ("weight", "bias"):
        state[f"embeddings.LayerNorm.{kind}"] = found[f"{ours}norm.{kind}"]
        depth = sum(name.startswith(f"{ours}layers.") and name.endswith("qkv.weight") for name in found)
        for layer in range(depth):
            mine, theirs = f"{ours}layers.{layer}", f"encoder.layer.{layer}"
            for part, rows in zip(("query", "key", "value"), found[f"{mine}.qkv.{kind}"].chunk(3), strict=True):
                state[f"{theirs}.attention.self.{part}.{kind}"] = rows
            state[f"{theirs}.attention.output.dense.{kind}"] = found[f"{mine}.out.{kind}"]
            state[f"{theirs}.attention.output.LayerNorm.{kind}"] = found[f"{mine}.attention_norm.{kind}"]
            state[f"{theirs}.intermediate.dense.{kind}"] = found[f"{mine}.expand.{kind}"]
            state[f"{theirs}.output.dense.{kind}"] = found[f"{mine}.contract.{kind}"]
            state[f"{theirs}.output.LayerNorm.{kind}"] = found[f"{mine}.hidden_norm.{kind}"]
    return state


def spectrum_state(n_fft: int, filters: Tensor) -> dict[str, Tensor]:
    """Fourier's matrix under a Hann window as two convolutions, and mel bands."""
    angles = 2 * torch.pi * torch.outer(torch.arange(n_fft // 2 + 1), torch.arange(n_fft)) / n_fft
    window = torch.hann_window(n_fft)
    return {
        "spectrogram_extractor.stft.conv_real.weight": (angles.cos() * window)[:, None],
        "spectrogram_extractor.stft.conv_imag.weight": (-angles.sin() * window)[:, None],
        "logmel_extractor.melW": filters.T.contiguous(),
    }


def norm_state(found: dict[str, Tensor], mine: str, theirs: str) -> dict[str, Tensor]:
    """All that lies under one name, under another."""
    return {theirs + name.removeprefix(mine): tensor for name, tensor in found.items() if name.startswith(f"{mine}.")}


def audio_state(found: dict[str, Tensor], shape: HtsatShape, system: Any) -> dict[str, Tensor]:
    """An HTS-AT's state in its authors' layout, with the head for AudioSet's classes."""
    from songloom.layers.decibel_mel import DecibelMel
    from songloom.published.htsat import unfused

    scale = unfused(system.config.mel)
    state = spectrum_state(scale.n_fft, DecibelMel(scale).filters)
    state |= norm_state(found, "audio.bands_norm", "bn0") | norm_state(found, "audio.norm", "norm")
    state |= norm_state(found, "audio.patches.whole", "patch_embed.proj")
    state |= norm_state(found, "audio.patches.norm", "patch_embed.norm")
    if shape.fused:
        state |= norm_state(found, "audio.patches.pieces", "patch_embed.mel_conv2d")
        for place in (0, 1, 3, 4):
            fusion, theirs = "audio.patches.fusion", "patch_embed.fusion_model"
            state |= norm_state(found, f"{fusion}.here.{place}", f"{theirs}.local_att.{place}")
            state |= norm_state(found, f"{fusion}.overall.{place}", f"{theirs}.global_att.{place + 1}")
    for stage, depth in enumerate(shape.depths):
        side = shape.side // shape.patch >> stage
        for block in range(depth):
            mine, theirs = f"audio.stages.{stage}.blocks.{block}", f"layers.{stage}.blocks.{block}"
            for ours, name in (
                ("attention_norm", "norm1"),
                ("attention.qkv", "attn.qkv"),
                ("attention.out", "attn.proj"),
                ("hidden_norm", "norm2"),
                ("expand", "mlp.fc1"),
                ("contract", "mlp.fc2"),
            ):
                state |= norm_state(found, f"{mine}.{ours}", f"{theirs}.{name}")
            state[f"{theirs}.attn.relative_position_bias_table"] = found[f"{mine}.attention.offsets"]
            places = shape.window**2
            state[f"{theirs}.attn.relative_position_index"] = torch.zeros(places, places, dtype=torch.int64)
            if block % 2 and side > shape.window:
                state[f"{theirs}.attn_mask"] = torch.zeros((side // shape.window) ** 2, places, places)
        if stage < len(shape.depths) - 1:
            state |= norm_state(found, f"audio.stages.{stage}.merge.norm", f"layers.{stage}.downsample.norm")
            state |= norm_state(found, f"audio.stages.{stage}.merge.reduce", f"layers.{stage}.downsample.reduction")
    width = shape.width << (len(shape.depths) - 1)
    rows = shape.bands // shape.patch >> (len(shape.depths) - 1)
    state |= {
        "tscam_conv.weight": torch.zeros(527, width, rows, 3),
        "tscam_conv.bias": torch.zeros(527),
        "head.weight": torch.zeros(527, 527),
        "head.bias": torch.zeros(527),
    }
    return state


def authors_state(hub: dict[str, Tensor]) -> dict[str, Tensor]:
    """The state of transformers' ClapAudioModel in the layout of HTS-AT's authors."""
    state: dict[str, Tensor] = {}
    for name, tensor in hub.items():
        name = name.removeprefix("audio_encoder.")
        if ".attention.self." in name and not name.endswith(("index", "table")):
            continue
        for theirs, ours in (
            ("attention.self.relative", "attn.relative"),
            ("attention.output.dense", "attn.proj"),
            ("intermediate.dense", "mlp.fc1"),
            ("output.dense", "mlp.fc2"),
            ("layernorm_before", "norm1"),
            ("layernorm_after", "norm2"),
            ("batch_norm", "bn0"),
        ):
            name = name.replace(theirs, ours)
        state[name] = tensor
    for name in [name for name in hub if name.endswith(("self.query.weight", "self.query.bias"))]:
        parts = [hub[name.replace("query", part)] for part in ("query", "key", "value")]
        place = name.removeprefix("audio_encoder.").replace("attention.self.query", "attn.qkv")
        state[place] = torch.cat(parts)
    return state
