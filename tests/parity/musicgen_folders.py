"""Tiny MusicGens of transformers at random weights, in the published layouts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import torch
from encodec_package import with_codebooks
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch import Tensor
from transformers import (
    EncodecConfig,
    MusicgenConfig,
    MusicgenDecoderConfig,
    MusicgenForConditionalGeneration,
    MusicgenMelodyConfig,
    MusicgenMelodyDecoderConfig,
    MusicgenMelodyForConditionalGeneration,
    T5Config,
)

V, D, HEADS, DEPTH = 32, 32, 4, 2
TEXTS = ("calm piano and rain", "metal", "a slow waltz for strings and a harp")
CODEC = {
    "num_filters": 4,
    "upsampling_ratios": [5, 4, 2],
    "hidden_size": 16,
    "codebook_size": V,
    "target_bandwidths": [4.0],
    "sampling_rate": 8000,
    "use_causal_conv": False,
    "use_conv_shortcut": False,
}
SETTINGS = f"""device: cpu
sample_rate: 8000
channels: {{channels}}
lm_model: transformer_lm
conditioners:
  description:
    model: t5
    t5:
      name: {{t5}}
      finetune: false
{{melody}}fuser:
  cross_attention_pos_emb: false
  sum: []
  prepend: {{prepend}}
  cross: {{cross}}
  input_interpolate: []
dataset:
  segment_duration: 2
transformer_lm:
  dim: {D}
  num_heads: {HEADS}
  num_layers: {DEPTH}
  n_q: {{streams}}
  card: {V}
  norm_first: true
  bias_attn: false
  positional_embedding: sin
codebooks_pattern:
  modeling: delay
  delay:
    delays: {{delays}}
    flatten_first: 0
    empty_initial: 0
classifier_free_guidance:
  training_dropout: 0.3
  inference_coef: 3.0
interleave_stereo_codebooks:
  use: {{stereo}}
  per_timestep: false
seanet:
  dimension: 16
  pad_mode: reflect
"""
MELODY = """  self_wav:
    model: chroma_stem
    chroma_stem:
      sample_rate: ${sample_rate}
      n_chroma: 12
      radix2_exp: 10
"""


def tokenizer(folder: Path) -> Tokenizer:
    """A tokenizer.json of whole words with T5's end mark."""
    words = sorted({word for text in TEXTS for word in text.split()})
    vocabulary = {word: number for number, word in enumerate(["<pad>", "</s>", "<unk>", *words])}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    made.save(str(folder / "tokenizer.json"))
    return made


def theirs(*, melody: bool = False, stereo: bool = False) -> Any:
    """transformers' model; weights large enough that its choices are no ties."""
    torch.manual_seed(0)
    decoder = (MusicgenMelodyDecoderConfig if melody else MusicgenDecoderConfig)(
        vocab_size=V,
        hidden_size=D,
        num_hidden_layers=DEPTH,
        num_attention_heads=HEADS,
        ffn_dim=4 * D,
        num_codebooks=8 if stereo else 4,
        audio_channels=2 if stereo else 1,
        pad_token_id=V,
        bos_token_id=V,
    )
    text = T5Config(vocab_size=40, d_model=24, d_kv=6, d_ff=40, num_layers=2, num_heads=4)
    parts = {"text_encoder": text.to_dict(), "audio_encoder": EncodecConfig(**CODEC).to_dict()}
    if melody:
        config: Any = MusicgenMelodyConfig(**parts, decoder=decoder.to_dict(), chroma_length=9)
        model: Any = MusicgenMelodyForConditionalGeneration(config)
    else:
        config = MusicgenConfig(**parts, decoder=decoder.to_dict())
        model = MusicgenForConditionalGeneration(config)
    for name, parameter in model.named_parameters():
        if not name.startswith("audio_encoder."):
            torch.nn.init.normal_(parameter, 1.0 if "norm" in name and name.endswith("weight") else 0.0, 0.3)
    with_codebooks(model.audio_encoder)
    for setting in ("pad_token_id", "bos_token_id", "decoder_start_token_id"):
        setattr(model.generation_config, setting, V)
    model.generation_config.max_length = 400
    return model.eval()


def save_hub(model: Any, folder: Path, weights: str = "one file") -> Tokenizer:
    """The folder that `hf download` gives."""
    model.save_pretrained(folder, max_shard_size="50KB" if weights == "shards" else "1GB")
    if weights == "a pickle":
        (folder / "model.safetensors").unlink()
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
    assert (folder / "model.safetensors.index.json").exists() == (weights == "shards")
    (folder / "preprocessor_config.json").write_text(json.dumps({"n_fft": 1024, "hop_length": 256}))
    return tokenizer(folder)


def save_craft(model: Any, folder: Path, *, half: bool = False, nested: bool = False) -> Tokenizer:
    """The folder of audiocraft's two files, with T5 in a folder beside it that the settings name."""
    melody, stereo = model.config.model_type == "musicgen_melody", model.decoder.config.audio_channels == 2
    folder.mkdir(exist_ok=True)
    best = {name: t.half() if half else t for name, t in craft_names(model, melody).items()}
    text = filled({**craft_values(melody=melody, stereo=stereo), "t5": str(folder / "t5")})
    torch.save({"best_state": {"model": best} if nested else best, "xp.cfg": text}, folder / "state_dict.bin")
    codec = {craft_codec_name(name): t for name, t in model.audio_encoder.state_dict().items()}
    torch.save({"best_state": codec, "xp.cfg": text}, folder / "compression_state_dict.bin")
    model.text_encoder.save_pretrained(folder / "t5")
    return tokenizer(folder / "t5")


def craft_values(*, melody: bool, stereo: bool) -> dict[str, str]:
    """What differs between the settings of the published variants."""
    delays = [stream // 2 for stream in range(8)] if stereo else list(range(4))
    return {
        "channels": "2" if stereo else "1",
        "melody": MELODY if melody else "",
        "prepend": "\n  - self_wav\n  - description" if melody else "[]",
        "cross": "[]" if melody else "\n  - description",
        "streams": str(len(delays)),
        "delays": "".join(f"\n    - {delay}" for delay in delays),
        "stereo": str(stereo).lower(),
    }


def filled(values: dict[str, str]) -> str:
    """audiocraft's text of settings with these values."""
    text = SETTINGS
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def craft_names(model: Any, melody: bool) -> dict[str, Tensor]:
    """The language model's tensors by audiocraft's names."""
    state, found = model.state_dict(), {}
    base, heads = "decoder.model.decoder.", "decoder.lm_heads."
    for k in range(model.decoder.num_codebooks):
        found[f"emb.{k}.weight"] = state[f"{base}embed_tokens.{k}.weight"]
        found[f"linears.{k}.weight"] = state[f"{heads}{k}.weight"]
    kinds = [("self_attn", "self_attn")] + ([] if melody else [("cross_attention", "encoder_attn")])
    norms = [("norm1", "self_attn_layer_norm"), ("norm2", "final_layer_norm")]
    norms += [] if melody else [("norm_cross", "encoder_attn_layer_norm")]
    for i in range(DEPTH):
        own, other = f"transformer.layers.{i}.", f"{base}layers.{i}."
        for mine, hub in kinds:
            parts = [state[f"{other}{hub}.{part}_proj.weight"] for part in "qkv"]
            found[f"{own}{mine}.in_proj_weight"] = torch.cat(parts)
            found[f"{own}{mine}.out_proj.weight"] = state[f"{other}{hub}.out_proj.weight"]
        for mine, hub in norms:
            for kind in ("weight", "bias"):
                found[f"{own}{mine}.{kind}"] = state[f"{other}{hub}.{kind}"]
        for mine, hub in (("linear1", "fc1"), ("linear2", "fc2")):
            found[f"{own}{mine}.weight"] = state[f"{other}{hub}.weight"]
    conditioners = "condition_provider.conditioners."
    for kind in ("weight", "bias"):
        found[f"out_norm.{kind}"] = state[f"{base}layer_norm.{kind}"]
        found[f"{conditioners}description.output_proj.{kind}"] = state[f"enc_to_dec_proj.{kind}"]
        if melody:
            found[f"{conditioners}self_wav.output_proj.{kind}"] = state[f"audio_enc_to_dec_proj.{kind}"]
    if melody:
        found[f"{conditioners}self_wav.chroma.spec.window"] = torch.hann_window(1024)
    return found


def craft_codec_name(name: str) -> str:
    """A codec's tensor by the package's name, which audiocraft has too."""
    if name.startswith("quantizer."):
        return re.sub(r"quantizer\.layers\.(\d+)\.codebook\.", r"quantizer.vq.layers.\1._codebook.", name)
    name = name.replace("layers.", "model.", 1).replace("parametrizations.weight.original0", "weight_g")
    name = name.replace("parametrizations.weight.original1", "weight_v")
    transposed = name.startswith("decoder.") and re.fullmatch(r"decoder\.model\.(3|6|9)\.conv\..+", name)
    return re.sub(r"\.conv\.(weight|bias)", r".convtr.convtr.\1" if transposed else r".conv.conv.\1", name)
