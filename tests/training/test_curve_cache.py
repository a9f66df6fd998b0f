"""Curves of a data set, measured once beside the codes, and a run that trains on both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from training_toys import HOP, RATE, ToyCodec, write_sines

from songloom.audio.clip import Audio
from songloom.conditioning.curve_batch import ALL_ROWS, extracted
from songloom.data.dataset import Cropping, Dataset
from songloom.data.manifest import read
from songloom.training import curve_cache
from songloom.training.curve_cache import measure_curves
from songloom.training.encode_cache import encode


@pytest.fixture
def codec() -> ToyCodec:
    torch.manual_seed(0)
    return ToyCodec(ToyCodec.Config())


def test_the_cache_holds_what_each_clip_does_on_the_codec_s_frames(
    codec: ToyCodec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = read(write_sines(tmp_path, clips=3))
    heard: list[tuple[int, int]] = []
    curves = measure_curves(codec, clips, tmp_path, progress=lambda done, total: heard.append((done, total)))
    latents = encode(codec, clips, tmp_path, kind="latents")
    assert heard == [(1, 3), (2, 3), (3, 3)]
    for clip in clips:
        frames = latents.length(clip.id)
        assert curves.get(clip.id).shape == (ALL_ROWS, frames)
        expected = extracted(Audio.load(tmp_path / clip.audio), RATE / HOP, frames, labels=clip.labels)
        assert np.allclose(curves.get(clip.id), expected.numpy(), atol=0.04)
    monkeypatch.setattr(curve_cache, "extracted", None)
    assert measure_curves(codec, clips, tmp_path).folder == curves.folder


def test_crops_of_curves_are_those_of_the_latents(codec: ToyCodec, tmp_path: Path) -> None:
    clips = read(write_sines(tmp_path, clips=3))
    curves = measure_curves(codec, clips, tmp_path)
    latents = encode(codec, clips, tmp_path, kind="latents")
    cropping = Cropping(from_start=0.0, on_downbeat=0.0)
    data = Dataset(clips, latents=latents, curves=curves, frame_rate=RATE / HOP, cropping=cropping)
    batch = data.batch(0, batch_size=4, crop_seconds=0.5)
    assert batch.curves is not None and batch.latents is not None
    frames = batch.latents.shape[-1]
    for item, name in enumerate(batch.ids):
        start = round(float(batch.start[item]) * RATE / HOP)
        assert np.array_equal(batch.latents[item], latents.get(name)[:, start : start + frames].astype(np.float32))
        assert np.array_equal(batch.curves[item], curves.get(name)[:, start : start + frames].astype(np.float32))
    with pytest.raises(ValueError, match="beside codes or latents"):
        Dataset(clips, waves=latents, curves=curves)
