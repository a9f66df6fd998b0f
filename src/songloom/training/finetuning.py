"""How a LoRA learns: its base's recipe with what few weights and few clips want."""

from __future__ import annotations

from dataclasses import replace

from songloom.recipe import Recipe

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
