"""diffusers' AudioLDM 2 and MusicLDM at tiny random weights, with the tokenizers that they need, and their folders."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    ClapTextModelWithProjection,
    GPT2Config,
    GPT2LMHeadModel,
    RobertaTokenizerFast,
    SpeechT5HifiGan,
    SpeechT5HifiGanConfig,
    T5Config,
    T5EncoderModel,
    T5TokenizerFast,
)

CHANNELS, BANDS, RATE, SCALING, JOINT = 4, 16, 16_000, 0.6, 24
WORDS = ["<pad>", "</s>", "<unk>", "▁calm", "▁furious", "▁piano", "▁metal", "▁with", "▁drums", "▁and", "▁strings"]
LETTERS = ["<s>", "<pad>", "</s>", "<unk>", *sorted(pre_tokenizers.ByteLevel.alphabet()), "Ġp", "ia", "no"]
MERGES = [("Ġ", "p"), ("i", "a"), ("n", "o")]
LEVELS: dict[str, Any] = {
    "in_channels": CHANNELS,
    "out_channels": CHANNELS,
    "block_out_channels": (8, 16, 24),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "norm_num_groups": 4,
    "sample_size": 16,
}


def spread(model: Any, seed: int) -> Any:
    """Every weight random, those that begin at 0 or 1 too."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            inputs = parameter[0].numel() if parameter.ndim > 1 else 25
            drawn = torch.randn(parameter.shape, generator=generator) / inputs**0.5
            parameter.copy_(1 + 0.3 * drawn if "norm" in name and name.endswith("weight") else drawn)
    return model.eval()


@torch.no_grad()
def audible(vocoder: Any) -> Any:
    """A vocoder whose wave is neither silent nor clipped."""
    last = vocoder.conv_post
    last.weight.sub_(last.weight.mean(-1, keepdim=True))  # no direct current
    last.bias.zero_()
    for _ in range(3):
        made = vocoder(torch.randn(1, 50, BANDS, generator=torch.Generator().manual_seed(8)))
        last.weight.mul_(0.4 / made.std())
    return vocoder


def roberta_tokenizer() -> Any:
    tokenizer = Tokenizer(models.BPE({letter: place for place, letter in enumerate(LETTERS)}, MERGES))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), True, False)
    return RobertaTokenizerFast(tokenizer_object=tokenizer, model_max_length=JOINT)


def t5_tokenizer() -> Any:
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return T5TokenizerFast(tokenizer_object=tokenizer, model_max_length=12, extra_ids=0)


def clap() -> Any:
    text = {
        "vocab_size": len(LETTERS),
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 20,
        "max_position_embeddings": 40,
        "projection_dim": JOINT,
    }
    audio = {
        "spec_size": 64,
        "num_mel_bins": 16,
        "depths": [1, 1],
        "num_attention_heads": [1, 2],
        "patch_embeds_hidden_size": 8,
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "window_size": 4,
    }
    return spread(ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=JOINT)), 1)


def common() -> dict[str, Any]:
    """The parts that both pipelines have."""
    autoencoder = AutoencoderKL(
        in_channels=1,
        out_channels=1,
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=(8, 16, 16),
        latent_channels=CHANNELS,
        layers_per_block=1,
        norm_num_groups=4,
        scaling_factor=SCALING,
    )
    vocoder = SpeechT5HifiGanConfig(
        model_in_dim=BANDS,
        sampling_rate=RATE,
        upsample_initial_channel=16,
        upsample_rates=[5, 4, 4, 2],
        upsample_kernel_sizes=[16, 16, 8, 4],
        resblock_kernel_sizes=[3, 5],
        resblock_dilation_sizes=[[1, 3], [1, 3]],
        normalize_before=False,
    )
    scheduler = DDIMScheduler(
        beta_start=0.0015,
        beta_end=0.0195,
        beta_schedule="scaled_linear",
        steps_offset=1,
        clip_sample=False,
        set_alpha_to_one=False,
    )
    return {
        "vae": spread(autoencoder, 2),
        "vocoder": audible(spread(SpeechT5HifiGan(vocoder), 3)),
        "text_encoder": clap(),
        "tokenizer": roberta_tokenizer(),
        "feature_extractor": ClapFeatureExtractor(),
        "scheduler": scheduler,
    }


def audioldm2(attends: tuple[int | None, ...] = (None, 20, 32), layers: int = 1) -> Any:
    """AudioLDM 2; `attends` (None, 20, 32, None) with two layers is the form of its large size."""
    from diffusers.pipelines.audioldm2.modeling_audioldm2 import (
        AudioLDM2ProjectionModel,
        AudioLDM2UNet2DConditionModel,
    )
    from diffusers.pipelines.audioldm2.pipeline_audioldm2 import AudioLDM2Pipeline

    words = T5Config(
        vocab_size=len(WORDS), d_model=32, d_kv=8, d_ff=40, num_layers=2, num_heads=4, feed_forward_proj="gated-gelu"
    )
    language = GPT2Config(vocab_size=5, n_positions=64, n_embd=20, n_layer=2, n_head=4, max_new_tokens=8)
    unet = AudioLDM2UNet2DConditionModel(
        **LEVELS,
        attention_head_dim=4,
        cross_attention_dim=[list(attends)] * 3,
        transformer_layers_per_block=layers,
    )
    return AudioLDM2Pipeline(
        **common(),
        text_encoder_2=spread(T5EncoderModel(words), 4),
        tokenizer_2=t5_tokenizer(),
        projection_model=spread(AudioLDM2ProjectionModel(JOINT, 32, 20), 5),
        language_model=spread(GPT2LMHeadModel(language), 6),
        unet=spread(unet, 7),
    )


def vector_unet() -> Any:
    """That of MusicLDM and AudioLDM."""
    unet = UNet2DConditionModel(
        **LEVELS,
        attention_head_dim=4,
        cross_attention_dim=(8, 16, 24),
        class_embed_type="simple_projection",
        projection_class_embeddings_input_dim=JOINT,
        class_embeddings_concat=True,
    )
    return spread(unet, 7)


def musicldm() -> Any:
    from diffusers.pipelines.deprecated.musicldm.pipeline_musicldm import MusicLDMPipeline

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline = MusicLDMPipeline(**common(), unet=vector_unet())
    features = pipeline.text_encoder.get_text_features
    # It is older than version 5 of transformers, in which this has another type.
    pipeline.text_encoder.get_text_features = lambda *given, **named: features(*given, **named).pooler_output
    return pipeline


def audioldm() -> Any:
    """AudioLDM, which carries the text half of CLAP alone."""
    from diffusers.pipelines.deprecated.audioldm.pipeline_audioldm import AudioLDMPipeline

    parts = common()
    whole = parts.pop("text_encoder")
    del parts["feature_extractor"]
    half = ClapTextModelWithProjection(whole.config.text_config)
    half.load_state_dict({name: tensor for name, tensor in whole.state_dict().items() if name.startswith("text_")})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return AudioLDMPipeline(**parts, text_encoder=half.eval(), unet=vector_unet())


def save(pipeline: Any, folder: Path) -> Path:
    """As `save_pretrained` of the pipeline does, part by part."""
    index: dict[str, Any] = {"_class_name": type(pipeline).__name__}
    for name, part in pipeline.components.items():
        part.save_pretrained(folder / name)
        index[name] = [type(part).__module__.split(".")[0], type(part).__name__]
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder
