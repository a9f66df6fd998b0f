import json
from pathlib import Path

import numpy as np
import pytest

from songloom.data.manifest import Clip
from songloom.data.shards import Shards, ShardWriter, cache_folder


def some_arrays(count: int = 7) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {f"clip {n}": rng.integers(-999, 999, (2, 10 + n)).astype(np.int16) for n in range(count)}


def written(folder: Path, arrays: dict[str, np.ndarray], shard_bytes: int = 100) -> Shards:
    with ShardWriter(folder, "int16", {"kind": "test"}, shard_bytes=shard_bytes) as writer:
        for name, array in arrays.items():
            writer.add(name, array)
    return Shards(folder)


def test_every_array_comes_back_by_number_and_by_id(tmp_path: Path) -> None:
    arrays = some_arrays()
    shards = written(tmp_path, arrays)
    assert len(list(tmp_path.glob("*.bin"))) > 1
    assert shards.ids == tuple(arrays)
    assert shards.settings == {"kind": "test"}
    for number, (name, array) in enumerate(arrays.items()):
        assert np.array_equal(shards[number], array)
        assert np.array_equal(shards.get(name), array)
        assert np.array_equal(shards.read(name, 4, 5), array[:, 4:9])
        assert shards.length(name) == array.shape[-1]


def test_a_read_past_the_end_gives_what_there_is(tmp_path: Path) -> None:
    shards = written(tmp_path, some_arrays())
    assert shards.read("clip 0", 8, 5).shape == (2, 2)


@pytest.mark.parametrize("dtype", ["int16", "int32", "float16", "float32"])
def test_each_type_is_kept(tmp_path: Path, dtype: str) -> None:
    with ShardWriter(tmp_path, dtype, {}) as writer:
        writer.add("a", np.arange(6).reshape(2, 3))
        writer.add("empty", np.zeros((2, 0)))
    shards = Shards(tmp_path)
    assert shards[0].dtype == np.dtype(dtype)
    assert shards[0].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert shards.get("empty").shape == (2, 0)


def test_a_build_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    arrays = some_arrays()
    with pytest.raises(RuntimeError), ShardWriter(tmp_path, "int16", {}, shard_bytes=100) as writer:
        for name in list(arrays)[:4]:
            writer.add(name, arrays[name])
        raise RuntimeError
    assert not Shards.is_finished(tmp_path)
    with ShardWriter(tmp_path, "int16", {}, shard_bytes=100) as writer:
        assert 0 < len(writer.done) <= 4
        for name in arrays.keys() - writer.done:
            writer.add(name, arrays[name])
    shards = Shards(tmp_path)
    assert {name: shards.get(name).tolist() for name in shards.ids} == {n: a.tolist() for n, a in arrays.items()}


def test_an_id_comes_only_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="already"), ShardWriter(tmp_path, "int16", {}) as writer:
        writer.add("a", np.zeros(3))
        writer.add("a", np.zeros(3))


def test_a_truncated_shard_is_refused_before_it_is_mapped(tmp_path: Path) -> None:
    written(tmp_path, some_arrays())
    path = tmp_path / "00000.bin"
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(ValueError, match="bytes where its index says"):
        Shards(tmp_path)


@pytest.mark.parametrize("shape", [[2, 10**15], [-1, -5], [10**6]])
def test_an_index_that_claims_too_much_is_refused(tmp_path: Path, shape: list[int]) -> None:
    written(tmp_path, some_arrays())
    index = json.loads((tmp_path / "index.json").read_text())
    index["shards"][0]["items"][0][2] = shape
    (tmp_path / "index.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match="beyond the end"):
        Shards(tmp_path)


def test_the_cache_folder_depends_on_clips_files_and_settings(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"12")
    clip = Clip("a", "a.wav", 1.0, 8000, 1)
    folder = cache_folder(tmp_path, [clip], {"sample_rate": 8000})
    assert folder == cache_folder(tmp_path, [clip], {"sample_rate": 8000})
    assert folder != cache_folder(tmp_path, [clip], {"sample_rate": 16000})
    (tmp_path / "a.wav").write_bytes(b"123")
    assert folder != cache_folder(tmp_path, [clip], {"sample_rate": 8000})
