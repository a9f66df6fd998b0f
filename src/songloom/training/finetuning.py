"""How a LoRA learns: its base's recipe with what few weights and few clips want."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import Any, cast

from songloom.conditioning.opposite import Away
from songloom.conditioning.otherwise import Otherwise
from songloom.config import Settings
from songloom.recipe import Recipe
from songloom.systems.roles import System

STEPS, BATCH = 1000, 8
FASTER, FASTEST = 10.0, 1e-3
"""A LoRA learns at about ten times the rate that suits all weights (Schulman et al. 2025, "LoRA Without Regret")."""


def gentler(recipe: Recipe) -> Recipe:
    """The same crops, but few steps of small batches by AdamW, without decay (a LoRA is small as it is) and without
    an average (there is hardly a path to average over)."""
    steps = min(recipe.steps, STEPS)
    return replace(
        recipe,
        steps=steps,
        batch_size=min(recipe.batch_size, BATCH),
        accumulate=1,
        optimizer="adamw",
        learning_rate=min(FASTEST, FASTER * recipe.learning_rate),
        weight_decay=0.0,
        warmup=max(1, steps // 20),
        final_rate=0.1,
        ema=0.0,
    )


def learning(settings: Settings) -> Settings:
    """The settings under which a model learns new music. One that was straightened, or taught by a tagger, learns it as
    it did before: its own losses ask what its teacher knows, and nothing of the music."""
    known = {"straight": 0, "heard": 0.0, "away": Away(), "otherwise": Otherwise()}
    changes = {name: off for name, off in known.items() if getattr(settings, name, off) != off}
    return cast(Settings, replace(cast(Any, settings), **changes)) if changes else settings


def learner(system: System) -> System:
    """The system, its weights and parts, as it learns new music."""
    settings = learning(system.config)
    if settings == system.config:
        return system
    view = copy(system)
    view.config, view.opponents = settings, type(system).opponents
    return view
