"""Pieces of one tempo laid over each other from downbeat to downbeat, and only those."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from songloom.data.beat_mixing import BeatMixed, agreed
from songloom.data.dataset import Cropping, Dataset
from songloom.data.manifest import Caption, Clip
from songloom.data.shards import Shards, ShardWriter

RATE, CROP = 50.0, 4.0
ANYWHERE = Cropping(from_start=0.0, on_downbeat=0.0)


def clip(name: str, tempo: float, first: float, **labels: Any) -> Clip:
    downbeats = [round(first + bar * 240 / tempo, 4) for bar in range(30) if first + bar * 240 / tempo < 19]
    told = {"tempo": tempo, "downbeats": downbeats, **labels}
    return Clip(name, f"{name}.wav", 20.0, 16_000, 1, "train", (Caption("sentence", f"piece {name}"),), told)


CLIPS = [
    clip("a", 100.0, 0.2, tonic=0, drums=True),
    clip("b", 100.4, 1.1, tonic=7, drums=True),
    clip("c", 140.0, 0.0),
]


def dataset(folder: Path, kind: str = "latents", **others: Any) -> Dataset:
    """Every clip has its own row of latents, which is 1 on its downbeats."""
    with ShardWriter(folder / kind, "float16" if kind == "latents" else "int16", {}) as writer:
        for row, one in enumerate(CLIPS if not writer.done else []):
            array = np.zeros((3, 1000))
            array[row, [round(at * RATE) for at in one.labels["downbeats"]]] = 1.0
            writer.add(one.id, array.astype(writer.dtype))
    shards: dict[str, Any] = {kind: Shards(folder / kind)}
    return Dataset(CLIPS, frame_rate=RATE, cropping=ANYWHERE, **shards, **others)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_downbeats_meet_and_weights_sum_to_one(tmp_path: Path, share: float) -> None:
    plain = dataset(tmp_path)
    mixed, weights = BeatMixed(plain, share), []
    for step in range(12):
        before = plain.batch(step, batch_size=4, crop_seconds=CROP)
        made = mixed.batch(step, batch_size=4, crop_seconds=CROP)
        assert made.latents is not None and before.latents is not None
        for item, name in enumerate(before.ids):
            if share == 0.0 or name == "c":  # nobody else has its tempo
                assert torch.equal(made.latents[item], before.latents[item])
                assert made.texts[item] == before.texts[item]
                continue
            own, other = (made.latents[item, row] for row in ((0, 1) if name == "a" else (1, 0)))
            if not other.any():  # no downbeat of its own in the crop to go by
                continue
            first = int(own.nonzero()[0])
            assert abs(first - int(other.nonzero()[0])) <= 1 or abs(int(other.nonzero()[0]) + 120 - first) <= 1
            weights.append(float(own.max()))
            torch.testing.assert_close(own.max() + other.max(), torch.tensor(1.0), atol=2e-3, rtol=0)
            louder = name if weights[-1] >= 0.5 else "ab".replace(name, "")
            assert made.texts[item].startswith(f"piece {louder} and piece ")
            assert made.labels[item]["drums"] is True and "tonic" not in made.labels[item]
            assert made.labels[item]["downbeats"] == before.labels[item]["downbeats"]
    if share:
        assert len(weights) > 10 and 0.35 < sum(weights) / len(weights) < 0.65


def test_a_batch_is_a_function_of_its_step_and_split_over_ranks(tmp_path: Path) -> None:
    whole = BeatMixed(dataset(tmp_path), 0.7).batch(3, batch_size=4, crop_seconds=CROP)
    again = BeatMixed(dataset(tmp_path), 0.7).batch(3, batch_size=4, crop_seconds=CROP)
    assert whole.latents is not None and again.latents is not None and torch.equal(whole.latents, again.latents)
    halves = [
        BeatMixed(dataset(tmp_path, rank=rank, world_size=2), 0.7).batch(3, batch_size=2, crop_seconds=CROP)
        for rank in (0, 1)
    ]
    assert torch.equal(torch.cat([half.latents for half in halves if half.latents is not None]), whole.latents)
    assert halves[0].texts + halves[1].texts == whole.texts
    together = BeatMixed(dataset(tmp_path, rank=1, world_size=2), 0.7).whole().batch(3, batch_size=4, crop_seconds=CROP)
    assert together.latents is not None and torch.equal(together.latents, whole.latents)


def test_labels_of_a_mixture_are_those_in_which_both_agree() -> None:
    one = {"tempo": 100.0, "downbeats": [0.1], "style": "jazz", "key": "C"}
    assert agreed(one, {"tempo": 100.5, "style": "jazz", "key": "G"}) == {
        "tempo": 100.0,
        "downbeats": [0.1],
        "style": "jazz",
    }


def test_codes_and_impossible_shares_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not codes"):
        BeatMixed(dataset(tmp_path, "codes"), 0.5)
    with pytest.raises(ValueError, match="needs 0 to 1"):
        BeatMixed(dataset(tmp_path), 1.5)
