"""Checkpoints come back whole, hold frozen parts, and damaged ones are refused by name."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import torch
from torch import nn

from songloom import checkpoint
from songloom.config import Configurable, Settings


class Leaf(nn.Module, Configurable, kind="test-leaf"):
    frozen: tuple[str, ...] = ()
    opponents: tuple[str, ...] = ()

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        width: int = 4

    def __init__(self, config: Config) -> None:
        nn.Module.__init__(self)
        self.config = config
        self.layer = nn.Linear(config.width, config.width)
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))


class Tree(nn.Module, Configurable, kind="test-tree"):
    frozen = ("leaf",)
    opponents: tuple[str, ...] = ()

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        leaf: Settings = Leaf.Config()

    def __init__(self, config: Config) -> None:
        nn.Module.__init__(self)
        self.config = config
        self.leaf = config.leaf.build()
        self.head = nn.Linear(4, 2)


def same(a: nn.Module, b: nn.Module) -> bool:
    first, second = a.state_dict(), b.state_dict()
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def test_a_system_and_its_frozen_part_come_back_exactly(tmp_path: Path) -> None:
    tree = Tree(Tree.Config())
    tree.leaf.seen.fill_(5)
    checkpoint.save(tree, tmp_path / "t", card="# card")
    assert (tmp_path / "t" / "README.md").read_text() == "# card"
    assert same(checkpoint.load(tmp_path / "t"), tree)
    assert same(checkpoint.load(tmp_path / "t" / "parts" / "leaf"), tree.leaf)


def test_half_precision_rounds_parameters_and_keeps_buffers(tmp_path: Path) -> None:
    tree = Tree(Tree.Config())
    checkpoint.save(tree, tmp_path / "whole")
    checkpoint.save(tree, tmp_path / "half", half=True)
    sizes = [(tmp_path / name / "parts" / "leaf" / "model.safetensors").stat().st_size for name in ("half", "whole")]
    assert sizes[0] < sizes[1]
    back = checkpoint.load(tmp_path / "half")
    assert back.head.weight.dtype == torch.float32
    assert torch.equal(back.head.weight, tree.head.weight.half().float())
    assert torch.equal(back.leaf.seen, tree.leaf.seen)


def test_saving_again_replaces_the_folder_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    for _ in range(2):
        last = Leaf(Leaf.Config())
        checkpoint.save(last, tmp_path / "t")
    assert same(checkpoint.load(tmp_path / "t"), last)
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


def test_a_failed_save_keeps_the_older_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Leaf(Leaf.Config())
    checkpoint.save(first, tmp_path / "t")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(OSError, match="space"):
        checkpoint.save(Leaf(Leaf.Config()), tmp_path / "t")
    assert same(checkpoint.load(tmp_path / "t"), first)
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


def test_damaged_weights_are_named_by_their_hash(tmp_path: Path) -> None:
    checkpoint.save(Leaf(Leaf.Config()), tmp_path / "t")
    path = tmp_path / "t" / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="SHA-256"):
        checkpoint.load(tmp_path / "t")


def test_missing_unknown_and_misshapen_keys_are_listed(tmp_path: Path) -> None:
    checkpoint.save(Leaf(Leaf.Config()), tmp_path / "t")
    config = tmp_path / "t" / "config.json"
    wide = json.loads(config.read_text())
    wide["settings"]["width"] = 5
    config.write_text(json.dumps(wide))
    with pytest.raises(ValueError, match=r"other shapes for 2 keys: layer\.bias, layer\.weight"):
        checkpoint.load(tmp_path / "t")
    checkpoint.save(Tree(Tree.Config()), tmp_path / "u")
    wide["settings"] = {"kind": "test-leaf", "width": 4}
    wide["sha256"] = checkpoint.file_hash(tmp_path / "u" / "model.safetensors")
    (tmp_path / "u" / "config.json").write_text(json.dumps(wide))
    with pytest.raises(ValueError, match="lacks 3 keys"):
        checkpoint.load(tmp_path / "u")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99}', '{"format": 1, "settings": {"kind": "nope"}}'])
def test_a_foreign_config_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ValueError, match=r"config\.json|unknown kind"):
        checkpoint.load(tmp_path)


def test_an_empty_folder_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a checkpoint"):
        checkpoint.load(tmp_path)


def test_a_part_whose_weights_ship_with_another_model_needs_no_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Tree(Tree.Config()), Tree(Tree.Config())
    second.leaf.load_state_dict(first.leaf.state_dict())
    shipped = tmp_path / "shipped"
    for name, tree in (("a", first), ("b", second)):
        checkpoint.save(tree, shipped / name, half=True)
    whole = checkpoint.load(shipped / "b")
    before = checkpoint.model_hash(shipped / "b")
    checkpoint.lean(shipped / "b", shipped)
    part = shipped / "b" / "parts" / "leaf"
    assert not (part / "model.safetensors").exists()
    with pytest.raises(ValueError, match=r"leaf has no model\.safetensors"):
        checkpoint.load(shipped / "b")
    monkeypatch.setattr(checkpoint, "SHIPPED", shipped)
    assert same(checkpoint.load(shipped / "b"), whole)
    assert checkpoint.model_hash(shipped / "b") == before
    assert checkpoint.weights_files(shipped / "b")[1] == shipped / "a" / "parts" / "leaf" / "model.safetensors"


def test_only_weights_that_are_elsewhere_are_left_out(tmp_path: Path) -> None:
    for name in ("a", "b"):
        checkpoint.save(Tree(Tree.Config()), tmp_path / name)
    with pytest.raises(ValueError, match=r"has no model\.safetensors"):
        checkpoint.lean(tmp_path / "b", tmp_path)
    assert (tmp_path / "b" / "parts" / "leaf" / "model.safetensors").is_file()
