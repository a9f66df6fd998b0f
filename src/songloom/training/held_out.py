"""How well a system tells music that it did not learn from: the same few crops for every system that is asked."""

from __future__ import annotations

import torch

from songloom.recipe import Recipe
from songloom.systems.roles import System
from songloom.training.log import summed
from songloom.training.trainer import Source, step_seed

BATCHES = 4


@torch.no_grad()
def mean_loss(system: System, recipe: Recipe, source: Source) -> float:
    """The loss of a system in eval mode over crops that the recipe's seed draws, and with randomness that it draws, so
    that two systems of one kind are asked the same."""
    device = next(system.parameters()).device
    found = []
    for place in range(BATCHES):
        torch.manual_seed(step_seed(recipe.seed, place, 0))
        batch = source.batch(place, batch_size=recipe.batch_size, crop_seconds=recipe.seconds)
        losses = system.eval().losses(batch.to(device), step=0)
        found.append(sum(float(losses[name]) for name in summed(list(losses))))
    return sum(found) / len(found)
