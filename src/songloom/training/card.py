"""The model card that a run writes beside its weights: what was trained, on what, how long, how well."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping

import torch

from songloom.config import to_json
from songloom.systems.roles import System
from songloom.training.optimisation import parameter_count
from songloom.training.run_folder import State


def write_card(
    system: System, state: State, losses: Mapping[str, float], hours: float | None, made: str = "all weights"
) -> str:
    """Markdown. `losses` are the latest logged values; `hours` the length of the training data; `made` says what the
    run made of the system."""
    parameters = parameter_count(system)
    lines = [
        f"# {system.config.kind}",
        "",
        system.summary,
        "",
        f"- {parameters:,} parameters; {system.sample_rate} Hz, {system.channels} channel(s)",
        f"- {made}",
        f"- {state.step:,} of {state.recipe.steps:,} steps in {state.seconds / 60:.1f} minutes on {machine(system)}",
        f"- data: {state.data or 'not named'}" + (f", {hours:.2f} h" if hours is not None else ""),
        f"- seed {state.recipe.seed}",
        "",
        "| at the last log entry | |",
        "|---|---|",
        *(f"| {name} | {value:.4g} |" for name, value in losses.items()),
        "",
        "```json",
        json.dumps({"recipe": to_json(state.recipe), "settings": to_json(system.config)}, indent=1),
        "```",
        "",
    ]
    return "\n".join(lines)


def machine(system: System) -> str:
    """The device that the weights are on, in words."""
    device = next(system.parameters()).device
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, torch {torch.__version__}"
    return (
        f"{torch.get_num_threads()} of {os.cpu_count()} CPU threads ({platform.machine()}), torch {torch.__version__}"
    )
