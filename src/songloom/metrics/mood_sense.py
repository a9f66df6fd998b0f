"""The ear's sense of mood: how far a clip is from what is usual in the style that is heard.

A mood is a lean: a darker mode, a faster beat, a brighter mix than a style's other pieces have. So it is judged from
the clues minus their style's mean, from the place of the tempo between the style's slowest and fastest pieces, and
from the mode, found as the best of eight modes over twelve tonics by scores that turn with the tonic. Where the style
is in doubt, what is usual is the mean over styles by their chances.
"""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor, nn

from songloom.band.moods import LIGHT_OF_MODE
from songloom.metrics.mood_clues import PICTURES, SOUND, Clues

MODES = tuple(LIGHT_OF_MODE)
HIDDEN, MODE_HIDDEN = 64, 64
CLOSE = 2.3  # beats per minute beyond its style's range at which a tempo is still likely
SHARPNESS = 0.3  # power of the shares of a tempo's readings: they know nothing of styles


class MoodSense(nn.Module):
    """Clues of B clips and the chances [B, S] of their styles -> logits of moods [B, M]."""

    def __init__(self, styles: int, moods: int) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(SOUND))
        self.register_buffer("deviation", torch.ones(SOUND))
        self.register_buffer("usual", torch.zeros(styles, SOUND))
        self.register_buffer("range", torch.tensor([60.0, 180.0]).repeat(styles, 1))
        self.register_buffer("taste", torch.full((styles, moods), 1 / moods))
        self.register_buffer("mode_taste", torch.full((styles, len(MODES)), 1 / len(MODES)))
        self.register_buffer("pace", torch.full((moods,), 0.5))
        self.register_buffer("spread", torch.full((moods,), 0.3))
        self.modes = nn.Sequential(
            nn.Dropout(0.1), nn.Linear(12 * PICTURES, MODE_HIDDEN), nn.GELU(),
            nn.Dropout(0.3), nn.Linear(MODE_HIDDEN, len(MODES)),
        )  # fmt: skip
        self.sound = nn.Sequential(nn.Dropout(0.5), nn.Linear(2 * SOUND, HIDDEN))
        self.known = nn.Linear(styles + 2 + len(MODES), HIDDEN)
        self.answer = nn.Sequential(nn.GELU(), nn.Dropout(0.5), nn.Linear(HIDDEN, moods))

    def forward(self, clues: Clues, styles: Tensor) -> Tensor:
        """Logits [B, M]: the styles' own taste in moods, corrected by what is heard."""
        return self.correct(*self.compare(clues, styles))

    def compare(self, clues: Clues, styles: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Sound beside its style's [B, 2 SOUND], what is known [B, S + 2 + modes], and logits of moods by the styles'
        taste and the tempo alone [B, M]: for each reading of style and tempo, how likely the mood has both."""
        sound = self.standard(clues.sound)
        places, chance = self.places(clues.tempi)
        pace, spread = self.get_buffer("pace"), self.get_buffer("spread")
        likely = (-0.5 * ((places[..., None] - pace) / spread).square()).exp() / spread
        base = torch.einsum("bs,sm,bsk,bskm->bm", styles, self.get_buffer("taste"), chance, likely)
        place = 4 * torch.einsum("bs,bsk,bsk->b", styles, chance, places)[:, None] - 2
        known = torch.cat([styles, place, place.square() - 1, self.leaning(clues.classes, styles)], 1)
        beside = torch.cat([sound - styles @ self.get_buffer("usual"), sound / 2], 1)
        return beside, known, base.clamp_min(1e-4).log()

    def correct(self, beside: Tensor, known: Tensor, base: Tensor) -> Tensor:
        """Logits of moods [B, M] from what `compare` gives."""
        corrected: Tensor = base + self.answer(self.sound(beside) + self.known(known))
        return corrected

    def standard(self, sound: Tensor) -> Tensor:
        """[B, SOUND] at the scale of the clips that taught it."""
        return ((sound - self.get_buffer("centre")) / self.get_buffer("deviation")).clamp(-5, 5)

    def places(self, tempi: Tensor) -> tuple[Tensor, Tensor]:
        """Where each reading of the tempo [B, K, 2] lies between a style's slowest 0 and fastest 1, and its chance in
        the style; both [B, S, K]."""
        beats, share = rearrange(tempi, "b k c -> c b 1 k")
        slowest, fastest = rearrange(self.get_buffer("range"), "s c -> c 1 s 1")
        beyond = (slowest - beats).clamp_min(0) + (beats - fastest).clamp_min(0)
        chance = share**SHARPNESS * (-0.5 * (beyond / CLOSE).square()).exp() + 1e-6
        places = ((beats - slowest) / (fastest - slowest).clamp_min(4.0)).clamp(0, 1)
        return places, chance / chance.sum(-1, keepdim=True)

    def leaning(self, classes: Tensor, styles: Tensor) -> Tensor:
        """Chances of the modes beyond what is usual in the style, [B, modes]."""
        chances = self.key_scores(classes, styles).flatten(1).softmax(1)
        modes = rearrange(chances, "b (t m) -> b m t", t=12).sum(-1)
        return 3.0 * (modes - styles @ self.get_buffer("mode_taste"))

    def key_scores(self, classes: Tensor, styles: Tensor) -> Tensor:
        """Logits [B, 12 tonics, modes] of the keys of pitch classes [B, PICTURES, 12]."""
        even = (classes - classes.mean(-1, keepdim=True)) / classes.std(-1, keepdim=True).clamp_min(1e-3)
        turned = torch.stack([even.roll(-tonic, -1) for tonic in range(12)], 1)
        scores: Tensor = self.modes(rearrange(turned, "b t p c -> b t (p c)"))
        return scores + (styles @ self.get_buffer("mode_taste")).log()[:, None]
