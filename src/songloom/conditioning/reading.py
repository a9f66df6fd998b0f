"""A prompt read as a whole and clause by clause, with what its tempo says of its style, and a choice made of it.

A sentence embedding of a long prompt is mostly about its sentence. Where the whole is vague, one clause often is not
("very smoky bar"): for style and mood each name's chance is the mean of the whole's and of the surest clause's. Who
asks for 174 beats a minute hardly means a waltz; who names a harp wants one. What then is likeliest is what is played:
generators learn from labels that say one thing, and from a fifth of each of five styles they would make none of them.
"""

from __future__ import annotations

import re

import torch
from torch import Tensor

from songloom.band.moods import MOODS
from songloom.conditioning.attributes import AttributeReader
from songloom.conditioning.prompt_parser import drums_of, families_of, tempo_of
from songloom.conditioning.style_tempo import RANGES
from songloom.conditioning.text import minilm

CLAUSES = 12
"""No more of a prompt's clauses are read."""
DECIDED = 4.0
"""The power to which chances of styles and moods are raised: one that leads takes nearly all, two that are level both
stay."""
SURE = 0.7
"""The chance from which on a mood is taken for what was asked: tempo and mode are then drawn to suit it."""
TONE = 3.75
"""Decibels an octave by which models tilt a sound for a unit of brightness: 1.5 times what the band's mix has."""
OUTSIDE, LEEWAY = 0.15, 8.0
"""How likely a style is at a tempo far outside of its range, against one inside; and beats per minute until then."""
_BORDER = re.compile(r"(?<!\b[^\W\d_])\.(?=\s|$)|[,;!?]|\band\b", re.IGNORECASE)
_HEADING = re.compile(r"(?:^|(?<=[,.;!?]))[^,.;:!?]*:")
_WORD = re.compile(r"[^\W\d_]{3}")


@torch.no_grad()
def read(reader: AttributeReader, prompt: str, length: int, drums: bool | None = None) -> Tensor:
    """The chances [size of the vocabulary] of styles, moods and families in a prompt of which `length` tokens count, as
    decided as generators hear them best. `drums` that are asked for or ruled out, else those that the prompt names, are
    what is read of drums, whatever its style has them do."""
    styles, moods, families = reader.vocabulary.parted(found(reader, prompt, length))
    drums = drums_of(prompt) if drums is None else drums
    if drums is not None and "drums" in reader.vocabulary.families:
        families = families.clone()
        families[reader.vocabulary.families.index("drums")] = float(drums)
    return torch.cat([_decided(styles), _decided(moods), families])


@torch.no_grad()
def found(reader: AttributeReader, prompt: str, length: int) -> Tensor:
    """The same chances as they are."""
    texts = [prompt, *clauses(prompt)]
    pooled = minilm().embed(texts, length).pooled.to(reader.centre.device)
    answers = reader(pooled)
    styles, moods = _together(answers.style.softmax(-1)), _together(answers.mood.softmax(-1))
    tempo = tempo_of(prompt)
    if tempo is not None:
        styles = styles * suits(reader.vocabulary.styles, tempo).to(styles)
        styles = styles / styles.sum()
    named = families_of(prompt)
    known = torch.tensor([float(name in named) for name in reader.vocabulary.families]).to(styles)
    return torch.cat([styles, moods, answers.families[0].sigmoid().maximum(known)])


def described(reader: AttributeReader, prompt: str, length: int) -> tuple[str, str | None]:
    """The style that is read in a prompt, and the mood where one is sure."""
    vocabulary = reader.vocabulary
    styles, moods, _ = vocabulary.parted(read(reader, prompt, length))
    mood = int(moods.argmax())
    return vocabulary.styles[int(styles.argmax())], vocabulary.moods[mood] if float(moods[mood]) >= SURE else None


def brightness(reader: AttributeReader, prompt: str, length: int) -> float:
    """How much brighter (or darker, below 0) than middling the moods sound that are read in a prompt, -.5 to .5: the
    mean over their chances, in hundredths; 0 where there are no words, or none for a mood that the band knows."""
    if not prompt.strip():
        return 0.0
    vocabulary = reader.vocabulary
    _, chances, _ = vocabulary.parted(read(reader, prompt, length))
    known = [MOODS[name].brightness - 0.5 if name in MOODS else 0.0 for name in vocabulary.moods]
    return round(float(chances @ torch.tensor(known).to(chances)), 2)


def suits(styles: tuple[str, ...], tempo: float) -> Tensor:
    """How likely each style [styles] is at a tempo in beats per minute, against one that is often so fast: 1 within its
    range, falling to OUTSIDE beyond."""
    found = []
    for name in styles:
        low, high = RANGES.get(name, (tempo, tempo))
        beyond = max(low - tempo, tempo - high, 0.0) / LEEWAY
        found.append(max(OUTSIDE, 1.0 - beyond))
    return torch.tensor(found)


def clauses(prompt: str) -> list[str]:
    """The parts between commas, stops and "and" that hold a word and no number (tempo and key are read elsewhere);
    none for a prompt of one clause. The stops of "B.B." are none, and what stands before a colon is a heading."""
    parts = [part.strip() for part in _BORDER.split(_HEADING.sub(",", prompt))]
    if sum(bool(part) for part in parts) < 2:
        return []
    return [part for part in parts if _WORD.search(part) and not re.search(r"\d", part)][:CLAUSES]


def _together(chances: Tensor) -> Tensor:
    """[1 + clauses, N] -> [N]: the whole's and the clauses' highest, as chances again."""
    if len(chances) == 1:
        return chances[0]
    highest = chances[1:].max(0).values
    both = chances[0] + highest / highest.sum()
    return both / both.sum()


def _decided(chances: Tensor) -> Tensor:
    """[N] -> [N]: what leads, leading by more."""
    sharper = (chances / chances.max()) ** DECIDED
    return sharper / sharper.sum()
