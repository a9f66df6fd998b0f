"""PANNs' published files: the authors' names to ours, and files of another rate or of other bands refused."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor

from songloom.layers.cnn14 import Cnn14Shape
from songloom.layers.panns import SCALES, Panns
from songloom.published import panns as file

SHAPE = Cnn14Shape(widths=(2, 3), embedding=5, classes=4)
NAMES = {"first": "conv1", "first_norm": "bn1", "second": "conv2", "second_norm": "bn2"}
WHOLE = {"bands_norm": "bn0", "embed": "fc1", "classify": "fc_audioset"}


def network(rate: int) -> Panns:
    torch.manual_seed(0)
    made = Panns(SCALES[rate], SHAPE).eval()
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2.0)
    return made


def theirs(net: Panns) -> dict[str, Tensor]:
    """Tensors under the authors' names, their spectrum among them."""
    size = net.mel.scale.n_fft
    angles = torch.outer(torch.arange(size // 2 + 1.0), torch.arange(float(size))) * 2 * torch.pi / size
    window = torch.hann_window(size)
    found = {
        "spectrogram_extractor.stft.conv_real.weight": (angles.cos() * window)[:, None],
        "spectrogram_extractor.stft.conv_imag.weight": (-angles.sin() * window)[:, None],
        "logmel_extractor.melW": net.mel.filters.T,
    }
    for name, tensor in net.state_dict().items():
        parts = name.split(".")[1:]
        if parts[0] == "blocks":
            found[f"conv_block{int(parts[1]) + 1}.{NAMES[parts[2]]}.{parts[3]}"] = tensor
        else:
            found[f"{WHOLE[parts[0]]}.{parts[1]}"] = tensor
    return found


def saved(tensors: dict[str, Tensor], path: Path) -> Path:
    torch.save({"iteration": 1, "model": tensors}, path)
    return path


@pytest.mark.parametrize("rate", [32_000, 16_000, 8000])
@torch.no_grad()
def test_a_published_file_gives_the_network(rate: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "SHAPE", SHAPE)
    loaded = file.load(saved(theirs(network(rate)), tmp_path / file.FILES[rate]), rate)
    waves = 0.3 * torch.randn(2, rate)
    assert loaded.sample_rate == rate and not loaded.training
    assert torch.equal(loaded(waves).logits, network(rate)(waves).logits)


def test_a_file_of_another_rate_or_other_bands_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "SHAPE", SHAPE)
    path = saved(theirs(network(32_000)), tmp_path / "Cnn14.pth")
    with pytest.raises(ValueError, match="windows of 1024 samples; PANNs of 16000 Hz have 512"):
        file.load(path, 16_000)
    other = theirs(network(32_000))
    other["logmel_extractor.melW"] = other["logmel_extractor.melW"].roll(1, 0)
    with pytest.raises(ValueError, match="other mel bands"):
        file.load(saved(other, path), 32_000)


def test_missing_and_unknown_tensors_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "SHAPE", SHAPE)
    load = partial(file.load, sample_rate=16_000)
    for change, message in (
        ({"conv_block2.bn2.bias": None}, "lacks 1: cnn.blocks.1.second_norm.bias"),
        ({"att_block.weight": torch.zeros(1)}, "unknown keys, 1: att_block.weight"),
    ):
        tensors = {name: t for name, t in (theirs(network(16_000)) | change).items() if t is not None}
        with pytest.raises(ValueError, match=message):
            load(saved(tensors, tmp_path / "other.pth"))
    torch.save({"state": 1}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match="no tensors by name in 'model'"):
        load(tmp_path / "other.pth")
