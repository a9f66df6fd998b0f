"""Loading by name: embedded models, our folders, families, and clear refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from songloom import checkpoint
from songloom.published import load as loading
from songloom.published.load import families, load
from songloom.systems.codecs.spectral_codec import SpectralCodec


def test_an_embedded_model_loads_by_its_name() -> None:
    assert isinstance(load("spectral-codec"), SpectralCodec)


def test_a_folder_of_ours_loads(tmp_path: Path) -> None:
    system = SpectralCodec.presets()["spectral-codec-tiny"].build()
    checkpoint.save(system, tmp_path / "codec")
    loaded = load(tmp_path / "codec")
    assert loaded.config == system.config and not loaded.training


def test_every_family_recognises_and_loads() -> None:
    for family in families():
        assert callable(family.recognises) and callable(family.load)


def test_a_file_of_no_family_is_refused(tmp_path: Path) -> None:
    save_file({"a": torch.ones(1)}, tmp_path / "model.safetensors")
    for path in (tmp_path, tmp_path / "model.safetensors"):
        with pytest.raises(ValueError, match="of no known family"):
            load(path)


def test_a_file_that_two_families_recognise_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Twin:
        def __init__(self, name: str) -> None:
            self.__name__ = f"songloom.published.{name}"

        def recognises(self, files: object) -> bool:
            return True

    monkeypatch.setattr(loading, "families", lambda: (Twin("one"), Twin("two")))
    save_file({"a": torch.ones(1)}, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="several families: one, two"):
        load(tmp_path)
