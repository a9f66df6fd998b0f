"""M2D-CLAP: vectors that tell what is hidden, beside vectors that match texts.

Niizumi et al. 2024, "Masked Modeling Duo Meets CLAP" (https://arxiv.org/abs/2406.02032). The online encoder sees some
patches and guesses the vectors of the others; a teacher, the moving average of the online encoder, sees only those
others and says what they were (M2D, arXiv 2210.14648, section 3). The mean of the seen patches' vectors is matched
with a frozen sentence encoder.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.bottlenecks.processes import whole
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.layers.mel import MelScale
from songloom.layers.spectrogram_transformer import only
from songloom.recipe import Recipe
from songloom.systems.embedders.audio_towers import PatchTower
from songloom.systems.embedders.masked import MaskedSettings, MaskedTwoTower, View, tiny_patches
from songloom.systems.embedders.text_towers import SentenceTower


class M2dClap(MaskedTwoTower, kind="m2d-clap"):
    """Guesses the teacher's vectors of the hidden patches."""

    summary = "two towers; hidden patches' vectors are guessed as a teacher sees them (M2D-CLAP)"
    opponents = ("teacher",)

    @dataclass(frozen=True, kw_only=True)
    class Config(MaskedSettings):
        """ViT-base over about six seconds of 80 bands at 16 kHz; the sentence encoder is MiniLM where the paper has
        GTE-base. The teacher keeps `decay` of itself at each step."""

        audio: Settings = field(
            default_factory=lambda: PatchTower.Config(mel=MelScale(n_fft=400, hop_length=160, bands=80), seconds=6.08)
        )
        text: Settings = field(default_factory=SentenceTower.Config)
        width: int = 768
        hidden: tuple[int, int] = (768, 0)
        hidden_part: float = 0.7
        scattered: bool = True
        contrast_weight: float = 0.01
        decay: float = 0.99995

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.teacher: nn.ModuleDict | None = None

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        tiny = cls.Config(
            audio=tiny_patches(),
            width=16,
            hidden=(0, 0),
            hidden_part=0.5,
            guesser_width=16,
            guesser_depth=1,
            guesser_heads=2,
            contrast_weight=1.0,
            guess_weight=0.2,
            decay=0.99,
        )
        return {"m2d-clap": cls.Config(), "m2d-clap-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset == "m2d-clap-tiny":
            return Recipe(seconds=1.024, steps=150, batch_size=16, learning_rate=3e-3, warmup=10)
        return Recipe(
            inputs="mel",
            seconds=6.08,
            steps=300_000,
            batch_size=512,
            learning_rate=3e-4,
            warmup=10_000,
            weight_decay=0.05,
        )

    def call_opponents(self) -> None:
        """The teacher is the online encoder as it is now."""
        if self.teacher is None:
            (tower,) = self.tower
            parts = {"patches": copy.deepcopy(tower.patches), "encoder": copy.deepcopy(tower.encoder)}
            self.teacher = nn.ModuleDict(parts).requires_grad_(False)

    def guessed_width(self, tower: PatchTower) -> int:
        return tower.width

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        self.call_opponents()
        if self.training:
            self.follow()
        return super().losses(batch, step=step)

    @torch.no_grad()
    def follow(self) -> None:
        """The teacher goes a little towards the online encoder."""
        (tower,) = self.tower
        for name, part in (self.teacher or nn.ModuleDict()).items():
            for old, new in zip(part.parameters(), getattr(tower, name).parameters(), strict=True):
                old.lerp_(whole(new), 1 - self.config.decay)

    def errors(self, view: View) -> Tensor:
        """The squared distance of guess and truth at length 1, 2 - 2 cos, a mean over the hidden patches."""
        guess = self.guesser(view.seen, view.stay, view.hidden).float()
        return 2 - 2 * functional.cosine_similarity(guess, self.told(view), dim=-1).mean(1)

    @torch.no_grad()
    def told(self, view: View) -> Tensor:
        """The teacher's vectors [B, m, D] of the hidden patches alone, each standardised."""
        teacher = self.teacher or nn.ModuleDict()
        vectors = teacher["encoder"](only(teacher["patches"](view.picture), view.hidden)).float()
        return functional.layer_norm(vectors, vectors.shape[-1:])
