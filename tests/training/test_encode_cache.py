"""Codes and latents of a data set, encoded once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from training_toys import ENTRIES, HOP, RATE, ToyCodec, write_sines

from songloom.audio import files
from songloom.checkpoint import system_hash
from songloom.data.manifest import read
from songloom.data.workers import Workers
from songloom.training import clip_cache, encode_cache
from songloom.training.encode_cache import encode


@pytest.fixture
def codec() -> ToyCodec:
    torch.manual_seed(0)
    return ToyCodec(ToyCodec.Config())


def test_the_cache_holds_what_the_codec_says_of_each_whole_clip(codec: ToyCodec, tmp_path: Path) -> None:
    clips = read(write_sines(tmp_path))
    heard: list[tuple[int, int]] = []
    codes = encode(codec, clips, tmp_path, workers=Workers(2), progress=lambda done, total: heard.append((done, total)))
    latents = encode(codec, clips, tmp_path, kind="latents")
    assert heard == [(done + 1, len(clips)) for done in range(len(clips))]
    assert codes.dtype == np.int16 and latents.dtype == np.float16
    for clip in clips:
        wave, _ = files.read(tmp_path / clip.audio)
        with torch.no_grad():
            expected = codec.encode(wave[None])
        assert codes.get(clip.id).shape == (codec.streams, RATE // HOP)
        assert np.array_equal(codes.get(clip.id), codec.quantize(expected)[0].numpy())
        assert np.allclose(latents.get(clip.id), expected[0].numpy(), atol=2e-3)


def test_a_second_call_encodes_nothing_and_another_codec_finds_nothing(
    codec: ToyCodec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = read(write_sines(tmp_path))
    first = encode(codec, clips, tmp_path)
    other = ToyCodec(ToyCodec.Config())
    assert system_hash(other) != system_hash(codec)
    assert encode(other, clips, tmp_path).folder != first.folder
    monkeypatch.setattr(encode_cache.Encoding, "__call__", None)
    assert encode(codec, clips, tmp_path).folder == first.folder


def test_an_encoding_that_was_cut_off_goes_on_where_it_stopped(
    codec: ToyCodec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = read(write_sines(tmp_path))
    monkeypatch.setattr(clip_cache, "SHARD_BYTES", 3 * codec.streams * (RATE // HOP) * 2)

    def stop(done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode(codec, clips, tmp_path, progress=stop)
    heard: list[int] = []
    codes = encode(codec, clips, tmp_path, progress=lambda done, total: heard.append(done))
    assert heard == [4, 5, 6, 7, 8]
    with torch.no_grad():
        wave, _ = files.read(tmp_path / clips[0].audio)
        assert np.array_equal(codes.get(clips[0].id), codec.tokenize(wave[None])[0].numpy())


def test_fewer_streams_are_the_first_ones(codec: ToyCodec, tmp_path: Path) -> None:
    clips = read(write_sines(tmp_path, clips=3))
    whole, part = encode(codec, clips, tmp_path), encode(codec, clips, tmp_path, streams=2)
    assert np.array_equal(part[0], whole[0][:2])
    assert whole[0].max() < ENTRIES
