"""PaSST's published files: the authors' names to ours for every length, and clear refusals."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor

from songloom.layers.passt import Passt
from songloom.published import passt as file

small = partial(Passt, width=8, depth=2, heads=2, hidden=12, classes=5)
NAMES = {
    "attention_norm": "norm1",
    "qkv": "attn.qkv",
    "out": "attn.proj",
    "hidden_norm": "norm2",
    "expand": "mlp.fc1",
    "contract": "mlp.fc2",
}


def theirs(network: Passt) -> dict[str, Tensor]:
    """Tensors under the authors' names; a token is its own vector and its position's."""
    state = network.state_dict()
    marks = torch.randn(1, 2, 8)
    tokens = state.pop("tokens") - marks[0]
    found = {
        "cls_token": tokens[None, :1],
        "dist_token": tokens[None, 1:],
        "new_pos_embed": marks,
        "freq_new_pos_embed": state.pop("bands")[None],
        "time_new_pos_embed": state.pop("times")[None],
        "head_dist.weight": torch.zeros(5, 8),
        "head_dist.bias": torch.zeros(5),
    }
    for name, tensor in state.items():
        name = name.replace("enter.", "patch_embed.proj.").replace("encoder.", "")
        name = name.replace("head_norm.", "head.0.").replace("classify.", "head.1.")
        for ours, their in NAMES.items():
            name = name.replace(f".{ours}.", f".{their}.")
        found[name] = tensor
    return found


def network(columns: int) -> Passt:
    torch.manual_seed(columns)
    made = small(columns).eval()
    with torch.no_grad():
        for weight in made.parameters():
            weight.normal_(std=0.4)
    return made


@pytest.mark.parametrize("columns", [9, 20])
@torch.no_grad()
def test_a_published_file_gives_the_network_of_its_length(
    columns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "Passt", small)
    torch.save(theirs(network(columns)), tmp_path / file.FILES[10])
    loaded = file.load(tmp_path / file.FILES[10])
    assert loaded.columns == columns and not loaded.training
    waves = 0.1 * torch.randn(2, 320 * 60)
    assert torch.allclose(loaded(waves).logits, network(columns)(waves).logits, atol=1e-5)
    assert torch.allclose(loaded(waves).embedding, network(columns)(waves).embedding, atol=1e-5)


def test_missing_and_unknown_tensors_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "Passt", small)
    for change, message in (
        ({"blocks.1.mlp.fc2.bias": None}, "lacks 1: encoder.blocks.1.contract.bias"),
        ({"dist_token": None}, "no PaSST with two tokens: it lacks dist_token"),
        ({"blocks.0.extra": torch.zeros(1)}, "unknown keys, 1: blocks.0.extra"),
        ({"time_new_pos_embed": torch.zeros(9)}, "tables of other shapes"),
        ({"head.1.bias": torch.zeros(6)}, r"misshapes 1: classify.bias \(6,\) for \(5,\)"),
    ):
        tensors = {name: t for name, t in (theirs(network(9)) | change).items() if t is not None}
        torch.save(tensors, tmp_path / "other.pt")
        with pytest.raises(ValueError, match=message) as caught:
            file.load(tmp_path / "other.pt")
        assert "\n" not in str(caught.value)
