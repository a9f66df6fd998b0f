"""Training a flow, or what teaches it, for some steps on one batch."""

from __future__ import annotations

import torch

from songloom.data.batch import Batch
from songloom.systems.generators.flow import Flow
from songloom.systems.listeners.tagger import Tagger


def trained(system: Flow | Tagger, data: Batch, steps: int, rate: float) -> list[dict[str, float]]:
    """The losses of each step; the codec, the teacher and the tagger stay as they are."""
    parameters = [p for name, p in system.named_parameters() if not name.startswith(("codec", "tagger", "teacher"))]
    optimizer, found = torch.optim.AdamW(parameters, rate), []
    system.train()
    for step in range(steps):
        torch.manual_seed(step)
        losses = system.losses(data, step=step)
        optimizer.zero_grad()
        sum(loss for name, loss in losses.items() if not name.startswith("~")).backward()  # type: ignore[union-attr]
        optimizer.step()
        found.append({name: loss.item() for name, loss in losses.items()})
    system.eval()
    return found
