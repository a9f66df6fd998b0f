from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from songloom.data.batch import Batch
from songloom.data.dataset import Cropping, Dataset, clips_of, open_waves
from songloom.data.manifest import Caption, Clip, write
from songloom.data.shards import Shards, ShardWriter
from songloom.data.waves import cache_waves, to_float, to_int16
from songloom.data.workers import Workers

RATE = 1000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve ramps: sample t of clip n is t + 100 n, so that a crop tells where it was cut."""
    path = tmp_path_factory.mktemp("ramps")
    clips = []
    for number in range(12):
        wave = (np.arange(1000 + 100 * number) + 100 * number).astype(np.int16)
        soundfile.write(path / f"{number}.flac", wave, RATE)
        labels = {"style": "rare" if number == 0 else "common", "downbeats": [0.0, 0.25, 0.5]}
        captions = (Caption("tags", f"tags {number}"), Caption("plain", f"plain {number}"))
        clips.append(Clip(str(number), f"{number}.flac", len(wave) / RATE, RATE, 1, "train", captions, labels))
    write(path, clips)
    return path


def waves_of(folder: Path, **settings: object) -> Dataset:
    return open_waves(folder, sample_rate=RATE, channels=1, **settings)  # type: ignore[arg-type]


def same(one: Batch, other: Batch) -> bool:
    assert one.wave is not None and other.wave is not None
    return one.texts == other.texts and one.ids == other.ids and torch.equal(one.wave, other.wave)


def test_a_batch_has_the_promised_shapes(folder: Path) -> None:
    batch = waves_of(folder).batch(0, batch_size=5, crop_seconds=0.3)
    assert batch.wave is not None and batch.wave.shape == (5, 1, 300) and batch.wave.dtype == torch.float32
    assert batch.mask.shape == (5, 300) and batch.mask.all()
    assert len(batch) == len(batch.labels) == 5
    assert batch.codes is None and batch.latents is None


def test_start_says_where_the_crop_was_cut(folder: Path) -> None:
    batch = waves_of(folder).batch(3, batch_size=32, crop_seconds=0.2)
    assert batch.wave is not None
    first = (batch.wave[:, 0, 0] * 32768).round() - 100 * torch.tensor([float(name) for name in batch.ids])
    assert torch.allclose(first, batch.start * RATE, atol=0.01)
    assert torch.allclose(batch.total, torch.tensor([1 + 0.1 * float(name) for name in batch.ids]))


def test_a_step_repeats_without_any_state(folder: Path) -> None:
    once = waves_of(folder, seed=4)
    for step in range(5):
        once.batch(step, batch_size=4, crop_seconds=0.2)
    again = waves_of(folder, seed=4).batch(5, batch_size=4, crop_seconds=0.2)
    assert same(once.batch(5, batch_size=4, crop_seconds=0.2), again)


def test_seeds_and_steps_differ(folder: Path) -> None:
    texts = {
        waves_of(folder, seed=seed).batch(step, batch_size=8, crop_seconds=0.2).texts
        for seed in (0, 1) for step in (0, 1)
    }  # fmt: skip
    assert len(texts) == 4


def test_the_ranks_together_see_the_batch_of_one_process(folder: Path) -> None:
    whole = waves_of(folder).batch(9, batch_size=6, crop_seconds=0.2)
    parts = [waves_of(folder, rank=rank, world_size=3).batch(9, batch_size=2, crop_seconds=0.2) for rank in range(3)]
    assert whole.texts == tuple(text for part in parts for text in part.texts)
    assert whole.start.tolist() == [start for part in parts for start in part.start.tolist()]


def test_a_clip_shorter_than_the_crop_is_padded_and_masked(folder: Path) -> None:
    batch = waves_of(folder).batch(0, batch_size=16, crop_seconds=1.5)
    assert batch.wave is not None
    for name, wave, mask, seconds in zip(batch.ids, batch.wave, batch.mask, batch.seconds, strict=True):
        inside = min(1500, 1000 + 100 * int(name))
        assert mask.sum() == inside and mask[:inside].all()
        assert seconds == pytest.approx(inside / RATE)
        assert not wave[0, inside:].any()


def test_styles_are_drawn_alike_however_many_clips_they_have(folder: Path) -> None:
    count = 400
    balanced = waves_of(folder).batch(0, batch_size=count, crop_seconds=0.01)
    plain = waves_of(folder, cropping=Cropping(balanced=False)).batch(0, batch_size=count, crop_seconds=0.01)
    assert balanced.ids.count("0") / count == pytest.approx(1 / 2, abs=0.1)
    assert plain.ids.count("0") / count == pytest.approx(1 / 12, abs=0.06)


def test_crops_begin_where_they_are_asked_to(folder: Path) -> None:
    start = waves_of(folder, cropping=Cropping(from_start=1.0)).batch(0, batch_size=20, crop_seconds=0.2)
    beats = waves_of(folder, cropping=Cropping(0.0, 1.0)).batch(0, batch_size=50, crop_seconds=0.2)
    free = waves_of(folder, cropping=Cropping(0.0, 0.0)).batch(0, batch_size=50, crop_seconds=0.2)
    assert not start.start.any()
    assert {round(float(time), 3) for time in beats.start} == {0.0, 0.25, 0.5}
    assert len({round(float(time), 3) for time in free.start}) > 30


def test_codes_and_waves_are_cut_at_the_same_place(folder: Path) -> None:
    clips = clips_of(folder)
    waves = cache_waves(folder, clips, sample_rate=RATE, channels=1)
    with ShardWriter(folder / "codes", "int16", {}) as writer:
        for clip in clips:
            writer.add(clip.id, waves.get(clip.id)[:, ::10])
    dataset = Dataset(clips, waves=waves, codes=Shards(folder / "codes"), frame_rate=RATE / 10)
    batch = dataset.batch(2, batch_size=8, crop_seconds=0.5)
    assert batch.codes is not None and batch.wave is not None
    assert batch.codes.shape == (8, 1, 50) and batch.codes.dtype == torch.int64 and batch.mask.shape == (8, 50)
    assert torch.equal((batch.wave[:, :, ::10] * 32768).round().long(), batch.codes)


def test_to_moves_the_type_of_waves_alone(folder: Path) -> None:
    batch = waves_of(folder).batch(0, batch_size=2, crop_seconds=0.1).to("cpu", torch.bfloat16)
    assert batch.wave is not None and batch.wave.dtype == torch.bfloat16
    assert batch.start.dtype == torch.float32 and batch.mask.dtype == torch.bool


def test_the_wave_cache_is_the_same_for_one_job_and_two(folder: Path, tmp_path: Path) -> None:
    clips = clips_of(folder)
    heard: list[tuple[int, int]] = []
    for path in folder.glob("*.flac"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    many = cache_waves(
        tmp_path, clips, sample_rate=500, channels=2, workers=Workers(2), shard_bytes=9000,
        progress=lambda done, total: heard.append((done, total)),
    )  # fmt: skip
    one = cache_waves(folder, clips, sample_rate=500, channels=2)
    assert len(list(many.folder.glob("*.bin"))) > 1
    assert heard[-1] == (12, 12)
    for clip in clips:
        assert many.get(clip.id).shape == (2, round(clip.seconds * 500))
        assert np.array_equal(many.get(clip.id), one.get(clip.id))


def test_sixteen_bit_samples_survive_the_way_through_floats() -> None:
    every = np.arange(-32768, 32768).astype(np.int16)
    assert np.array_equal(to_int16(to_float(every)), every)
    assert to_int16(np.array([2.0, -2.0])).tolist() == [32767, -32768]


def test_a_plain_folder_without_labels_or_texts_works(tmp_path: Path) -> None:
    for number in range(3):
        soundfile.write(tmp_path / f"{number}.wav", np.zeros(800), 8000)
    clips = clips_of(tmp_path)
    dataset = Dataset(clips, waves=cache_waves(tmp_path, clips, sample_rate=8000, channels=1))
    assert dataset.batch(0, batch_size=2, crop_seconds=0.05).texts == ("", "")


def test_an_empty_crop_and_a_wrong_rank_are_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="empty"):
        waves_of(folder).batch(0, batch_size=1, crop_seconds=0.0)
    with pytest.raises(ValueError, match="rank"):
        waves_of(folder, rank=2, world_size=2)
