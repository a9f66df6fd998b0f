"""Figures against the prompts: what was asked in numbers, and how near the music lies to the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from songloom.audio.clip import Audio
from songloom.metrics.bench.asked import Asked
from songloom.metrics.bench.embedding import Embedded, text_vectors
from songloom.metrics.bench.listening import Sound
from songloom.metrics.bench.report import Figure, Section
from songloom.metrics.confidence import mean, share
from songloom.metrics.control_accuracy import Heard, accuracy, hear, judged
from songloom.metrics.embeddings import EmbedderNetwork
from songloom.metrics.retrieval import average_precision, chance_precision, chance_recall, recall


@dataclass(frozen=True, eq=False)
class Followed:
    """A section, and each clip's own values by its name."""

    section: Section
    values: Mapping[str, Mapping[str, float]]


def others(count: int) -> np.ndarray:
    """For each of `count` places another one, half the list further: whose prompt is none of its own."""
    return (np.arange(count) + max(1, count // 2)) % count


def heard_of(sound: Sound, asked: Asked) -> Heard:
    """What is heard of a clip; its sound is read again where chords or curves are asked for."""
    if asked.wanted.chords or asked.wanted.curves:
        return hear(Audio.load(sound.path), asked.wanted)
    return Heard(sound.facts.tempo, sound.facts.key, sound.facts.drums)


def control_section(asked: Mapping[str, Asked], heard: Mapping[str, Heard]) -> Followed | None:
    """Accuracy of everything that prompts name in words, fields and curves, beside that for other clips' prompts;
    None where they name nothing."""
    names = list(asked)
    wanted = [asked[name].wanted for name in names]
    rows = accuracy(wanted, [heard[name] for name in names])
    if not rows:
        return None
    moved = others(len(names))
    chance = accuracy([wanted[i] for i in moved], [heard[name] for name in names]) if len(names) > 1 else {}
    figures = tuple(
        Figure(
            name, row, "" if "correlation" in name else "%", "higher", chance[name].value if name in chance else None
        )
        for name, row in rows.items()
    )
    values = {name: {k: float(v) for k, v in judged(asked[name].wanted, heard[name]).items()} for name in names}
    note = "as far as this program's own estimators of tempo, key, drums and chords hear them; baseline: other prompts"
    return Followed(Section("What was asked for", figures, (note,)), values)


def text_section(network: EmbedderNetwork, asked: Mapping[str, Asked], embedded: Embedded) -> Followed | None:
    """How near each clip lies to its own text, how often it is found by it, and the same for other clips' texts; None
    for less than two clips with a prompt."""
    names = [name for name in asked if name in embedded.wholes and asked[name].texts[0].strip()]
    if len(names) < 2:
        return None
    sounds = np.stack([embedded.wholes[name] for name in names])
    texts = text_vectors(network, [asked[name].texts[0] for name in names])
    likeness = texts @ sounds.T
    own = np.diagonal(likeness)
    figures = [
        Figure(
            "similarity of text and music",
            mean(own.tolist()),
            "",
            "higher",
            float(likeness[others(len(names)), np.arange(len(names))].mean()),
        ),
        *retrieval_figures(likeness, [asked[name].texts[0] for name in names]),
    ]
    title = f"Words and music: {network.name}"
    note = (
        "cosine of a text and its clip (longer clips: as the facts of the network say); baseline: texts of other clips"
    )
    values = {name: {f"similarity, {network.name}": float(value)} for name, value in zip(names, own, strict=True)}
    return Followed(Section(title, tuple(figures), (note,)), values)


def retrieval_figures(likeness: np.ndarray, texts: Sequence[str]) -> list[Figure]:
    """How often a text's own clip, or one of the same text, is the nearest or among ten of all clips, by likeness
    [texts, clips]; the baseline is luck."""
    similarity = torch.from_numpy(likeness)
    number = {text: place for place, text in enumerate(texts)}
    same = torch.tensor([number[text] for text in texts])
    relevant = same[:, None] == same
    depths = [k for k in (1, 10) if k < len(texts)]
    found = [
        Figure(
            f"clip found by its text, recall@{k}",
            share(recall(similarity, relevant, k).tolist()),
            "%",
            "higher",
            float(chance_recall(relevant, k).mean()),
        )
        for k in depths
    ]
    precision = mean(average_precision(similarity, relevant, 10).tolist())
    luck = float(chance_precision(relevant, 10).mean())
    return [*found, Figure("clip found by its text, mAP@10", precision, "%", "higher", luck)]
