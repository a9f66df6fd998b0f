"""OpenL3's weights, as torchopenl3 converted them (`.pth.tar`) or as Keras wrote them (`.h5`, which needs h5py).

Both number their layers; Keras goes on counting when several models are made in one process, so only the order of the
numbers counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from songloom.layers.openl3 import OpenL3
from songloom.loading import without_memory
from songloom.published.files import read_tensors
from songloom.published.keys import fill, listed

WHERE = "https://github.com/torchopenl3/torchopenl3-models"
WHERE_KERAS = "https://github.com/marl/openl3/tree/models"
LAYER = re.compile(r"(?:.*/)?(batch_normalization|conv2d|audio_embedding_layer)(?:_(\d+))?[./](\w+)(?::0)?")
KERAS = {"kernel": "weight", "gamma": "weight", "beta": "bias", "moving_mean": "running_mean"} | {
    "moving_variance": "running_var"
}
UNUSED = re.compile(r"speclayer\..+|.+\.num_batches_tracked|(?:.*/)?(?:stft|melspectrogram|apply_filterbank)\S*")
"""Counters, and constants of the front end."""


def load(path: Path, embedding: int = 512) -> OpenL3:
    """The network of a file for embeddings of 512 or 6144 numbers, in eval mode. Raises ValueError for tensors that
    do not fit."""
    with without_memory():
        network = OpenL3(embedding)
    theirs = keras_tensors(path) if path.suffix == ".h5" else read_tensors(path)
    counters = {name: torch.tensor(0) for name in network.state_dict() if name.endswith("num_batches_tracked")}
    fill(network, tensors(theirs, str(path)) | counters, source=str(path))
    return network.requires_grad_(False).eval()


def tensors(theirs: Mapping[str, Tensor], source: str) -> dict[str, Tensor]:
    """Published tensors under our names. Raises ValueError for names of no layer that OpenL3 has."""
    found = {name: LAYER.fullmatch(name) for name in theirs if not UNUSED.fullmatch(name)}
    unknown = [name for name, match in found.items() if match is None]
    if unknown:
        raise ValueError(f"{source} has unknown keys, {listed(unknown)}")
    layers = {name: (m[1], int(m[2] or 0), KERAS.get(m[3], m[3])) for name, m in found.items() if m is not None}
    ours: dict[str, Tensor] = {}
    for kind, group in (("batch_normalization", "norms"), ("conv2d", "convs"), ("audio_embedding_layer", "convs")):
        numbers = sorted({number for its, number, _ in layers.values() if its == kind})
        first = 7 if kind == "audio_embedding_layer" else 0
        for name, (its, number, part) in layers.items():
            if its == kind:
                ours[f"{group}.{first + numbers.index(number)}.{part}"] = theirs[name]
    return ours


def keras_tensors(path: Path) -> dict[str, Tensor]:
    """The arrays in a Keras file by their paths, kernels in PyTorch's order. Raises ValueError without h5py or for a
    damaged file."""
    if find_spec("h5py") is None:
        raise ValueError(f"{path} is a Keras file; pip install h5py reads it, or take torchopenl3's from {WHERE}")
    h5py = import_module("h5py")
    found: dict[str, Tensor] = {}

    def take(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            array = torch.from_numpy(item[()])
            found[name] = array.permute(3, 2, 0, 1).contiguous() if array.ndim == 4 else array

    try:
        with h5py.File(path, "r") as file:
            file.visititems(take)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    return found
