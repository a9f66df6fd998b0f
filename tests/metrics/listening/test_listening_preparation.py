"""The clips that raters get: equally loud, of one kind, spoilt or beeping where they should be."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from small_designs import folders

from songloom.audio import files
from songloom.audio.loudness import loudness, true_peak
from songloom.metrics.listening import hidden
from songloom.metrics.listening.design import ANCHOR, BEEPS, REFERENCE, Settings
from songloom.metrics.listening.material import gather
from songloom.metrics.listening.preparation import common_target, fingerprint, gain_to, prepare

RATE = 48000


def test_clips_of_loud_and_quiet_systems_become_equally_loud_and_tell_nothing(tmp_path: Path) -> None:
    prompts, systems = folders(tmp_path, ["quiet", "loud", "loudest"])
    (tmp_path / "real").mkdir()
    for path in systems[0].iterdir():
        (tmp_path / "real" / path.name).write_bytes(path.read_bytes())
    material = gather(prompts, systems, tmp_path / "real")
    done: list[float] = []
    test = prepare(material, Settings(seconds=0.4), tmp_path / "clips", done.append)
    assert done == sorted(done) and done[-1] == 1
    assert test.conditions == ("quiet", "loud", "loudest", REFERENCE, ANCHOR)
    assert {path.stem for path in (tmp_path / "clips").iterdir()} == set(test.by_id)
    for clip in test.clips:
        path = tmp_path / "clips" / f"{clip.id}.flac"
        wave, _ = files.read(path)
        kind = files.info(path)
        assert (kind.sample_rate, kind.channels, kind.subtype) == (RATE, 2, "PCM_16")
        assert not files.read_metadata(path)
        assert loudness(wave, RATE) == pytest.approx(test.target, abs=0.1)
        assert clip.loudness == pytest.approx(test.target)
        assert true_peak(wave, RATE) <= -0.9
        assert clip.system == BEEPS or wave.shape[1] == round(0.4 * RATE) == round(clip.seconds * RATE)
        assert not any(word in path.name for word in ("quiet", "loud", "0001", clip.prompt))


def test_the_common_loudness_is_as_high_as_the_peakiest_clip_can_be() -> None:
    assert common_target([(-14.0, -1.0), (-20.0, -3.0)]) == -23
    assert common_target([(-14.0, -1.0), (-30.0, -5.0)]) == pytest.approx(-26)
    assert common_target([(-60.0, -1.0)]) == -33
    assert common_target([(-math.inf, -math.inf)]) == -23


def test_gain_never_lifts_a_peak_over_the_ceiling_and_leaves_silence() -> None:
    assert gain_to(-23, -30, -20) == 7
    assert gain_to(-33, -60, -1) == 0
    assert gain_to(-23, -math.inf, -math.inf) == 0


def test_a_silent_clip_stays_silent_and_is_known_as_such(tmp_path: Path) -> None:
    prompts, systems = folders(tmp_path, ["a", "b"], prompts=1)
    files.write(systems[0] / "0001-tone.wav", torch.zeros(1, 16000), 16000)
    test = prepare(gather(prompts, systems), Settings(), tmp_path / "clips")
    clip = test.clip("0001", "a")
    assert clip.loudness is None
    assert not files.read(tmp_path / "clips" / f"{clip.id}.flac")[0].any()


def test_without_a_reference_anchors_come_from_the_systems_in_turn(tmp_path: Path) -> None:
    prompts, systems = folders(tmp_path, ["a", "b"], prompts=4, seconds=0.3)
    test = prepare(gather(prompts, systems), Settings(mode="preference"), tmp_path / "clips")
    assert [test.clip(prompt.id, ANCHOR).source for prompt in test.prompts] == ["a", "b", "a", "b"]
    assert not [clip for clip in test.clips if clip.system == BEEPS]


def test_the_anchor_keeps_what_is_below_its_edge_and_loses_what_is_above() -> None:
    times = torch.arange(RATE, dtype=torch.float64) / RATE
    for pitch, low, high in ((3400, -0.1, 0.1), (4000, -math.inf, -25), (4500, -math.inf, -50)):
        tone = torch.sin(2 * torch.pi * pitch * times)[None]
        change = 10 * math.log10(float(hidden.low_passed(tone, RATE).square().mean() / tone.square().mean()) + 1e-30)
        assert low <= change <= high, pitch


def test_the_anchor_is_noisy_by_20_db_within_its_band() -> None:
    tone = torch.sin(2 * torch.pi * 440 * torch.arange(RATE) / RATE)[None]
    rest = hidden.low_anchor(tone, RATE) - hidden.low_passed(tone, RATE)
    band = 3750 / 24000  # of white noise, what the low-pass leaves
    ratio = 10 * math.log10(float(rest.square().mean() / tone.square().mean()))
    assert ratio == pytest.approx(-20 + 10 * math.log10(band), abs=0.3)


@pytest.mark.parametrize("count", [1, 3, 8])
def test_beeps_can_be_counted(count: int) -> None:
    music = torch.sin(2 * torch.pi * 150 * torch.arange(10 * RATE) / RATE)[None].repeat(2, 1)
    wave = hidden.with_beeps(music, RATE, count)
    assert wave.shape == (2, 3 * RATE + count * RATE // 2)
    loud = wave[0, 3 * RATE :].abs().reshape(-1, RATE // 100).amax(1) > 0.05
    assert int((loud[1:] & ~loud[:-1]).sum()) == count
    assert torch.allclose(wave[:, :100], music[:, :100] * 0.2 * math.sqrt(2), atol=1e-3)


def test_another_file_prompt_or_setting_is_another_test(tmp_path: Path) -> None:
    prompts, systems = folders(tmp_path, ["a", "b"])
    material = gather(prompts, systems)
    first = fingerprint(material, Settings())
    assert fingerprint(gather(prompts, systems), Settings()) == first
    assert fingerprint(material, Settings(seed=1)) != first
    files.write(systems[0] / "0001-tone.wav", torch.ones(1, 9000) * 0.1, 16000)
    assert fingerprint(gather(prompts, systems), Settings()) != first


def test_settings_and_clips_that_make_no_test_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="seconds is 0.1"):
        Settings(seconds=0.1)
    with pytest.raises(ValueError, match="trials is 0"):
        Settings(trials=0)
    prompts, systems = folders(tmp_path, ["a"])
    with pytest.raises(ValueError, match="two systems"):
        prepare(gather(prompts, systems), Settings(mode="preference"), tmp_path / "clips")
    files.write(systems[0] / "0002-tone.wav", torch.ones(1, 900) * 0.1, 16000)
    with pytest.raises(ValueError, match=r"0.06 s long; a clip needs 0.2 s"):
        prepare(gather(prompts, systems), Settings(), tmp_path / "clips")
