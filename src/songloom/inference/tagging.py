"""Tags without training: how near each of some labels, said as sentences, lies to the sound of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from einops import reduce
from torch import Tensor
from torch.nn import functional

from songloom.band import words
from songloom.band.sounds import SOUNDS
from songloom.inference.embedding import Space, embed_file, mean
from songloom.inference.long_form import samples_of
from songloom.systems.roles import Embedder, Progress

TEXTS = 64
"""Sentences that are read together."""


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Labels of one kind that are weighed against one another; `templates` are the sentences that say one."""

    labels: tuple[str, ...]
    templates: tuple[str, ...] = ("{}", "{} music")

    def __post_init__(self) -> None:
        if not self.labels or not all(label.strip() for label in self.labels):
            raise ValueError("labels are words; there is none, or an empty one")
        if len(set(self.labels)) != len(self.labels):
            raise ValueError(f"a label stands there twice: {', '.join(self.labels)}")


@dataclass(frozen=True, slots=True)
class Tag:
    """A label, its similarity to the sound, -1..1, and its probability among the labels of its set, 0..1."""

    label: str
    similarity: float
    probability: float


Tags = Mapping[str, Sequence[Tag]]
"""All labels of each set, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Span:
    """What is heard from second `start` to second `end`."""

    start: float
    end: float
    tags: Tags


@dataclass(frozen=True, slots=True)
class Tagged:
    """What is heard in a whole file, and in each window of it; windows may overlap."""

    seconds: float
    whole: Tags
    timeline: tuple[Span, ...]


SETS = {
    "styles": LabelSet(tuple(words.STYLES), ("{} music", "a piece of {}")),
    "moods": LabelSet(tuple(words.MOODS), ("{} music", "the mood is {}")),
    "instruments": LabelSet(
        tuple(dict.fromkeys(sound.words[0] for sound in SOUNDS.values())), ("music with {}", "played on {}")
    ),
}
"""The labels that the built-in corpus has."""


class Tagger:
    """The sentences of all labels, read once."""

    def __init__(self, space: Space, sets: Mapping[str, LabelSet] = SETS) -> None:
        self.embedder, self.sets = space.system, dict(sets)
        self.vectors = {name: label_vectors(space.system, labels) for name, labels in sets.items()}

    def tags(self, vector: Tensor) -> Tags:
        """The tags of a sound's vector [E]."""
        return {
            name: weighed(labels.labels, self.vectors[name] @ vector, self.embedder.sharpness)
            for name, labels in self.sets.items()
        }

    def tag_file(self, path: Path, *, progress: Progress | None = None) -> Tagged:
        """The tags of a sound file. Raises ValueError for what is none."""
        seconds = samples_of(self.embedder, path) / self.embedder.sample_rate
        starts, vectors = embed_file(self.embedder, path, progress=progress)
        length = self.embedder.window_seconds
        spans = (
            Span(start, min(start + length, seconds), self.tags(vector))
            for start, vector in zip(starts, vectors, strict=True)
        )
        return Tagged(seconds, self.tags(mean(vectors)), tuple(spans))


@torch.inference_mode()
def label_vectors(embedder: Embedder, labels: LabelSet) -> Tensor:
    """Each label as the mean of its sentences (as Radford et al. 2021, section 3.1.4, do), [N, E], of length 1."""
    sentences = [template.format(label) for label in labels.labels for template in labels.templates]
    parts = [embedder.embed_text(sentences[at : at + TEXTS]).float().cpu() for at in range(0, len(sentences), TEXTS)]
    means = reduce(torch.cat(parts), "(n t) e -> n e", "mean", t=len(labels.templates))
    return functional.normalize(means, dim=-1)


def weighed(labels: Sequence[str], similarities: Tensor, sharpness: float) -> list[Tag]:
    """Labels with their similarities [N] and the softmax of these times `sharpness`, the likeliest first."""
    chances = (sharpness * similarities).softmax(0)
    made = [Tag(*row) for row in zip(labels, similarities.tolist(), chances.tolist(), strict=True)]
    return sorted(made, key=lambda tag: -tag.similarity)
