"""The ear's sense of mood: what the band's rules say of the style, tempo and mode that are heard, then the sound.

A style takes some moods more readily than others, and a mood leans from what is usual in its style: a darker mode, a
faster beat, a brighter mix. The band's own rules (`mood_rules`) give the chances of moods for each style, reading of
the tempo and mode that a clip may have; the mode is heard by scores of twelve tonics that turn with the tonic. What is
left to learn is how the sound leans: small networks correct the rules by the clues minus their style's mean. Where the
style is in doubt, rules and means are mixed by the chances of styles.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from einops import rearrange
from torch import Tensor, nn

from songloom.metrics.mood_clues import PICTURES, SOUND, Clues
from songloom.metrics.mood_rules import LEAST, MODES, MoodRules, mood_rules

HIDDEN, MODE_HIDDEN = 64, 64
CORRECTIONS = 4  # networks whose mean corrects the rules
CLOSE = 2.3  # beats per minute beyond its style's range at which a tempo is still likely
ABOUT = 1.2  # beats per minute that a reading of the tempo may be wrong by
SHARPNESS = 0.3  # power of the shares of a tempo's readings: they know nothing of styles


class MoodSense(nn.Module):
    """Clues of B clips and the chances [B, S] of their styles -> logits of moods [B, M]."""

    def __init__(self, styles: Sequence[str], moods: Sequence[str]) -> None:
        super().__init__()
        for name, table in mood_rules(styles, moods)._asdict().items():
            self.register_buffer(name, table.float(), persistent=False)
        self.register_buffer("centre", torch.zeros(SOUND))
        self.register_buffer("deviation", torch.ones(SOUND))
        self.register_buffer("usual", torch.zeros(len(styles), SOUND))
        self.keys = nn.Sequential(
            nn.Dropout(0.1), nn.Linear(12 * PICTURES, MODE_HIDDEN), nn.GELU(),
            nn.Dropout(0.3), nn.Linear(MODE_HIDDEN, len(MODES)),
        )  # fmt: skip
        self.corrections = nn.ModuleList(Correction(len(styles), len(moods)) for _ in range(CORRECTIONS))

    @property
    def rules(self) -> MoodRules:
        """The band's, for this sense's styles and moods."""
        return MoodRules(*(self.get_buffer(name) for name in MoodRules._fields))

    def forward(self, clues: Clues, styles: Tensor) -> Tensor:
        """Logits [B, M]: what the rules say, corrected by the sound."""
        return self.by_rules(clues, styles) + self.correct(*self.compare(clues, styles)).mean(0)

    def correct(self, beside: Tensor, known: Tensor) -> Tensor:
        """Each network's corrections [CORRECTIONS, B, M] by what `compare` gives."""
        return torch.stack([each(beside, known) for each in self.corrections])

    def by_rules(self, clues: Clues, styles: Tensor) -> Tensor:
        """Log chances of moods [B, M] by Bayes' rule: in each style its taste, times how likely each mood makes the
        readings of the tempo and the modes that are heard; these mixed by the chances of styles."""
        tempo = self.rules.tempo_chances(clues.tempi[..., 0], ABOUT)
        tempo = torch.einsum("bsk,bksm->bsm", self.readings(clues.tempi), tempo) + LEAST
        heard = self.fits(clues.classes).logsumexp(1).softmax(1)
        mode = torch.einsum("bk,smk->bsm", heard, self.rules.modes) + LEAST
        product = self.rules.taste * tempo * mode
        return torch.einsum("bs,bsm->bm", styles, product / product.sum(-1, keepdim=True)).log()

    def compare(self, clues: Clues, styles: Tensor) -> tuple[Tensor, Tensor]:
        """Sound beside its style's [B, 2 SOUND] and what is known: style, place of the tempo, leaning of the mode."""
        sound = self.standard(clues.sound)
        place = 4 * torch.einsum("bs,bsk,bsk->b", styles, self.readings(clues.tempi), self.places(clues.tempi)) - 2
        known = [styles, place[:, None], place[:, None].square() - 1, self.leaning(clues.classes, styles)]
        return torch.cat([sound - styles @ self.get_buffer("usual"), sound / 2], 1), torch.cat(known, 1)

    def standard(self, sound: Tensor) -> Tensor:
        """[B, SOUND] at the scale of the clips that taught it."""
        return ((sound - self.get_buffer("centre")) / self.get_buffer("deviation")).clamp(-5, 5)

    def readings(self, tempi: Tensor) -> Tensor:
        """Chances [B, S, K] of the readings of the tempo [B, K, 2], if the clip is of a style: those beyond its
        range are unlikely."""
        beats, share = rearrange(tempi, "b k c -> c b 1 k")
        slowest, fastest = self.rules.slowest[:, None], self.rules.fastest[:, None]
        beyond = (slowest - beats).clamp_min(0) + (beats - fastest).clamp_min(0)
        chance = share**SHARPNESS * (-0.5 * (beyond / CLOSE).square()).exp() + 1e-6
        return chance / chance.sum(-1, keepdim=True)

    def places(self, tempi: Tensor) -> Tensor:
        """Where each reading [B, K, 2] lies between a style's slowest 0 and fastest 1, [B, S, K]."""
        slowest, fastest = self.rules.slowest[:, None], self.rules.fastest[:, None]
        return ((tempi[:, None, :, 0] - slowest) / (fastest - slowest)).clamp(0, 1)

    def leaning(self, classes: Tensor, styles: Tensor) -> Tensor:
        """Chances of the modes beyond what is usual in the style, [B, modes]."""
        chances = self.key_scores(classes, styles).flatten(1).softmax(1)
        modes = rearrange(chances, "b (t m) -> b m t", t=12).sum(-1)
        return 3.0 * (modes - styles @ self.rules.usual_modes())

    def key_scores(self, classes: Tensor, styles: Tensor) -> Tensor:
        """Logits [B, 12 tonics, modes] of the keys of pitch classes [B, PICTURES, 12] in the styles."""
        return self.fits(classes) + (styles @ self.rules.usual_modes() + LEAST).log()[:, None]

    def fits(self, classes: Tensor) -> Tensor:
        """How well [B, 12 tonics, modes] keys fit pitch classes [B, PICTURES, 12], whatever the style."""
        even = (classes - classes.mean(-1, keepdim=True)) / classes.std(-1, keepdim=True).clamp_min(1e-3)
        turned = torch.stack([even.roll(-tonic, -1) for tonic in range(12)], 1)
        scores: Tensor = self.keys(rearrange(turned, "b t p c -> b t (p c)"))
        return scores


class Correction(nn.Module):
    """Sound beside its style's [B, 2 SOUND] and what is known [B, S + 2 + modes] -> what to add to logits [B, M]."""

    def __init__(self, styles: int, moods: int) -> None:
        super().__init__()
        self.sound = nn.Sequential(nn.Dropout(0.5), nn.Linear(2 * SOUND, HIDDEN))
        self.known = nn.Linear(styles + 2 + len(MODES), HIDDEN)
        self.answer = nn.Sequential(nn.GELU(), nn.Dropout(0.5), nn.Linear(HIDDEN, moods))

    def forward(self, beside: Tensor, known: Tensor) -> Tensor:
        """[B, M]."""
        added: Tensor = self.answer(self.sound(beside) + self.known(known))
        return added
