"""What diffusers' pipelines of the AudioLDM family have in common: their scheduler, and putting a system together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from songloom.diffusion.processes import Ddpm, Prediction
from songloom.published.files import Files, read_json
from songloom.published.keys import assign, prefixed
from songloom.systems.generators.mel_diffusion import MelDiffusion

S = TypeVar("S", bound=MelDiffusion)
INDEX = "model_index.json"
PREDICTIONS: dict[str, Prediction] = {"epsilon": "noise", "sample": "data", "v_prediction": "velocity"}
DDIM = {
    "beta_schedule": "scaled_linear",
    "trained_betas": None,
    "clip_sample": False,
    "thresholding": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
    "timestep_spacing": "leading",
    "rescale_betas_zero_snr": False,
}
"""Settings of the scheduler that have one value in this family; older files do not name all of them."""


def is_pipeline(files: Files, *classes: str) -> bool:
    """Whether a folder is a whole pipeline of one of these classes."""
    if INDEX not in files.names:
        return False
    index = read_json(files.path / INDEX)
    return index.get("_class_name") in classes and "unet" in index


def process(path: Path) -> Ddpm.Config:
    """The process of a folder scheduler/. Raises ValueError for one that does not count like DDIM's."""
    source = path / "scheduler" / "scheduler_config.json"
    config = read_json(source)
    others = [f"{name} {config[name]!r}" for name, value in DDIM.items() if config.get(name, value) != value]
    predicted = config.get("prediction_type", "epsilon")
    if others or predicted not in PREDICTIONS:
        raise ValueError(f"{source} is a scheduler of another kind: {', '.join(others) or predicted}")
    return Ddpm.Config(
        prediction=PREDICTIONS[predicted],
        steps=int(config.get("num_train_timesteps", 1000)),
        first=float(config["beta_start"]),
        last=float(config["beta_end"]),
        spacing="root",
    )


def assembled(system: S, own: Mapping[str, Tensor], parts: Mapping[str, nn.Module], source: str) -> S:
    """A system that was built on the device "meta", with its own tensors and its frozen parts (by their names in it) in
    place, and no second copy of either."""
    whole = dict(own)
    for name, part in parts.items():
        setattr(system, name, part.requires_grad_(False))
        whole |= prefixed(name, part.state_dict())
    width = system.codec.latent_width
    whole |= {"scale.mean": torch.zeros(width, 1), "scale.deviation": torch.ones(width, 1)}
    assign(system, whole, source=source)
    return system.eval()


def part_class(index: Mapping[str, Any], part: str) -> str:
    """The class of a part, by the pipeline's index."""
    entry = index.get(part)
    return str(entry[-1]) if isinstance(entry, list | tuple) and entry else "nothing"
