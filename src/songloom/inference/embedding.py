"""An embedder by its name, and sound files through it, window by window."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from songloom import checkpoint
from songloom.inference import memory
from songloom.inference.long_form import pieces_of, samples_of
from songloom.published.files import locate
from songloom.published.load import load, own_folder
from songloom.systems import registry
from songloom.systems.roles import Embedder, Progress, covering

BATCH = 8
"""Windows that are heard together."""


@dataclass(frozen=True, slots=True)
class Space:
    """The joint space of texts and music that an embedder makes; `sha256` is that of its settings and weights, so what
    was embedded under it can be told from what another one made."""

    name: str
    system: Embedder
    sha256: str


def embedded() -> list[str]:
    """The embedders that ship with the package, whole models before the parts of others."""
    classes = registry.system_classes()
    kinds = {name: checkpoint.read_config(path)["settings"]["kind"] for name, path in registry.embedded().items()}
    found = [name for name, kind in kinds.items() if kind in classes and issubclass(classes[kind], Embedder)]
    return sorted(found, key=lambda name: registry.embedded()[name].parent.name == "parts")


def open_space(name: str | None = None) -> Space:
    """The embedder of an embedded name, a folder (ours or published) or a hub id in the local cache; the embedded one
    without a name. Raises ValueError when there is none, or it is something else."""
    if name is None:
        shipped = embedded()
        if not shipped:
            raise ValueError("no embedder is embedded; name one: a folder, or a hub id in the local cache")
        name = shipped[0]
    own = own_folder(name)
    place = locate(name) if own is None else own
    memory.check(place, name)
    system = load(name)
    if not isinstance(system, Embedder):
        raise ValueError(f"{name} does not embed texts and music: it is a {type(system).__name__}")
    if own is None:
        return Space(name, system, memory.published_hash(place))
    return Space(
        name, system, checkpoint.files_hash([*sorted(own.rglob("config.json")), *checkpoint.weights_files(own)])
    )


@torch.inference_mode()
def embed_file(
    embedder: Embedder, path: str | os.PathLike[str], *, progress: Progress | None = None
) -> tuple[list[float], Tensor]:
    """Where the windows of a sound file begin, in seconds, and what each is: [W, E], of length 1. The windows are those
    of the role's `embed_audio`; memory does not grow with the file. Raises ValueError for what is not sound, or has no
    finite embedding."""
    starts, made = [], []
    heard = windows(embedder, path, progress=progress)
    # Only a file shorter than a window, or one that breaks off, has windows of several lengths.
    for _, alike in itertools.groupby(heard, key=lambda window: window[1].shape[-1]):
        while batch := list(itertools.islice(alike, BATCH)):
            starts += [second for second, _ in batch]
            made.append(embedder.embed_window(torch.cat([wave for _, wave in batch])).float().cpu())
    if not made:
        raise ValueError(f"{path} has no audio")
    vectors = torch.cat(made)
    if not vectors.isfinite().all():
        raise ValueError(f"{path} has no finite embedding")
    return starts, vectors


def windows(
    embedder: Embedder, path: str | os.PathLike[str], *, progress: Progress | None = None
) -> Iterator[tuple[float, Tensor]]:
    """The fewest windows [1, C, t] that cover a sound file, evenly spaced, each with the second where it begins."""
    size = round(embedder.window_seconds * embedder.sample_rate)
    starts = covering(samples_of(embedder, path), size)
    held, first = torch.zeros(0), 0
    for piece in pieces_of(embedder, path, progress=progress):
        held = torch.cat([held, piece], dim=-1) if held.numel() else piece
        while starts and starts[0] + size <= first + held.shape[-1]:
            start = starts.pop(0)
            yield start / embedder.sample_rate, held[..., start - first :][..., :size]
        keep = starts[0] if starts else first + held.shape[-1]
        held, first = held[..., max(0, keep - first) :], max(first, keep)
    for start in starts:
        if start < first + held.shape[-1]:
            yield start / embedder.sample_rate, held[..., start - first :]


def mean(vectors: Tensor) -> Tensor:
    """Windows [W, E] -> the whole [E], of length 1."""
    return torch.nn.functional.normalize(vectors.mean(0), dim=-1) if len(vectors) > 1 else vectors[0]
