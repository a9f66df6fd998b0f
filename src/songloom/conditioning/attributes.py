"""What a text says of style, mood and instruments, as chances: a small reader of a frozen text embedding.

A generator of a few million weights that hears a text only through its own loss learns to go on from the music before
it rather than from the words. Text to attributes first, attributes to music then (MuseCoco, Lu et al. 2023,
https://arxiv.org/abs/2306.00110) makes the words count; that the reader stands on a sentence embedding carries them to
words that no caption used. It learns from the labels of captioned clips (where a clip lacks one, that answer is not
trained) and from a glossary of how people talk about styles and moods.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.band.moods import MOODS
from songloom.band.sounds import FAMILIES
from songloom.conditioning.phrasings import phrasings
from songloom.conditioning.style_tempo import RANGES
from songloom.conditioning.text import WIDTH as TEXT_WIDTH

IGNORED = -100


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The names that can be read from a text: of styles and moods one each, of families any number."""

    styles: tuple[str, ...] = tuple(RANGES)
    moods: tuple[str, ...] = tuple(MOODS)
    families: tuple[str, ...] = FAMILIES

    @property
    def size(self) -> int:
        """Numbers of one answer."""
        return len(self.styles) + len(self.moods) + len(self.families)

    def parted(self, names: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """[..., size] -> what stands for styles, for moods and for families."""
        sizes = [len(self.styles), len(self.moods), len(self.families)]
        styles, moods, families = torch.split(names, sizes, dim=-1)
        return styles, moods, families

    def truth(self, labels: Sequence[Mapping[str, Any]]) -> Tensor:
        """[B, size]: what the labels of B clips say in the place of chances (1 for what is, else 0), NaN for what they
        leave open."""
        rows = []
        for one in labels:
            families = one.get("families")
            rows.append(
                _choice(one.get("style"), self.styles)
                + _choice(one.get("mood"), self.moods)
                + [math.nan if families is None else float(name in families) for name in self.families]
            )
        return torch.tensor(rows).view(len(rows), self.size)


class Answers(NamedTuple):
    """Logits: `style` [B, styles], `mood` [B, moods], `families` [B, families] (each by itself)."""

    style: Tensor
    mood: Tensor
    families: Tensor

    def chances(self) -> Tensor:
        """[B, size]: probabilities of all names side by side."""
        return torch.cat([self.style.softmax(-1), self.mood.softmax(-1), self.families.sigmoid()], dim=-1)


class AttributeReader(nn.Module):
    """Pooled text embeddings [B, 384] -> answers. `settle` gives it the scale of the texts it will see."""

    centre: Tensor
    spread: Tensor

    def __init__(self, vocabulary: Vocabulary, hidden: int = 512, dropout: float = 0.3) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.register_buffer("centre", torch.zeros(TEXT_WIDTH))
        self.register_buffer("spread", torch.full((), TEXT_WIDTH**-0.5))
        self.inside = nn.Linear(TEXT_WIDTH, hidden)
        self.drop = nn.Dropout(dropout)
        self.outside = nn.Linear(hidden, vocabulary.size)

    @torch.no_grad()
    def settle(self, pooled: Tensor) -> None:
        """Takes centre and spread from pooled embeddings [N, 384]: sentences about music all point much the same way,
        and what tells them apart is a small part of their length."""
        self.centre.copy_(pooled.mean(0))
        self.spread.copy_((pooled - pooled.mean(0)).square().mean().sqrt().clamp_min(1e-3))

    def standard(self, pooled: Tensor) -> Tensor:
        """[B, 384] -> [B, 384] around zero with mean square 1."""
        return (pooled - self.centre) / self.spread

    def forward(self, pooled: Tensor) -> Answers:
        return self.answer(self.standard(pooled))

    def answer(self, standard: Tensor) -> Answers:
        """Embeddings [B, 384] at the reader's scale -> answers."""
        hidden = functional.gelu(self.inside(self.drop(standard)))
        return Answers(*self.vocabulary.parted(self.outside(self.drop(hidden))))

    @torch.no_grad()
    def adopt(self, other: AttributeReader) -> None:
        """Reads as `other` does, but keeps its scale, by which a generator hears texts too."""
        inside, ratio = other.inside.weight, self.spread / other.spread
        self.outside.load_state_dict(other.outside.state_dict())
        self.inside.bias.copy_(other.inside.bias + inside @ ((self.centre - other.centre) / other.spread))
        self.inside.weight.copy_(inside * ratio)


def attribute_losses(
    vocabulary: Vocabulary, answers: Answers, labels: Sequence[Mapping[str, Any]]
) -> dict[str, Tensor]:
    """Cross-entropies in nats of `style`, `mood` and `families` against the labels of B clips; 0 where all lack
    one."""
    device = answers.style.device
    styles = _places(labels, "style", vocabulary.styles).to(device)
    moods = _places(labels, "mood", vocabulary.moods).to(device)
    known = torch.tensor([one.get("families") is not None for one in labels], device=device)
    present = torch.tensor(
        [[float(name in (one.get("families") or ())) for name in vocabulary.families] for one in labels]
    ).to(device)
    errors = functional.binary_cross_entropy_with_logits(answers.families.float(), present, reduction="none")
    return {
        "style": _cross_entropy(answers.style, styles),
        "mood": _cross_entropy(answers.mood, moods),
        "families": (errors.mean(-1) * known).sum() / known.sum().clamp_min(1),
    }


def glossary_texts(vocabulary: Vocabulary, count: int) -> tuple[list[str], list[dict[str, Any]]]:
    """`count` phrasings of the glossary with their labels, drawn by torch's global generator."""
    known = phrasings(vocabulary.styles, vocabulary.moods)
    drawn = [known[place] for place in torch.randint(len(known), (count,)).tolist()] if known else []
    return [phrase for phrase, _ in drawn], [label for _, label in drawn]


def _choice(name: object, words: Sequence[str]) -> list[float]:
    """1 at the place of `name`; NaN everywhere for a name that is not among `words`."""
    return [float(word == name) for word in words] if name in words else [math.nan] * len(words)


def _places(labels: Sequence[Mapping[str, Any]], name: str, words: Sequence[str]) -> Tensor:
    """[B] int64: the index of each clip's label, IGNORED where it has none or an unknown one."""
    index = {word: place for place, word in enumerate(words)}
    return torch.tensor([index.get(str(one.get(name)), IGNORED) for one in labels])


def _cross_entropy(logits: Tensor, places: Tensor) -> Tensor:
    """Mean over the known places, 0 when there is none."""
    total = functional.cross_entropy(logits.float(), places, ignore_index=IGNORED, reduction="sum")
    return total / (places != IGNORED).sum().clamp_min(1)
