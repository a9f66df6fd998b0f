"""What a published Stable Audio is: read from stable-audio-tools' model_config.json, or from diffusers' configs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from songloom.config import Settings
from songloom.diffusion.processes import Cosine, Flow, ProcessSettings
from songloom.layers.dit import DitShape
from songloom.systems.codecs.oobleck import Oobleck
from songloom.systems.generators.stable_audio import PASSES, Seconds, StableAudio
from songloom.systems.latent_generator import Sampling

SECONDS: dict[str, Seconds] = {"seconds_start": "start", "seconds_total": "total"}
SAMPLINGS = {
    "v": Sampling(passes=PASSES),
    "rectified_flow": Sampling(sampler="euler", schedule="log-snr", steps=50, guidance=6.0, passes=PASSES),
    "rf_denoiser": Sampling(sampler="ping-pong", schedule="log-snr", steps=8, guidance=1.0),
}
"""By the objective: as the model cards of Open and Open Small have it, and a plain flow between."""
PLAIN = {
    "transformer_type": ("continuous_transformer",),
    "patch_size": (1,),
    "global_cond_type": ("prepend",),
    "timestep_cond_type": ("global",),
    "num_memory_tokens": (0,),
    "conformer": (False,),
    "differential": (False,),
}
"""Settings of the transformer that have one value in this family."""


def settings_of_tools(
    data: Mapping[str, Any], codec: Oobleck.Config, text: Settings, source: str
) -> StableAudio.Config:
    """Our settings of a model_config.json, with its codec and text encoder. Raises ValueError for what is not known."""
    model = data.get("model", {})
    diffusion, conditioning = model.get("diffusion", {}), model.get("conditioning", {})
    shape = diffusion.get("config", {})
    _plain(shape, source)
    for name in ("input_concat_ids", "prepend_cond_ids", "local_add_cond_ids"):
        if diffusion.get(name):
            raise ValueError(f"{source} is a Stable Audio of another kind: {name} is {diffusion[name]!r}")
    objective = diffusion.get("diffusion_objective", "v")
    if diffusion.get("type") != "dit" or objective not in SAMPLINGS:
        raise ValueError(f"{source} is a Stable Audio of another kind: needs a dit with one of {', '.join(SAMPLINGS)}")
    told = {entry.get("id"): entry for entry in conditioning.get("configs", ())}
    seconds = _seconds(diffusion, source)
    ranges = {told[name].get("config", {}).get("max_val") for name in seconds if name in told}
    if "prompt" not in told or len(ranges) != 1:
        raise ValueError(f"{source} needs a prompt, and seconds of one range; it has {', '.join(map(str, told))}")
    width, token_width = shape["embed_dim"], shape["cond_token_dim"]
    normed = (shape.get("attn_kwargs") or {}).get("qk_norm") or shape.get("qk_norm")
    if normed not in (None, "none", "ln"):
        raise ValueError(f"{source} is a Stable Audio of another kind: its qk_norm is {normed!r}")
    limits = diffusion.get("distribution_shift_options")
    process: ProcessSettings = Cosine.Config() if objective == "v" else Flow.Config()
    return StableAudio.Config(
        codec=codec,
        process=process,
        times="uniform" if objective == "v" else "logit-normal",
        shift=(limits["min_length"], limits["max_length"]) if limits else None,
        text=text,
        text_length=told["prompt"].get("config", {}).get("max_length", 128),
        condition_width=conditioning.get("cond_dim", 768),
        seconds=tuple(SECONDS[name] for name in seconds),
        most_seconds=float(ranges.pop()),
        shape=DitShape(
            width=width,
            depth=shape["depth"],
            heads=shape["num_heads"],
            hidden=int(width * (shape.get("ff_kwargs") or {}).get("mult", 4)),
            context_width=width if shape.get("project_cond_tokens", True) else token_width,
            normed_heads=normed == "ln",
        ),
        window=data["sample_size"] // _hop(codec),
        sampling=SAMPLINGS[objective],
    )


def settings_of_pipeline(
    transformer: Mapping[str, Any],
    projection: Mapping[str, Any],
    scheduler: Mapping[str, Any],
    codec: Oobleck.Config,
    text: Settings,
    *,
    text_length: int,
    source: str,
) -> StableAudio.Config:
    """Our settings of the configs of diffusers' StableAudioPipeline. Raises ValueError for what is not known."""
    known = {"prediction_type": "v_prediction", "sigma_schedule": "exponential", "sigma_data": 1.0, "solver_order": 2}
    for name, value in known.items():
        if scheduler.get(name, value) != value:
            raise ValueError(f"{source} has a scheduler of another kind: {name} is {scheduler[name]!r}, not {value!r}")
    heads, head_width = transformer["num_attention_heads"], transformer["attention_head_dim"]
    context_width = transformer["cross_attention_dim"]
    if context_width != transformer["num_key_value_attention_heads"] * head_width:
        raise ValueError(f"{source} has keys of another width than its conditions")
    if projection.get("min_value", 0) != 0:
        raise ValueError(f"{source} tells seconds from {projection['min_value']}, not from 0")
    return StableAudio.Config(
        codec=codec,
        text=text,
        text_length=text_length,
        condition_width=projection["conditioning_dim"],
        most_seconds=float(projection["max_value"]),
        shape=DitShape(
            width=heads * head_width,
            depth=transformer["num_layers"],
            heads=heads,
            hidden=4 * heads * head_width,
            context_width=context_width,
            time_features=transformer["time_proj_dim"],
        ),
        window=transformer["sample_size"],
        sampling=Sampling(
            sampler="dpm-2m-sde",
            least=scheduler.get("sigma_min", 0.3),
            most=scheduler.get("sigma_max", 500.0),
            passes=PASSES,
        ),
    )


def _plain(shape: Mapping[str, Any], source: str) -> None:
    for name, allowed in PLAIN.items():
        if name in shape and shape[name] not in allowed:
            raise ValueError(f"{source} is a Stable Audio of another kind: {name} is {shape[name]!r}")
    for name in ("embed_dim", "depth", "num_heads", "cond_token_dim"):
        if type(shape.get(name)) is not int:
            raise ValueError(f"{source} lacks {name} of its transformer")


def _seconds(diffusion: Mapping[str, Any], source: str) -> Sequence[str]:
    """The names of the numbers that are told, which have to come after the prompt and be the global condition too."""
    crossing, whole = diffusion.get("cross_attention_cond_ids", []), diffusion.get("global_cond_ids", [])
    if crossing[:1] != ["prompt"] or crossing[1:] != whole or not whole or not set(whole) <= set(SECONDS):
        raise ValueError(f"{source} has other conditions than a prompt and seconds: {crossing!r}, {whole!r}")
    return list(whole)


def _hop(codec: Oobleck.Config) -> int:
    hop = 1
    for stride in codec.strides:
        hop *= stride
    return hop
