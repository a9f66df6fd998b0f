"""A generator of few steps learns from what a listener hears in what it makes.

Clark et al. 2023, "Directly Fine-Tuning Diffusion Models on Differentiable Rewards" (DRaFT, arXiv 2309.17400): music is
made in all of its steps, heard by a network that gradients pass through, and the generator is moved towards what was
asked for. A reward alone is soon deceived, so the generator also stays near where it began, by the distance of its
velocities from those of its beginning along its own way (what Domingo-Enrich et al. 2024, "Adjoint Matching", arXiv
2409.08861, hold flows by, but for the weight of each time).
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

from songloom.conditioning.attributes import Answers, Vocabulary
from songloom.conditioning.musical import NO_KEY
from songloom.diffusion.latent_diffusion import Predict

SMOOTHED = {"style": 0.1, "mood": 0.2, "families": 0.1, "key": 0.2}
"""What of a truth is shared out among all names: a listener who is sure is not to be made surer."""
WEIGHTS = {"style": 2.0, "mood": 6.0, "families": 4.0, "drums": 4.0, "key": 0.5}
"""Of families the mean counts; drums are one of them, and what is asked for first."""


def made(learner: Predict, start: Predict, noise: Tensor, mask: Tensor, visited: Tensor) -> tuple[Tensor, Tensor]:
    """What a flow makes of noise [B, D, F] by Euler's steps between the times `visited` [steps + 1], with gradients
    through all of them; and how far its velocities are from those of where it began, a mean square over the frames of
    `mask` [B, F]."""
    x, strayed, count = noise, noise.new_zeros(()), mask.sum().clamp_min(1)
    for here, there in pairwise(visited.tolist()):
        time = torch.full((len(x),), here).to(x)
        velocity = learner(x, time)
        with torch.no_grad():
            before = start(x, time)
        strayed = strayed + ((velocity - before).square().mean(1) * mask).sum() / count
        x = x + (there - here) * velocity
    return x, strayed / (len(visited) - 1)


def misheard(
    vocabulary: Vocabulary, answers: Answers, truth: Tensor, told: Tensor, hidden: Tensor
) -> dict[str, Tensor]:
    """How far B answers are from the `truth` [B, size of the vocabulary], NaN where it is open. Each name counts as far
    as the generator was `told` it [B, size] (a chance for what was read, 0 or 1 for what is known), of pieces in
    `hidden` [B] none: what nobody told cannot be made."""
    tell = (1 - (truth - told).abs()).nan_to_num(0.0) * ~hidden[:, None]
    truths, tellings = vocabulary.parted(truth.nan_to_num(0.0)), vocabulary.parted(tell)
    found: dict[str, Tensor] = {}
    for name, logits, true, known in zip(("style", "mood"), answers[:2], truths[:2], tellings[:2], strict=True):
        soft = true * (1 - SMOOTHED[name]) + SMOOTHED[name] / true.shape[-1]
        errors, sure = -(soft * logits.float().log_softmax(-1)).sum(-1), (true * known).sum(-1)
        found[name] = WEIGHTS[name] * (errors * sure).sum() / sure.sum().clamp_min(1)
    soft = truths[2] + SMOOTHED["families"] * (0.5 - truths[2])
    errors = functional.binary_cross_entropy_with_logits(answers.families.float(), soft, reduction="none")
    found["families"] = WEIGHTS["families"] * (errors * tellings[2]).mean()
    if "drums" in vocabulary.families:
        drums = vocabulary.families.index("drums")
        found["drums"] = WEIGHTS["drums"] * (errors * tellings[2])[:, drums].mean()
    return found


def off_key(keys: Tensor, asked: Tensor) -> Tensor:
    """How far logits of keys [B, 24] are from those `asked` for [B], NO_KEY where none was."""
    asked = asked.to(keys.device)
    errors = functional.cross_entropy(
        keys.float(), asked, ignore_index=NO_KEY, label_smoothing=SMOOTHED["key"], reduction="sum"
    )
    return WEIGHTS["key"] * errors / (asked != NO_KEY).sum().clamp_min(1)
