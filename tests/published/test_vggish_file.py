"""VGGish's published file: torchvggish's names to ours, and clear refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from songloom.layers.vggish import Vggish
from songloom.published import vggish as file


def tiny() -> Vggish:
    return Vggish((3, 4, 5, 5, 6, 6), hidden=10, embedding=7)


def theirs(network: Vggish) -> dict[str, torch.Tensor]:
    """Tensors under the authors' names."""
    names = {"convs": ("features", (0, 3, 6, 8, 11, 13)), "dense": ("embeddings", (0, 2, 4))}
    found = {}
    for name, tensor in network.state_dict().items():
        group, place, part = name.split(".")
        their, places = names[group]
        found[f"{their}.{places[int(place)]}.{part}"] = tensor
    return found


@torch.no_grad()
def test_a_published_file_gives_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "Vggish", tiny)
    network = tiny()
    torch.save(theirs(network), tmp_path / file.FILE)
    loaded = file.load(tmp_path / file.FILE)
    examples = torch.randn(2, 96, 64)
    assert torch.equal(loaded(examples), network(examples)) and not loaded.training


def test_missing_unknown_and_misshaped_tensors_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "Vggish", tiny)
    for change, message in (
        ({"features.0.weight": None}, "lacks 1: convs.0.weight"),
        ({"head.weight": torch.zeros(1)}, "unknown keys, 1: head.weight"),
        ({"embeddings.4.bias": torch.zeros(8)}, r"misshapes 1: dense.2.bias \(8,\) for \(7,\)"),
    ):
        tensors = {name: t for name, t in (theirs(tiny()) | change).items() if t is not None}
        torch.save(tensors, tmp_path / "other.pth")
        with pytest.raises(ValueError, match=message):
            file.load(tmp_path / "other.pth")


def test_a_file_of_principal_components_is_refused(tmp_path: Path) -> None:
    torch.save({"pca_eigen_vectors": torch.zeros(2, 2), "pca_means": torch.zeros(2, 1)}, tmp_path / "pca.pth")
    with pytest.raises(ValueError, match="unknown keys, 2: pca_eigen_vectors, pca_means"):
        file.load(tmp_path / "pca.pth")
