"""The ear learns to tell sounds apart, hears the same in the same clip, and survives the disk."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from songloom.band.sounds import FAMILIES
from songloom.metrics.ear import WINDOW_FRAMES, Ear, windows
from songloom.metrics.ear_training import Schooling, Seen, accuracy, f1, family_weights, train_ear
from songloom.metrics.views import SAMPLE_RATE, View, view

SECONDS = 1.5


def clip(high: bool, seed: int) -> torch.Tensor:
    """A low or a high tone in a little noise, [1, T]."""
    noise = torch.randn(1, round(SECONDS * SAMPLE_RATE), generator=torch.Generator().manual_seed(seed))
    time = torch.arange(noise.shape[-1]) / SAMPLE_RATE
    return 0.3 * torch.sin(2 * torch.pi * (2000.0 if high else 150.0) * time)[None] + 0.01 * noise


def seen(high: bool, seed: int) -> Seen:
    labels = {
        "style": "high" if high else "low",
        "mood": "calm",
        "families": ["woodwind", "drums"] if high else ["bass"],
        "tempo": 120.0,
        "key": None,
    }
    return Seen(view(clip(high, seed)), labels)


@pytest.fixture(scope="module")
def ear() -> Ear:
    torch.set_num_threads(1)
    return train_ear(
        [seen(bool(i % 2), i) for i in range(8)], Schooling(steps=60, batch_size=16, crops=1, mood_steps=20)
    )


def test_it_learns_two_sounds(ear: Ear) -> None:
    for number in (9001, 9002, 9003):
        for high in (True, False):
            heard = ear.listen(clip(high, number), SAMPLE_RATE)
            assert heard.style == ("high" if high else "low")
            assert heard.present() == ({"woodwind", "drums"} if high else {"bass"})
            assert (heard.drums > 0.5) == high


def test_its_accuracy_on_what_it_knows_is_complete(ear: Ear) -> None:
    figures = accuracy(ear, [seen(bool(i % 2), 500 + i) for i in range(4)])
    assert {name: figure.value for name, figure in figures.items()} == dict.fromkeys(figures, 1.0)


def test_the_same_clip_is_heard_the_same_at_any_level(ear: Ear) -> None:
    quiet, loud = (ear.listen(level * clip(True, 1), SAMPLE_RATE) for level in (0.01, 1.0))
    assert quiet.style == loud.style
    torch.testing.assert_close(quiet.embedding, loud.embedding, atol=1e-2, rtol=1e-2)


def test_saved_and_loaded_it_hears_the_same(ear: Ear, tmp_path: Path) -> None:
    ear.save(tmp_path / "ear.safetensors")
    again = Ear.load(tmp_path / "ear.safetensors")
    torch.testing.assert_close(again.listen(clip(True, 1), SAMPLE_RATE).embedding,
                               ear.listen(clip(True, 1), SAMPLE_RATE).embedding)  # fmt: skip


def test_a_file_that_is_no_ear_is_named(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(1)}, tmp_path / "x.safetensors")
    with pytest.raises(ValueError, match="no ear"):
        Ear.load(tmp_path / "x.safetensors")


def test_an_ear_of_another_version_is_named(ear: Ear, tmp_path: Path) -> None:
    older = {name: value.contiguous() for name, value in ear.state_dict().items() if not name.startswith("sense")}
    save_file(older, tmp_path / "x.safetensors", metadata={"styles": '["a"]', "moods": '["b"]'})
    with pytest.raises(ValueError, match="another version"):
        Ear.load(tmp_path / "x.safetensors")


def test_training_twice_gives_the_same_ear(ear: Ear) -> None:
    again = train_ear(
        [seen(bool(i % 2), i) for i in range(8)], Schooling(steps=60, batch_size=16, crops=1, mood_steps=20)
    )
    assert all(torch.equal(a, b) for a, b in zip(ear.state_dict().values(), again.state_dict().values(), strict=True))


def test_silence_is_heard_without_a_fault(ear: Ear) -> None:
    assert torch.isfinite(ear.listen(torch.zeros(2, SAMPLE_RATE), SAMPLE_RATE).embedding).all()


def test_windows_reach_from_the_first_frame_to_the_last_and_overlap() -> None:
    frames = 2 * WINDOW_FRAMES + 100
    timbre = torch.arange(frames + 1.0).expand(1, 3, -1)
    harmony = torch.arange(frames // 2 + 1.0).expand(1, 2, -1)
    cut = windows(View(timbre, harmony))
    starts = cut.timbre[:, 0, 0]
    assert starts[0] == 0
    assert cut.timbre[-1, 0, -1] == frames
    assert (starts.diff() <= WINDOW_FRAMES / 2).all()
    assert torch.equal(cut.harmony[:, 0, 0] * 2, starts)


def test_a_short_clip_is_one_window() -> None:
    short = view(torch.zeros(1, SAMPLE_RATE))
    assert windows(short) is short


def test_rare_families_weigh_more_but_at_most_fourfold() -> None:
    weights = family_weights([seen(i == 0, i) for i in range(8)])
    by_name = dict(zip(FAMILIES, weights.tolist(), strict=True))
    assert by_name["bass"] == 1.0
    assert by_name["woodwind"] == pytest.approx(7**0.5)
    assert by_name["brass"] == 4.0


def test_f1_of_sets() -> None:
    assert f1({"a", "b"}, {"b", "c", "d"}) == pytest.approx(2 * 1 / 5)
    assert f1(set(), set()) == 1.0
    assert f1({"a"}, set()) == 0.0
