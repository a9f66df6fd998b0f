"""Teaching the sense of mood: what is usual in each style, then the scores of keys, then how moods lean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.metrics.mood_clues import Clues
from songloom.metrics.mood_sense import MODES, MoodSense

SHRINKAGE, DOUBT = 4.0, 5.0  # clips of the whole corpus that a style's means, and its taste in moods, begin with
MODE_DOUBT = 2.0
BATCH = 192


class MoodTargets(NamedTuple):
    """Of N clips: index of style, mood and key (tonic * modes + mode, -1 for none) and beats per minute, [N] each."""

    style: Tensor
    mood: Tensor
    key: Tensor
    tempo: Tensor


def mood_targets(labels: Sequence[Mapping[str, Any]], styles: Sequence[str], moods: Sequence[str]) -> MoodTargets:
    """Those of clips by their labels."""
    keys = [one["tonic"] * len(MODES) + MODES.index(one["mode"]) if one.get("key") else -1 for one in labels]
    return MoodTargets(
        torch.tensor([styles.index(one["style"]) for one in labels]),
        torch.tensor([moods.index(one["mood"]) for one in labels]),
        torch.tensor(keys),
        torch.tensor([float(one["tempo"]) for one in labels]),
    )


def teach_moods(sense: MoodSense, clues: Clues, targets: MoodTargets, *, steps: int, seed: int = 0) -> None:
    """Teaches an untrained sense from the clues of N clips; it is in eval mode then. Half of `steps` are for keys."""
    torch.manual_seed(seed)
    learn_the_usual(sense, clues, targets)
    styles = functional.one_hot(targets.style, len(sense.get_buffer("usual"))).float()
    sense.train()
    named = (targets.key >= 0).nonzero()[:, 0]
    if len(named):
        pitches, whose, keys = clues.classes[named], styles[named], targets.key[named]
        _descend(
            sense.modes.parameters(), len(named), steps // 2, rate=5e-3, decay=0.05,
            loss=lambda some: functional.cross_entropy(
                sense.key_scores(pitches[some], whose[some]).flatten(1), keys[some]
            ),
        )  # fmt: skip
    sense.eval()
    with torch.no_grad():
        heard = sense.compare(clues, styles)
    sense.train()
    _descend(
        [*sense.sound.parameters(), *sense.known.parameters(), *sense.answer.parameters()],
        len(styles), steps // 2, rate=2e-3, decay=0.3,
        loss=lambda some: functional.cross_entropy(sense.correct(*(one[some] for one in heard)), targets.mood[some]),
    )  # fmt: skip
    sense.eval()


def learn_the_usual(sense: MoodSense, clues: Clues, targets: MoodTargets) -> None:
    """Each style's mean sound, range of tempi and taste in moods and modes; each mood's place in the range."""
    usual, taste, modes = (sense.get_buffer(name) for name in ("usual", "taste", "mode_taste"))
    counts = torch.bincount(targets.style, minlength=len(usual)).float()[:, None]
    sense.get_buffer("centre").copy_(clues.sound.mean(0))
    sense.get_buffer("deviation").copy_(clues.sound.std(0).clamp_min(1e-3))
    usual.copy_(torch.zeros_like(usual).index_add(0, targets.style, sense.standard(clues.sound)) / (counts + SHRINKAGE))
    for style in sorted(set(targets.style.tolist())):
        beats = targets.tempo[targets.style == style]
        sense.get_buffer("range")[style] = torch.stack([beats.min(), beats.max()])
    taste.copy_(_shares(targets.style, targets.mood, taste, DOUBT))
    named = targets.key >= 0
    modes.copy_(_shares(targets.style[named], targets.key[named] % len(MODES), modes, MODE_DOUBT))
    slowest, fastest = sense.get_buffer("range")[targets.style].unbind(1)
    places = (targets.tempo - slowest) / (fastest - slowest).clamp_min(4.0)
    for mood in sorted(set(targets.mood.tolist())):
        mine = places[targets.mood == mood]
        sense.get_buffer("pace")[mood] = mine.mean()
        sense.get_buffer("spread")[mood] = mine.std(correction=0).clamp_min(0.05)


def _shares(rows: Tensor, columns: Tensor, like: Tensor, doubt: float) -> Tensor:
    """How the columns are shared within each row [N, C], blended with the shares of all rows."""
    counts = torch.zeros_like(like).index_put((rows, columns), torch.ones(len(rows)), accumulate=True)
    overall = (counts.sum(0) + 0.5) / (counts.sum() + 0.5 * like.shape[1])
    return (counts + doubt * overall) / (counts.sum(1, keepdim=True) + doubt)


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
