"""Embeddings and class probabilities of many files by one network, each computed once for a file's content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from songloom.audio import files
from songloom.data.workers import HERE, Workers, mapped
from songloom.metrics.bench.listening import Progress, Sound, Unreadable
from songloom.metrics.bench.store import Store
from songloom.metrics.embeddings import ClassifyingNetwork, EmbedderNetwork, EmbeddingNetwork
from songloom.systems.roles import Embedder


@dataclass(frozen=True, eq=False)
class Embedded:
    """What one network gives for a set: `rows` [n, E] by the sound's name, `wholes` [E] where it hears for texts,
    `chances` [n, classes] where it classifies, and the sounds that it `refused`."""

    rows: dict[str, np.ndarray]
    wholes: dict[str, np.ndarray]
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
    network: EmbeddingNetwork,
    sounds: Sequence[Sound],
    store: Store,
    *,
    workers: Workers = HERE,
    progress: Progress | None = None,
) -> Embedded:
    """Embeddings of all sounds, from the store where they are known. A sound that the network cannot hear (too short)
    is refused, the others go on."""
    rows: dict[str, np.ndarray] = {}
    wholes: dict[str, np.ndarray] = {}
    chances: dict[str, np.ndarray] = {}
    refused: list[Unreadable] = []
    made = mapped(Asking(network, store), {sound.name: (sound,) for sound in sounds}, workers)
    for done, (sound, (_, heard)) in enumerate(zip(sounds, made, strict=True), start=1):
        if isinstance(heard, Unreadable):
            refused.append(heard)
        else:
            rows[sound.name] = heard["rows"]
            wholes |= {sound.name: heard["whole"]} if "whole" in heard else {}
            chances |= {sound.name: heard["chances"]} if "chances" in heard else {}
        if progress:
            progress(done / len(sounds))
    return Embedded(rows, wholes, chances, tuple(refused))


@dataclass(frozen=True, eq=False)
class Asking:
    """What a network says of one sound, by name, or why it cannot hear it."""

    network: EmbeddingNetwork
    store: Store

    def __call__(self, sound: Sound) -> dict[str, np.ndarray] | Unreadable:
        try:
            return _answers(self.network, sound, self.store)
        except ValueError as error:
            return Unreadable(sound.path, f"{self.network.name}: {error}")


Verb = Callable[[Tensor], Tensor]


def _verbs(network: EmbeddingNetwork) -> list[tuple[str, str, Verb]]:
    """What a network can be asked: by name, under what it is kept, how."""
    key = network.facts.key()
    found: list[tuple[str, str, Verb]] = [("rows", key, network.embed)]
    if isinstance(network, EmbedderNetwork) and not _in_windows(network):
        found.append(("whole", f"{key}; whole", network.embed_whole))
    if isinstance(network, ClassifyingNetwork):
        found.append(("chances", f"{key}; chances", network.probabilities))
    return found


def _answers(network: EmbeddingNetwork, sound: Sound, store: Store) -> dict[str, np.ndarray]:
    """What a network says of a sound, by name: what is kept, and the rest asked and kept now."""
    verbs = _verbs(network)
    found = {name: rows for name, how, _ in verbs if (rows := store.rows(how, sound.content)) is not None}
    missing = [verb for verb in verbs if verb[0] not in found]
    if missing:
        wave = network.prepare(*files.read(sound.path))
        for name, how, verb in missing:
            found[name] = verb(wave).numpy()
            store.keep_rows(how, sound.content, found[name])
    if isinstance(network, EmbedderNetwork) and _in_windows(network):
        mean = found["rows"].mean(0)
        found["whole"] = mean / max(float(np.linalg.norm(mean)), 1e-12)
    return found


def _in_windows(network: EmbedderNetwork) -> bool:
    """Whether a clip is the mean of the very windows that are its rows, so that it need not be heard again."""
    return network.facts.hop_seconds is None and type(network.embedder).embed_audio is Embedder.embed_audio


@torch.inference_mode()
def text_vectors(network: EmbedderNetwork, texts: Sequence[str]) -> np.ndarray:
    """[N, E] of length 1."""
    found = [network.embedder.embed_text(texts[start : start + 64]).float().cpu() for start in range(0, len(texts), 64)]
    vectors: np.ndarray = torch.cat(found).numpy()
    return vectors
