"""Training the ear: windows of band clips, also disturbed as a codec or another mix would, balanced by style; then
its sense of mood, on longer stretches as they are (a tilt of the mix tells a mood)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from songloom.band.sounds import FAMILIES
from songloom.metrics.confidence import Estimate, mean, share
from songloom.metrics.ear import WINDOW_FRAMES, Answers, Ear, Heard, quarter, windows
from songloom.metrics.mood_clues import Clues, clues, together
from songloom.metrics.mood_training import mood_targets, teach_moods
from songloom.metrics.traits import traits
from songloom.metrics.views import View

VERSION = 4  # of the ear and its training; a new one makes kept ears stale


@dataclass(frozen=True, slots=True)
class Seen:
    """One clip: its view [1, ...] (any float type) and its labels: style, mood, families, tempo, key (None
    for none), tonic and mode."""

    view: View
    labels: Mapping[str, Any]

    @property
    def beaten(self) -> bool:
        """Whether drums sound, be it a kit or hands on congas (a corpus' label "drums" means the kit alone)."""
        return "drums" in self.labels["families"]


@dataclass(frozen=True, slots=True)
class Schooling:
    """`steps` of `batch_size` examples with AdamW at one-cycle `rate`. Examples are made once: `crops` windows of
    every clip, each as it is and `variants` times disturbed; `disturb` is the chance of each disturbance.
    `mood_steps` are those of the sense of mood's corrections."""

    steps: int = 2500
    batch_size: int = 128
    rate: float = 2e-3
    weight_decay: float = 0.1
    smoothing: float = 0.05
    crops: int = 3
    variants: int = 1
    disturb: float = 0.4
    mood_steps: int = 600
    seed: int = 0

    def key(self) -> str:
        """A short hash of the settings."""
        return hashlib.sha256(repr((VERSION, self)).encode("utf-8")).hexdigest()[:8]


def new_ear(clips: Sequence[Seen]) -> Ear:
    """An untrained ear for the styles and moods of `clips`."""
    return Ear(*(sorted({str(clip.labels[name]) for clip in clips}) for name in ("style", "mood")))


def train_ear(
    clips: Sequence[Seen],
    schooling: Schooling | None = None,
    *,
    progress: Callable[[int, float], None] | None = None,
) -> Ear:
    """An ear trained on `clips`, in eval mode; `progress` hears (step, loss). Deterministic for one thread count."""
    plan = schooling or Schooling()
    torch.manual_seed(plan.seed)
    ear, rng = new_ear(clips), np.random.default_rng(plan.seed)
    rows, targets = examples(ear, clips, plan, rng)
    ear.settle(rows)
    chance = balance(targets.style)
    weight = family_weights(clips)
    weights = [*ear.embed.parameters(), *ear.heads.parameters()]
    optimiser = torch.optim.AdamW(weights, lr=plan.rate, weight_decay=plan.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, plan.rate, total_steps=plan.steps, pct_start=0.15)
    ear.train()
    for step in range(plan.steps):
        chosen = torch.from_numpy(rng.choice(len(rows), plan.batch_size, p=chance))
        loss = ear_loss(ear(rows[chosen]), Answers(*(one[chosen] for one in targets)), weight, plan.smoothing)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        schedule.step()
        if progress:
            progress(step, float(loss.detach()))
    moods = mood_targets([clip.labels for clip in clips], ear.styles, ear.moods)
    teach_moods(ear.sense, mood_examples(clips, rng), moods, steps=plan.mood_steps, seed=plan.seed)
    return ear.eval()


def mood_examples(clips: Sequence[Seen], rng: np.random.Generator) -> Clues:
    """Clues of one stretch of two windows' length of every clip, or of the whole of a shorter one."""
    found = []
    for clip in clips:
        frames = min(2 * WINDOW_FRAMES, clip.view.frames // 2 * 2)
        cut = clip.view.crop(2 * int(rng.integers((clip.view.frames - frames) // 2 + 1)), frames)
        stretch = View(cut.timbre.float(), cut.harmony.float())
        found.append(clues(stretch, traits(windows(stretch))))
    return together(found)


def examples(ear: Ear, clips: Sequence[Seen], plan: Schooling, rng: np.random.Generator) -> tuple[Tensor, Answers]:
    """Traits [N, P] of windows of all clips, and what the answers should be: styles [N], moods [N], families
    [N, 15], drums [N, 1]."""
    rows: list[Tensor] = []
    heard: list[Seen] = []
    for clip in clips:
        cut = crops([clip] * plan.crops, rng)
        for variant in range(1 + plan.variants):
            rows.append(traits(disturbed(cut, rng, plan.disturb) if variant else cut))
            heard += [clip] * plan.crops
    styles = torch.tensor([ear.styles.index(one.labels["style"]) for one in heard])
    moods = torch.tensor([ear.moods.index(one.labels["mood"]) for one in heard])
    present = torch.tensor([[float(name in one.labels["families"]) for name in FAMILIES] for one in heard])
    return torch.cat(rows), Answers(styles, moods, present, torch.tensor([[float(one.beaten)] for one in heard]))


def balance(classes: Tensor) -> np.ndarray:
    """Chances [N] that give every class the same share."""
    weight = 1.0 / torch.bincount(classes)[classes].double()
    chances: np.ndarray = (weight / weight.sum()).numpy()
    return chances


def ear_loss(answers: Answers, targets: Answers, family_weight: Tensor, smoothing: float) -> Tensor:
    """Weighted sum of the cross-entropies of the four questions."""
    return (
        functional.cross_entropy(answers.style, targets.style, label_smoothing=smoothing)
        + 0.5 * functional.cross_entropy(answers.mood, targets.mood, label_smoothing=smoothing)
        + 2.0
        * functional.binary_cross_entropy_with_logits(answers.families, targets.families, pos_weight=family_weight)
        + functional.binary_cross_entropy_with_logits(answers.drums, targets.drums)
    )


def family_weights(clips: Sequence[Seen]) -> Tensor:
    """Weight [15] of a family's presence: the root of how much rarer it is than its absence, 1 to 4."""
    share = np.array([np.mean([name in clip.labels["families"] for clip in clips]) for name in FAMILIES])
    return torch.from_numpy(np.clip(np.sqrt((1 - share) / np.maximum(share, 1e-3)), 1.0, 4.0)).float()


def crops(clips: Sequence[Seen], rng: np.random.Generator) -> View:
    """Random windows [B, ...] of the clips, all as long as the shortest clip or a window."""
    frames = min(WINDOW_FRAMES, *(clip.view.frames // 2 * 2 for clip in clips))
    cut = [clip.view.crop(2 * int(rng.integers((clip.view.frames - frames) // 2 + 1)), frames) for clip in clips]
    return View(torch.cat([one.timbre for one in cut]).float(), torch.cat([one.harmony for one in cut]).float())


def disturbed(seen: View, rng: np.random.Generator, chance: float) -> View:
    """The views [B, ...] as another mix or a codec would leave them: tilted, with a raised floor, smeared, with gaps.

    Each disturbance meets each clip with `chance`.
    """
    count = len(seen.timbre)
    tilt = _chosen(rng, chance, count) * torch.from_numpy(rng.normal(0, 0.5, (count, 1, 1))).float()
    floor = _chosen(rng, chance, count) * torch.from_numpy(rng.uniform(0, 2.5, (count, 1, 1))).float()
    smear = _chosen(rng, chance, count)
    pictures = []
    for picture in seen:
        bands = torch.linspace(-1, 1, picture.shape[1])[:, None]
        changed = (picture + tilt * bands * (picture > 0)).clamp_min(0)
        changed = torch.maximum(changed, floor) - floor
        blurred = functional.avg_pool2d(changed[:, None], 3, 1, 1, count_include_pad=False)[:, 0]
        pictures.append(torch.where(smear > 0, blurred, changed))
    timbre, harmony = pictures
    return View(_with_gaps(timbre, rng, chance), harmony)


def _with_gaps(picture: Tensor, rng: np.random.Generator, chance: float) -> Tensor:
    """A silent stripe of up to an eighth of the bands or of the time (SpecAugment, Park et al. 2019)."""
    for clip in np.flatnonzero(rng.random(len(picture)) < chance):
        axis = 1 + int(rng.integers(2))
        size = picture.shape[axis]
        width = 1 + int(rng.integers(size // 8))
        picture[clip].narrow(axis - 1, int(rng.integers(size - width)), width).zero_()
    return picture


def _chosen(rng: np.random.Generator, chance: float, count: int) -> Tensor:
    return torch.from_numpy(rng.random((count, 1, 1)) < chance).float()


def hear_all(ear: Ear, clips: Sequence[Seen]) -> list[Heard]:
    """What the ear says of each clip."""
    return [ear.judge(View(clip.view.timbre.float(), clip.view.harmony.float())) for clip in clips]


def accuracy(ear: Ear, clips: Sequence[Seen]) -> dict[str, Estimate]:
    """How often the ear is right about clips: style, mood, its quarter and drums as shares, families as mean F1."""
    pairs = list(zip(hear_all(ear, clips), clips, strict=True))
    return {
        "style": share([heard.style == clip.labels["style"] for heard, clip in pairs]),
        "mood": share([heard.mood == clip.labels["mood"] for heard, clip in pairs]),
        "mood quarter": share([heard.quarter == quarter(clip.labels["mood"]) for heard, clip in pairs]),
        "drums": share([(heard.drums > 0.5) == clip.beaten for heard, clip in pairs]),
        "families F1": mean([f1(set(clip.labels["families"]), heard.present()) for heard, clip in pairs]),
    }


def f1(true: set[str], found: set[str]) -> float:
    """Harmonic mean of precision and recall; 1 for two empty sets."""
    return 2 * len(true & found) / (len(true) + len(found)) if true or found else 1.0
