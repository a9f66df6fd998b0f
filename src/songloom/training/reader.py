"""Teaches the reader of prompts by itself: captions, the same clips in words of the glossary, and its phrases alone.

While a generator trains, its reader sees a caption of each clip of a batch and a few phrases. Afterwards it may learn
all the words there are, in minutes of one core, as no sound is needed; the generator hears what it finds as before.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from songloom.conditioning.attributes import AttributeReader, Vocabulary
from songloom.conditioning.phrasings import Phrase, alone, worded
from songloom.conditioning.text import minilm
from songloom.data.manifest import Clip

Progress = Callable[[int, int], None]
CHUNK = 256
"""Texts that are encoded between two words of progress."""


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """Of each clip `captions` as they are and `wordings` in the glossary's words; a batch holds texts of the three
    kinds (captions, wordings, phrases alone) in these `shares`. `noise` is added to embeddings of mean square 1."""

    captions: int = 3
    wordings: int = 5
    shares: tuple[int, int, int] = (64, 128, 64)
    steps: int = 4000
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    noise: float = 0.5
    seed: int = 0


def teach(
    reader: AttributeReader, clips: Sequence[Clip], length: int, lessons: Lessons, progress: Progress | None = None
) -> None:
    """Teaches a reader anew from `clips` of which `length` tokens of a text count; it keeps its scale. Raises
    ValueError when the clips have no captions."""
    kinds = [[one for one in kind if one[0].strip()] for kind in texts(reader, clips, lessons)]
    if not kinds[0]:
        raise ValueError("the reader learns from captions; these clips have none")
    learn(reader, list(zip(kinds, lessons.shares, strict=True)), length, lessons, progress)


def learn(
    reader: AttributeReader,
    kinds: Sequence[tuple[Sequence[Phrase], int]],
    length: int,
    lessons: Lessons,
    progress: Progress | None = None,
) -> None:
    """Teaches a reader anew from kinds of texts, of each so many in a batch; empty ones are left out."""
    kinds = [(kind, share) for kind, share in kinds if kind]
    seen = [reader.standard(embedded([text for text, _ in kind], length, progress)) for kind, _ in kinds]
    truth = [_open(reader.vocabulary, [meant for _, meant in kind]) for kind, _ in kinds]
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(lessons.seed)
        reader.inside.reset_parameters()
        reader.outside.reset_parameters()
        _train(reader, seen, truth, [share for _, share in kinds], lessons)


def _open(vocabulary: Vocabulary, meant: Sequence[Mapping[str, Any]]) -> Tensor:
    """[N, size]: what is true; a text that names a mood and no style may be of any style, and a reader that says so
    leaves the choice to the rest of a prompt."""
    truth = vocabulary.truth(meant)
    style, mood, _ = vocabulary.parted(truth)
    style[style[:, 0].isnan() & ~mood[:, 0].isnan()] = 1 / len(vocabulary.styles)
    return truth


def texts(reader: AttributeReader, clips: Sequence[Clip], lessons: Lessons) -> tuple[list[Phrase], ...]:
    """Captions, wordings and phrases alone, each with what is to be read in it; the same every time, and more of a kind
    are the same ones and others."""
    captions: list[Phrase] = []
    for clip in clips:
        shuffled = random.Random(f"captions {lessons.seed} {clip.id}").sample(clip.captions, len(clip.captions))
        captions += [(caption.text, dict(clip.labels)) for caption in shuffled[: lessons.captions]]
    rng = random.Random(f"wordings {lessons.seed}")
    wordings = [found for _ in range(lessons.wordings) for clip in clips if (found := worded(clip.labels, rng))]
    return captions, wordings, alone(reader.vocabulary.styles, reader.vocabulary.moods)


def embedded(lines: Sequence[str], length: int, progress: Progress | None = None) -> Tensor:
    """Pooled embeddings [N, 384] of texts, of each the first `length` tokens."""
    rows = []
    for first in range(0, len(lines), CHUNK):
        rows.append(minilm().embed(lines[first : first + CHUNK], length).pooled)
        if progress:
            progress(min(first + CHUNK, len(lines)), len(lines))
    return torch.cat(rows)


def save_reader(reader: AttributeReader, path: Path) -> None:
    """Its weights as one file, in half precision as shipped models are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scale = {name for name, _ in reader.named_buffers()}
    kept = {k: (v if k in scale else v.half()).contiguous() for k, v in reader.state_dict().items()}
    beside = path.with_name(f".{path.name}.tmp")
    save_file(kept, beside)
    beside.replace(path)


def load_reader(like: AttributeReader, path: Path) -> AttributeReader:
    """What `save_reader` wrote, for the vocabulary of `like`."""
    found = AttributeReader(like.vocabulary)
    found.load_state_dict(load_file(path))
    return found.eval()


def _train(
    reader: AttributeReader, seen: Sequence[Tensor], truth: Sequence[Tensor], shares: Sequence[int], lessons: Lessons
) -> None:
    """AdamW in one cycle over batches of all kinds."""
    learned = [parameter for parameter in reader.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(learned, lessons.learning_rate, weight_decay=lessons.weight_decay)
    plan: Any = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, lessons.learning_rate, total_steps=lessons.steps, pct_start=0.1
    )
    reader.train()
    for _ in range(lessons.steps):
        rows = [torch.randint(len(kind), (share,)) for kind, share in zip(seen, shares, strict=True)]
        heard = torch.cat([kind[row] for kind, row in zip(seen, rows, strict=True)])
        wanted = torch.cat([kind[row] for kind, row in zip(truth, rows, strict=True)])
        heard = heard + lessons.noise * torch.randn_like(heard)
        optimizer.zero_grad()
        _error(reader, heard, wanted).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        plan.step()
    reader.eval()


def _error(reader: AttributeReader, standard: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropies of standardised embeddings [B, 384] against what is true [B, size], NaN where it is open."""
    answers = reader.answer(standard)
    style, mood, present = reader.vocabulary.parted(truth)
    return _choices(answers.style, style) + _choices(answers.mood, mood) + _each(answers.families, present)


def _choices(logits: Tensor, truth: Tensor) -> Tensor:
    known = ~truth[:, 0].isnan()
    errors = functional.cross_entropy(logits, truth.nan_to_num(), reduction="none")
    return (errors * known).sum() / known.sum().clamp_min(1)


def _each(logits: Tensor, truth: Tensor) -> Tensor:
    known = ~truth.isnan()
    errors = functional.binary_cross_entropy_with_logits(logits, truth.nan_to_num(), reduction="none")
    return (errors * known).sum() / known.sum().clamp_min(1)
