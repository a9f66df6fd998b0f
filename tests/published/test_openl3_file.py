"""OpenL3's published files: torchopenl3's and Keras's names to ours, and clear refusals."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor

from songloom.layers.openl3 import OpenL3
from songloom.published import openl3 as file

NORM = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}


def tiny(embedding: int = 512) -> OpenL3:
    return OpenL3(embedding, widths=(2, 3, 3, 4)).eval()


def network() -> OpenL3:
    torch.manual_seed(0)
    made = tiny()
    for norm in made.norms:
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2.0)
    return made


def torch_names(net: OpenL3) -> dict[str, Tensor]:
    """Tensors under torchopenl3's names."""
    found = {"speclayer.mel_basis": torch.zeros(2, 2)}
    for name, tensor in net.state_dict().items():
        group, place, part = name.split(".")
        layer = f"batch_normalization_{int(place) + 1}" if group == "norms" else f"conv2d_{int(place) + 1}"
        found[f"{'audio_embedding_layer' if layer == 'conv2d_8' else layer}.{part}"] = tensor
    return found


def keras_names(net: OpenL3, first: int) -> dict[str, np.ndarray]:
    """Arrays under Keras's paths, with layers counted from `first`; a first layer 0 has no number."""
    found: dict[str, np.ndarray] = {"melspectrogram_1/melspectrogram_1/freq2mel:0": np.zeros((2, 2))}
    for name, tensor in net.state_dict().items():
        group, place, part = name.split(".")
        if part == "num_batches_tracked":
            continue
        number = f"_{int(place) + first}" if int(place) + first else ""
        layer = f"batch_normalization{number}" if group == "norms" else f"conv2d{number}"
        layer = "audio_embedding_layer" if (group, place) == ("convs", "7") else layer
        kernel = part == "weight" and group == "convs"
        said = NORM[part] if group == "norms" else "kernel" if kernel else "bias"
        array = tensor.numpy()
        found[f"{layer}/{layer}/{said}:0"] = array.transpose(2, 3, 1, 0) if kernel else array
    return found


@torch.no_grad()
def test_torchopenl3s_file_gives_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "OpenL3", tiny)
    torch.save(torch_names(network()), tmp_path / "torchopenl3_mel256_music_512.pth.tar")
    loaded = file.load(tmp_path / "torchopenl3_mel256_music_512.pth.tar")
    seconds = torch.randn(2, 48_000)
    assert torch.equal(loaded(seconds), network()(seconds)) and not loaded.training


@pytest.mark.parametrize("first", [0, 1, 9])
@torch.no_grad()
def test_kerass_names_give_the_network_wherever_they_begin_to_count(first: int) -> None:
    arrays = {name: torch.from_numpy(a.copy()) for name, a in keras_names(network(), first).items()}
    arrays = {name: a.permute(3, 2, 0, 1) if a.ndim == 4 else a for name, a in arrays.items()}
    expected = {n: t for n, t in network().state_dict().items() if not n.endswith("num_batches_tracked")}
    made = file.tensors(arrays, "the file")
    assert made.keys() == expected.keys()
    assert all(torch.equal(made[name], expected[name]) for name in made)


def test_a_keras_file_is_read_with_its_kernels_turned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Dataset:
        def __init__(self, array: np.ndarray) -> None:
            self.array = array

        def __getitem__(self, key: tuple) -> np.ndarray:
            return self.array

    class File:
        def __init__(self, path: Path, mode: str) -> None:
            assert mode == "r"

        def __enter__(self) -> File:
            return self

        def __exit__(self, *errors: object) -> None:
            pass

        def visititems(self, take) -> None:  # type: ignore[no-untyped-def]
            take("conv2d_1", "a group")
            for name, array in keras_names(network(), 1).items():
                take(name, Dataset(array))

    monkeypatch.setattr(file, "OpenL3", tiny)
    monkeypatch.setattr(file, "find_spec", lambda name: object())
    monkeypatch.setattr(file, "import_module", lambda name: SimpleNamespace(File=File, Dataset=Dataset))
    loaded = file.load(tmp_path / "openl3_audio_mel256_music.h5")
    seconds = torch.randn(1, 48_000)
    assert torch.equal(loaded(seconds), network()(seconds))


def test_a_keras_file_without_its_reader_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install h5py") as caught:
        file.load(tmp_path / "openl3_audio_mel256_music.h5")
    assert "\n" not in str(caught.value)


def test_missing_and_unknown_tensors_are_named(tmp_path: Path) -> None:
    tensors = torch_names(network())
    torch.save(tensors | {"image_layer.weight": torch.zeros(1)}, tmp_path / "other.pth.tar")
    with pytest.raises(ValueError, match="unknown keys, 1: image_layer.weight"):
        file.load(tmp_path / "other.pth.tar")
    del tensors["conv2d_2.bias"]
    torch.save(tensors, tmp_path / "other.pth.tar")
    with pytest.raises(ValueError, match="lacks 1: convs.1.bias"):
        file.load(tmp_path / "other.pth.tar")
