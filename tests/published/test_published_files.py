"""Published files are found by name and read without running anything."""

from __future__ import annotations

import json
import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from songloom.published import files
from songloom.published.files import Files, locate, read_json, read_keys, read_pickle, read_tensors, weights_file


def tensors() -> dict[str, torch.Tensor]:
    return {"a.weight": torch.arange(6.0).reshape(2, 3), "b": torch.ones(4)}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


class Hostile:
    """Touches a file when a common unpickler reads it."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple:
        return (Path.touch, (self.target,))


def test_safetensors_and_both_pickle_formats_hold_the_same_tensors(tmp_path: Path) -> None:
    save_file(tensors(), tmp_path / "one.safetensors")
    torch.save(tensors(), tmp_path / "two.pth")
    torch.save(tensors(), tmp_path / "three.th", _use_new_zipfile_serialization=False)
    for name in ("one.safetensors", "two.pth", "three.th"):
        assert same(read_tensors(tmp_path / name), tensors())
        assert read_keys(tmp_path / name) == tensors().keys()


def test_shards_are_one_checkpoint(tmp_path: Path) -> None:
    save_file({"a.weight": tensors()["a.weight"]}, tmp_path / "model-1.safetensors")
    save_file({"b": tensors()["b"]}, tmp_path / "model-2.safetensors")
    places = {"a.weight": "model-1.safetensors", "b": "model-2.safetensors"}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    assert same(read_tensors(tmp_path), tensors())
    assert Files(tmp_path).keys == tensors().keys()


def test_a_shard_outside_its_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "../secret.safetensors"}}))
    with pytest.raises(ValueError, match="no list of shards"):
        read_tensors(tmp_path)


def test_tensors_inside_an_entry_are_read_by_its_name(tmp_path: Path) -> None:
    torch.save({"best_state": tensors(), "xp.cfg": "sample_rate: 32000"}, tmp_path / "state.bin")
    assert same(read_tensors(tmp_path / "state.bin", inside="best_state"), tensors())
    assert read_pickle(tmp_path / "state.bin")["xp.cfg"] == "sample_rate: 32000"
    for inside in (None, "other"):
        with pytest.raises(ValueError, match="no tensors by name"):
            read_tensors(tmp_path / "state.bin", inside=inside)


def test_a_pickle_that_would_run_code_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    target = tmp_path / "touched"
    (tmp_path / "plain.bin").write_bytes(pickle.dumps({"a": Hostile(target)}))
    torch.save({"a": Hostile(target)}, tmp_path / "zip.bin")
    for name, why in (("plain.bin", "it holds more than tensors"), ("zip.bin", "it wants to use")):
        with pytest.raises(ValueError, match=f"not a file of plain tensors: {why}"):
            read_tensors(tmp_path / name)
        assert not target.exists()


def test_a_text_is_refused_in_plain_words_and_an_unusual_pickle_without_a_warning(tmp_path: Path) -> None:
    (tmp_path / "text.bin").write_text("hello, this is no checkpoint\n" * 20)
    (tmp_path / "new.bin").write_bytes(pickle.dumps({"a": 1}, protocol=4))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, why in (("text.bin", "its bytes are those of no such file"), ("new.bin", "it holds more than")):
            with pytest.raises(ValueError, match=f"not a file of plain tensors: {why}"):
                read_pickle(tmp_path / name)


@pytest.mark.parametrize("newer", [False, True])
def test_single_numbers_of_numpy_are_read_and_arrays_of_objects_are_not(newer: bool, tmp_path: Path) -> None:
    numbers = {"best": np.float64(0.5), "step": np.int64(7), "low": np.float32(1.5)}
    torch.save({"state": tensors(), **numbers}, tmp_path / "one.pt", _use_new_zipfile_serialization=newer)
    found = read_pickle(tmp_path / "one.pt")
    assert {name: found[name] for name in numbers} == numbers and same(found["state"], tensors())
    torch.save({"list": np.array([Hostile(tmp_path / "touched")], dtype=object)}, tmp_path / "two.pt")
    with pytest.raises(ValueError, match="it wants to use"):
        read_pickle(tmp_path / "two.pt")
    assert not (tmp_path / "touched").exists()


def test_numbers_of_older_numpys_are_read_too(tmp_path: Path) -> None:
    torch.save({"best": np.float64(0.5)}, tmp_path / "new.pt", _use_new_zipfile_serialization=False)
    data = (tmp_path / "new.pt").read_bytes()
    assert data.count(b"numpy._core.multiarray\nscalar") == 1
    (tmp_path / "old.pt").write_bytes(data.replace(b"numpy._core.multiarray\n", b"numpy.core.multiarray\n"))
    assert read_pickle(tmp_path / "old.pt") == {"best": 0.5}


@pytest.mark.parametrize("content", [b"", b"not a checkpoint at all", b"PK\x03\x04broken", b"\x80\x02}q\x00."])
@pytest.mark.parametrize("name", ["x.pth", "x.safetensors"])
def test_a_damaged_file_is_one_line_of_error(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=name) as caught:
        read_tensors(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_that_breaks_off_is_refused(tmp_path: Path) -> None:
    for name, zipped in (("new.pth", True), ("old.pth", False)):
        torch.save(tensors(), tmp_path / name, _use_new_zipfile_serialization=zipped)
        whole = (tmp_path / name).read_bytes()
        for part in (10, len(whole) // 2, len(whole) - 7):
            (tmp_path / "cut.pth").write_bytes(whole[:part])
            with pytest.raises(ValueError, match="cut"):
                read_tensors(tmp_path / "cut.pth")


def test_the_weights_of_a_folder_are_its_known_or_its_only_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="it has none"):
        weights_file(tmp_path)
    save_file(tensors(), tmp_path / "odd_name.safetensors")
    assert weights_file(tmp_path).name == "odd_name.safetensors"
    torch.save(tensors(), tmp_path / "other.bin")
    with pytest.raises(ValueError, match=r"odd_name.safetensors, other.bin"):
        weights_file(tmp_path)
    torch.save(tensors(), tmp_path / "pytorch_model.bin")
    assert weights_file(tmp_path).name == "pytorch_model.bin"
    save_file(tensors(), tmp_path / "model.safetensors")
    assert weights_file(tmp_path).name == "model.safetensors"


def test_a_hub_id_is_found_in_the_local_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "hub_cache", lambda: tmp_path)
    with pytest.raises(ValueError, match="hf download facebook/encodec_24khz"):
        locate("facebook/encodec_24khz")
    model = tmp_path / "models--facebook--encodec_24khz"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text("c0ffee")
    (model / "snapshots" / "c0ffee").mkdir(parents=True)
    assert locate("facebook/encodec_24khz") == model / "snapshots" / "c0ffee"


def test_a_file_of_a_hub_id_is_found_in_the_local_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "hub_cache", lambda: tmp_path)
    folder = tmp_path / "models--lukewys--laion_clap" / "snapshots" / "c0ffee" / "more"
    folder.mkdir(parents=True)
    (folder.parents[2] / "refs").mkdir()
    (folder.parents[2] / "refs" / "main").write_text("c0ffee")
    with pytest.raises(ValueError, match=r"hf download lukewys/laion_clap more/630k-best\.pt"):
        locate("lukewys/laion_clap/more/630k-best.pt")
    (folder / "630k-best.pt").touch()
    assert locate("lukewys/laion_clap/more/630k-best.pt") == folder / "630k-best.pt"


@pytest.mark.parametrize("name", ["nothing", "a/b/c", "../x", "/no/where", "a/b/../c.pt", "a//c.pt"])
def test_a_name_of_nothing_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="no model, file or folder"):
        locate(name)


def test_json_that_is_missing_or_no_object_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="missing"):
        read_json(tmp_path / "config.json")
    for content in ("[1, 2]", "{", "\xff"):
        (tmp_path / "config.json").write_text(content)
        with pytest.raises(ValueError, match="config.json"):
            read_json(tmp_path / "config.json")
