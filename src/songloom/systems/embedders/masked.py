"""Two towers that learn from a part of the music: what is hidden has to be guessed, and what is seen has to match."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor
from torch.nn import functional

from songloom.data.batch import Batch
from songloom.layers.masked_patches import Guesser
from songloom.layers.mel import MelScale
from songloom.layers.spectrogram_transformer import drawn, only
from songloom.objectives.contrastive import in_chunks
from songloom.systems.embedders.audio_towers import PatchTower
from songloom.systems.embedders.two_tower import TwoTower, TwoTowerSettings
from songloom.systems.embedders.wordings import worded


@dataclass(frozen=True, kw_only=True)
class MaskedSettings(TwoTowerSettings):
    """A part `hidden_part` of the patches is not seen in training: whole frames of time, or with `scattered` any
    patches. The guesser's size; the weights of the contrast and of the guesses."""

    hidden_part: float = 0.75
    scattered: bool = False
    guesser_width: int = 512
    guesser_depth: int = 8
    guesser_heads: int = 8
    contrast_weight: float = 1.0
    guess_weight: float = 1.0


def tiny_patches() -> PatchTower.Config:
    """The audio tower of tiny presets: a second of 32 bands in patches that do not overlap."""
    mel = MelScale(n_fft=512, hop_length=256, bands=32)
    return PatchTower.Config(
        mel=mel, seconds=1.024, patch=(16, 8), stride=(16, 8), size=32, depth=2, heads=2, hidden=64
    )


class View(NamedTuple):
    """A picture [B, M, F] of which the patches at `stay` [B, n] were seen as `seen` [B, n, D], and those at `hidden`
    [B, m] were not."""

    picture: Tensor
    seen: Tensor
    stay: Tensor
    hidden: Tensor


class MaskedTwoTower(TwoTower):
    """Its audio tower is a transformer over patches that do not overlap."""

    config: MaskedSettings

    def __init__(self, config: MaskedSettings) -> None:
        super().__init__(config)
        tower = self.audio
        if not isinstance(tower, PatchTower) or tower.config.patch != tower.config.stride:
            raise ValueError("masked training needs an audio tower over patches that do not overlap")
        if not 0.0 < config.hidden_part < 1.0:
            raise ValueError(f"hidden_part is {config.hidden_part:g}; it must lie between 0 and 1")
        self.tower = (tower,)
        self.guesser = Guesser(
            tower.width,
            self.guessed_width(tower),
            len(tower.patches.positions),
            width=config.guesser_width,
            depth=config.guesser_depth,
            heads=config.guesser_heads,
            hidden=4 * config.guesser_width,
        )

    @abstractmethod
    def guessed_width(self, tower: PatchTower) -> int:
        """Numbers of what is guessed for one patch."""

    @abstractmethod
    def errors(self, view: View) -> Tensor:
        """How wrong the guesses about the hidden patches are, [B]."""

    def view(self, mel: Tensor) -> View:
        """Log-mel [B, M, F] with a random part of it hidden."""
        (tower,) = self.tower
        picture = tower.picture(mel)
        tokens = tower.patches(picture)
        group = 1 if self.config.scattered else tower.patches.rows
        stay, hidden = drawn(len(tokens), tokens.shape[1], group, self.config.hidden_part, tokens.device)
        return View(picture, tower.encoder(only(tokens, stay)), stay, hidden)

    def learn(self, mel: Tensor) -> Tensor:
        """Log-mel [B, M, F] -> its vector of length 1 and the error of the guesses, side by side [B, E + 1], so that
        both go through the same chunks."""
        view = self.view(mel)
        heard = functional.normalize(self.audio_out(view.seen.mean(1)).float(), dim=-1)
        return functional.pad(heard, (0, 1)) + functional.pad(self.errors(view)[:, None].float(), (self.width, 0))

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        texts, matches = worded(batch, self.config.worded)
        learned = in_chunks(self.learn, self.seen(batch), self.config.chunk)
        read = in_chunks(self.read, texts, self.config.chunk)
        losses = self.contrast(learned[:, :-1], read, matches)
        losses["contrast"] = self.config.contrast_weight * losses["contrast"]
        return losses | {"guess": self.config.guess_weight * learned[:, -1].mean()}
