"""Conditions as vectors of the model's width: text as a prefix, text and music as sums for every frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from songloom.conditioning.attributes import (
    Answers,
    AttributeReader,
    Vocabulary,
    attribute_losses,
    glossary_texts,
)
from songloom.conditioning.musical import (
    METERS,
    METRONOME_WIDTH,
    NO_DRUMS,
    NO_KEY,
    PLACE_WIDTH,
    MusicalBatch,
    metronome,
    place,
)
from songloom.conditioning.text import WIDTH as TEXT_WIDTH
from songloom.conditioning.text import TextEmbedding, minilm

SCALE = 0.2
"""Length per dimension that every condition starts with: each is normalised, so that none drowns the others."""


class Even(nn.LayerNorm):
    """LayerNorm without bias whose gain begins at SCALE."""

    def __init__(self, width: int) -> None:
        super().__init__(width, bias=False)
        nn.init.constant_(self.weight, SCALE)


class TextConditioner(nn.Module):
    """Frozen text embeddings -> prefix [B, L, D] and one vector [B, D]: the pooled text and what the reader makes of
    it. Where there is no text, learned blanks stand: the prefix always has L vectors, so that no attention mask is
    needed."""

    def __init__(self, width: int, length: int, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.length = length
        self.reader = AttributeReader(vocabulary)
        self.to_prefix = nn.Linear(TEXT_WIDTH, width)
        self.to_pooled = nn.Linear(TEXT_WIDTH, width)
        self.to_attributes = nn.Linear(vocabulary.size, width, bias=False)
        self.prefix_norm, self.pooled_norm, self.attributes_norm = Even(width), Even(width), Even(width)
        self.blank_token = nn.Parameter(SCALE * torch.randn(width))
        self.blank_text = nn.Parameter(SCALE * torch.randn(width))

    def forward(
        self, text: TextEmbedding, absent: Tensor, wordless: Tensor | None = None, told: Tensor | None = None
    ) -> Conditioned:
        """Items marked in `absent` [B] count as having no text; of those in `wordless` [B] only what was read in them
        is heard. `told` [B, size of the vocabulary] stands for what the reader finds wherever it is not NaN."""
        unheard = absent if wordless is None else absent | wordless
        here = (text.mask & ~unheard[:, None])[..., None]
        prefix = torch.where(here, self.prefix_norm(self.to_prefix(text.tokens)), self.blank_token)
        answers = self.reader(text.pooled)
        # The reader learns from labels alone: what the music wants of it would blur what the words mean.
        chances = answers.chances().detach()
        if told is not None:
            chances = torch.where(told.isnan(), chances, told)
        attributes = self.attributes_norm(self.to_attributes(chances))
        pooled = self.pooled_norm(self.to_pooled(self.reader.standard(text.pooled)))
        whole = torch.where(unheard[:, None], self.blank_text, pooled)
        return Conditioned(prefix, torch.where(absent[:, None], whole, whole + attributes), answers)

    def embed(self, texts: Sequence[str]) -> TextEmbedding:
        """B texts as the frozen encoder has them, where this module is."""
        return TextEmbedding(*(part.to(self.blank_text.device) for part in minilm().embed(texts, self.length)))

    def settle(self, texts: Iterable[str]) -> None:
        """Gives the reader the scale of the texts that it will see."""
        known = sorted({text for text in texts if text.strip()})
        if len(known) > 1:
            self.reader.settle(self.embed(known).pooled)

    def reading(
        self, answers: Answers, labels: Sequence[Mapping[str, Any]], *, weight: float, phrases: int
    ) -> dict[str, Tensor]:
        """The reader's losses times `weight`: of its `answers` to B captions of clips with these labels, and of so many
        phrases of the glossary."""
        found = {
            name: weight * loss for name, loss in attribute_losses(self.reader.vocabulary, answers, labels).items()
        }
        texts, meant = glossary_texts(self.reader.vocabulary, phrases)
        if texts:
            losses = attribute_losses(self.reader.vocabulary, self.reader(self.embed(texts).pooled), meant)
            found["glossary"] = weight * (losses["style"] + losses["mood"])
        return found


class Conditioned(NamedTuple):
    """What a text becomes: `prefix` [B, L, D], `whole` [B, D] for every frame, and what was read in it."""

    prefix: Tensor
    whole: Tensor
    answers: Answers


class MusicalConditioner(nn.Module):
    """Key, drums and meter as embeddings, metronome and place as features -> vectors [B, F, D] for every frame."""

    def __init__(self, width: int, hidden: int = 64) -> None:
        super().__init__()
        self.key = nn.Embedding(NO_KEY + 1, width)
        self.drums = nn.Embedding(NO_DRUMS + 1, width)
        self.meter = nn.Embedding(len(METERS) + 1, width)
        self.key_norm, self.drums_norm, self.meter_norm = Even(width), Even(width), Even(width)
        self.beat = nn.Sequential(nn.Linear(METRONOME_WIDTH, hidden), nn.GELU(), nn.Linear(hidden, width), Even(width))
        self.place = nn.Sequential(nn.Linear(PLACE_WIDTH, hidden), nn.GELU(), nn.Linear(hidden, width), Even(width))

    def forward(self, batch: MusicalBatch, times: Tensor, total: Tensor) -> Tensor:
        """`times` [B, F] in seconds from the start of pieces of `total` [B] seconds -> [B, F, D]."""
        whole = (
            self.key_norm(self.key(batch.key))
            + self.drums_norm(self.drums(batch.drums))
            + self.meter_norm(self.meter(batch.meter))
        )
        return whole[:, None] + self.beat(metronome(batch, times)) + self.place(place(times, total))
