"""Views of clips are made once, and those of altered clips are kept apart."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from songloom.audio.clip import Audio
from songloom.data.manifest import Clip
from songloom.metrics.ear_data import see_clips, whole
from songloom.metrics.views import SAMPLE_RATE, view


def clips_in(folder: Path, count: int = 2) -> list[Clip]:
    """Written clips of half a second of noise."""
    clips = []
    for number in range(count):
        wave = 0.1 * torch.randn(1, SAMPLE_RATE // 2, generator=torch.Generator().manual_seed(number))
        Audio(wave, SAMPLE_RATE).save(folder / f"{number}.wav")
        clips.append(Clip(str(number), f"{number}.wav", 0.5, SAMPLE_RATE, 1, "train", labels={"style": "noise"}))
    return clips


def backwards(path: Path) -> Tensor:
    """The clip from its end."""
    return whole(path).flip(-1)


def test_a_clip_is_seen_as_its_file_sounds(tmp_path: Path) -> None:
    clips = clips_in(tmp_path)
    seen = see_clips(tmp_path, clips, tmp_path / "kept")
    for one, clip in zip(seen, clips, strict=True):
        expected = view(whole(tmp_path / clip.audio))
        torch.testing.assert_close(one.view.timbre.float(), expected.timbre, atol=4e-3, rtol=0)  # float16 up to 7
        torch.testing.assert_close(one.view.harmony.float(), expected.harmony, atol=4e-3, rtol=0)


def test_what_was_seen_is_not_read_again(tmp_path: Path) -> None:
    clips = clips_in(tmp_path)
    first = see_clips(tmp_path, clips, tmp_path / "kept")
    (tmp_path / "0.wav").unlink()
    again = see_clips(tmp_path, clips, tmp_path / "kept")
    assert all(torch.equal(a.view.timbre, b.view.timbre) for a, b in zip(first, again, strict=True))


def test_altered_clips_are_kept_apart_from_those_as_they_are(tmp_path: Path) -> None:
    clips = clips_in(tmp_path)
    plain = see_clips(tmp_path, clips, tmp_path / "kept")
    turned = see_clips(tmp_path, clips, tmp_path / "kept", read=backwards, altered="backwards")
    for forth, back, clip in zip(plain, turned, clips, strict=True):
        expected = view(backwards(tmp_path / clip.audio))
        torch.testing.assert_close(back.view.timbre.float(), expected.timbre, atol=4e-3, rtol=0)
        assert not torch.equal(forth.view.timbre, back.view.timbre)
