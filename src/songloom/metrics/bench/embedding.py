"""Embeddings and class probabilities of many files by one network, each computed once for a file's content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from songloom.audio import files
from songloom.metrics.bench.listening import Progress, Sound, Unreadable
from songloom.metrics.bench.store import Store
from songloom.metrics.embeddings import ClassifyingNetwork, EmbedderNetwork, EmbeddingNetwork


@dataclass(frozen=True, eq=False)
class Embedded:
    """What one network gives for a set: `rows` [n, E] by the sound's name, `chances` [n, classes] where it classifies,
    and the sounds that it `refused`."""

    rows: dict[str, np.ndarray]
    chances: dict[str, np.ndarray]
    refused: tuple[Unreadable, ...]

    @property
    def clips(self) -> list[np.ndarray]:
        """The rows clip by clip."""
        return list(self.rows.values())

    @property
    def count(self) -> int:
        """All rows."""
        return sum(map(len, self.rows.values()))


def embed_all(
    network: EmbeddingNetwork, sounds: Sequence[Sound], store: Store, *, progress: Progress | None = None
) -> Embedded:
    """Embeddings of all sounds, from the store where they are known. A sound that the network cannot hear (too short)
    is refused, the others go on."""
    classify = isinstance(network, ClassifyingNetwork)
    rows: dict[str, np.ndarray] = {}
    chances: dict[str, np.ndarray] = {}
    refused: list[Unreadable] = []
    for done, sound in enumerate(sounds, start=1):
        try:
            rows[sound.name], found = _of_one(network, sound, store, classify=classify)
        except ValueError as error:
            refused.append(Unreadable(sound.path, f"{network.name}: {error}"))
        else:
            if found is not None:
                chances[sound.name] = found
        if progress:
            progress(done / len(sounds))
    return Embedded(rows, chances, tuple(refused))


def _of_one(
    network: EmbeddingNetwork, sound: Sound, store: Store, *, classify: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    how = network.facts.key()
    rows, chances = store.rows(how, sound.content), store.rows(f"{how}; classes", sound.content)
    if rows is None or (classify and chances is None):
        wave = network.prepare(*files.read(sound.path))
        rows = network.embed(wave).numpy()
        store.keep_rows(how, sound.content, rows)
        if isinstance(network, ClassifyingNetwork):
            chances = network.probabilities(wave).numpy()
            store.keep_rows(f"{how}; classes", sound.content, chances)
    return rows, chances if classify else None


def clip_vectors(rows: dict[str, np.ndarray]) -> np.ndarray:
    """One vector [N, E] of length 1 for each clip, the mean of its windows': `Embedder.embed_audio` of it."""
    means = np.stack([one.mean(0) for one in rows.values()])
    lengths: np.ndarray = np.linalg.norm(means, axis=1, keepdims=True)
    return means / np.maximum(lengths, 1e-12)


@torch.inference_mode()
def text_vectors(network: EmbedderNetwork, texts: Sequence[str]) -> np.ndarray:
    """[N, E] of length 1."""
    found = [network.embedder.embed_text(texts[start : start + 64]).float().cpu() for start in range(0, len(texts), 64)]
    vectors: np.ndarray = torch.cat(found).numpy()
    return vectors
