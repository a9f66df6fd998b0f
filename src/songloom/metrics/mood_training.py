"""Teaching the sense of mood: the usual sound of each style, then the scores of keys, then how moods lean in sound."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from einops import rearrange, repeat
from torch import Tensor, nn
from torch.nn import functional

from songloom.metrics.mood_clues import Clues
from songloom.metrics.mood_rules import MODES
from songloom.metrics.mood_sense import MoodSense

SHRINKAGE = 4.0  # clips of the whole corpus that a style's mean begins with
BATCH = 192


class MoodTargets(NamedTuple):
    """Of N clips: index of style, mood and key (tonic * modes + mode, -1 for none), [N] each."""

    style: Tensor
    mood: Tensor
    key: Tensor


def mood_targets(labels: Sequence[Mapping[str, Any]], styles: Sequence[str], moods: Sequence[str]) -> MoodTargets:
    """Those of clips by their labels."""
    keys = [one["tonic"] * len(MODES) + MODES.index(one["mode"]) if one.get("key") else -1 for one in labels]
    return MoodTargets(
        torch.tensor([styles.index(one["style"]) for one in labels]),
        torch.tensor([moods.index(one["mood"]) for one in labels]),
        torch.tensor(keys),
    )


def teach_moods(sense: MoodSense, clues: Clues, targets: MoodTargets, *, steps: int, seed: int = 0) -> None:
    """Teaches an untrained sense from the clues of N clips, in `steps`, after half as many for the keys; it is in eval
    mode then."""
    torch.manual_seed(seed)
    learn_the_usual(sense, clues, targets)
    styles = functional.one_hot(targets.style, len(sense.get_buffer("usual"))).float()
    sense.train()
    named = (targets.key >= 0).nonzero()[:, 0]
    if len(named):
        pitches, whose, keys = clues.classes[named], styles[named], targets.key[named]
        _descend(
            sense.keys.parameters(), len(named), steps // 2, rate=5e-3, decay=0.05,
            loss=lambda some: functional.cross_entropy(
                sense.key_scores(pitches[some], whose[some]).flatten(1), keys[some]
            ),
        )  # fmt: skip
    sense.eval()
    with torch.no_grad():
        base, heard = sense.by_rules(clues, styles), sense.compare(clues, styles)
    sense.train()
    _descend(
        sense.corrections.parameters(), len(styles), steps, rate=2e-3, decay=1.0,
        loss=lambda some: functional.cross_entropy(
            rearrange(base[some] + sense.correct(*(one[some] for one in heard)), "c b m -> b m c"),
            repeat(targets.mood[some], "b -> b c", c=len(sense.corrections)),
        ),
    )  # fmt: skip
    sense.eval()


def learn_the_usual(sense: MoodSense, clues: Clues, targets: MoodTargets) -> None:
    """The scale of the sound and each style's mean sound."""
    usual = sense.get_buffer("usual")
    counts = torch.bincount(targets.style, minlength=len(usual)).float()[:, None]
    sense.get_buffer("centre").copy_(clues.sound.mean(0))
    sense.get_buffer("deviation").copy_(clues.sound.std(0).clamp_min(1e-3))
    usual.copy_(torch.zeros_like(usual).index_add(0, targets.style, sense.standard(clues.sound)) / (counts + SHRINKAGE))


def _descend(
    weights: Iterable[nn.Parameter], count: int, steps: int, *, rate: float, decay: float,
    loss: Callable[[Tensor], Tensor],
) -> None:  # fmt: skip
    """AdamW at a one-cycle rate on batches of `count` examples, drawn at random."""
    optimiser = torch.optim.AdamW(weights, rate, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=max(2, steps), pct_start=0.15)
    for _ in range(max(1, steps)):
        value = loss(torch.randint(count, (min(BATCH, count),)))
        optimiser.zero_grad()
        torch.autograd.backward(value)
        optimiser.step()
        schedule.step()
