"""The adversarial game: discriminators learn to tell made from true, the generator to be taken for true.

    losses = self.adversary.losses(true, made, step=step)

gives three named losses that are summed with all others and go backward together: "adversarial" and "features"
reach the generator alone (the discriminators' weights are constants in them), "adversary" the discriminators alone
(the made sound is a constant in it). So both sides learn from one backward pass, each by its own optimiser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.bottlenecks.processes import averaged
from songloom.config import Configurable, Settings
from songloom.objectives.discriminators.discriminator import Discriminator, Judgement
from songloom.objectives.discriminators.multi_band import MultiBand
from songloom.objectives.discriminators.multi_period import MultiPeriod


class Game(NamedTuple):
    """What the sides minimise, as functions of scores: the opponents of true and of made, the generator of made;
    `middle` is the score that stands for doubt."""

    true: Callable[[Tensor], Tensor]
    made: Callable[[Tensor], Tensor]
    fooled: Callable[[Tensor], Tensor]
    middle: float


GAMES = {
    "least-squares": Game(lambda s: (1 - s).square(), torch.square, lambda s: (1 - s).square(), 0.5),
    "hinge": Game(lambda s: functional.relu(1 - s), lambda s: functional.relu(1 + s), torch.neg, 0.0),
    "clipped-hinge": Game(
        lambda s: functional.relu(1 - s), lambda s: functional.relu(1 + s), lambda s: functional.relu(1 - s), 0.0
    ),
}
"""Mao et al. 2017 (arXiv 1611.04076; DAC), Lim & Ye 2017 (arXiv 1705.02894; VQGAN), and the latter as SoundStream
(arXiv 2107.03312, equations 1 and 2) and EnCodec have it: no more to gain once a score is 1."""


class Adversary(nn.Module, Configurable, kind="adversary"):
    """Discriminators and the rules of the game. The defaults are DAC's (arXiv 2306.06546, section 3.4)."""

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """`over` says whether networks and layers are summed (DAC) or averaged; `relative` divides each distance of
        features by their mean size (EnCodec, equation 4). `adversarial` and `features` weigh the generator's losses.
        The game begins at step `start`; the opponents learn in a part `share` of the steps (EnCodec: 2/3)."""

        discriminators: tuple[Settings, ...] = (MultiPeriod.Config(), MultiBand.Config())
        game: Literal["least-squares", "hinge", "clipped-hinge"] = "least-squares"
        over: Literal["sum", "mean"] = "sum"
        relative: bool = False
        adversarial: float = 1.0
        features: float = 2.0
        start: int = 0
        share: float = 1.0

    config: Config

    def __init__(self, config: Config) -> None:
        nn.Module.__init__(self)
        self.config = config
        self.discriminators = nn.ModuleList(settings.build() for settings in config.discriminators)
        if not all(isinstance(one, Discriminator) for one in self.discriminators):
            raise ValueError("an adversary needs discriminators, one or more")

    def forward(self, shown: Tensor) -> list[Judgement]:
        """The judgements of all networks of waves [B, C, T] (or images, as the discriminators are)."""
        return [judgement for one in self.discriminators for judgement in one(shown)]

    def losses(self, true: Tensor, made: Tensor, *, step: int) -> dict[str, Tensor]:
        """Weighted losses of both sides for true and made waves of one shape, and "~told_apart", the part of all
        scores that are on the right side. Empty before the step where the game begins."""
        if step < self.config.start:
            return {}
        if true.shape != made.shape:
            raise ValueError(f"true is {tuple(true.shape)} and made {tuple(made.shape)}; they must be alike")
        true, made = true.float(), made.float()
        of_true = self(true)
        with constant(self):
            shown = self(made)
        named = {
            "adversarial": self.config.adversarial * self.fooled(shown),
            "features": self.config.features * self.feature_distance(shown, of_true),
        }
        if self.plays(step) or not self.training:
            of_made = self(made.detach())
            named["adversary"] = self.caught(of_true, of_made)
            named["~told_apart"] = self.told_apart(of_true, of_made)
        return named

    def plays(self, step: int) -> bool:
        """Whether the opponents learn in a step: evenly in a part `share` of all, the same in every process."""
        return int((step + 1) * self.config.share) > int(step * self.config.share)

    def fooled(self, made: Sequence[Judgement]) -> Tensor:
        """The generator's loss: how far its scores are from those of true music."""
        return self._total([GAMES[self.config.game].fooled(one.score).mean() for one in made])

    def caught(self, true: Sequence[Judgement], made: Sequence[Judgement]) -> Tensor:
        """The opponents' loss: how far they are from telling true from made."""
        game = GAMES[self.config.game]
        return self._total(
            [game.true(a.score).mean() + game.made(b.score).mean() for a, b in zip(true, made, strict=True)]
        )

    def feature_distance(self, made: Sequence[Judgement], true: Sequence[Judgement]) -> Tensor:
        """Mean absolute difference of each layer's activations (arXiv 1910.06711, equation 4); no gradient reaches
        those of the true music."""
        pairs = [
            (mine, wanted.detach())
            for one, other in zip(made, true, strict=True)
            for mine, wanted in zip(one.features, other.features, strict=True)
        ]
        distances = torch.stack([(mine - goal).abs().mean() for mine, goal in pairs])
        if self.config.relative:
            distances = distances / averaged(torch.stack([goal.abs().mean() for _, goal in pairs])).clamp_min(1e-8)
        return self._total(list(distances))

    @torch.no_grad()
    def told_apart(self, true: Sequence[Judgement], made: Sequence[Judgement]) -> Tensor:
        """The part of all scores, network by network, that are on the right side of doubt: 0.5 by guessing."""
        middle = GAMES[self.config.game].middle
        right = [one.score > middle for one in true] + [one.score <= middle for one in made]
        return torch.stack([one.float().mean() for one in right]).mean()

    def _total(self, terms: Sequence[Tensor]) -> Tensor:
        stacked = torch.stack(list(terms))
        return stacked.sum() if self.config.over == "sum" else stacked.mean()


@contextmanager
def constant(module: nn.Module) -> Iterator[None]:
    """Inside, the module's weights are constants: gradients pass through it to what it is shown, not into it."""
    trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
    for parameter in trained:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in trained:
            parameter.requires_grad_(True)
