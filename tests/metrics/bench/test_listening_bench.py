"""A folder is heard whole, what cannot be heard is told, and what was heard is not heard again."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from bench_toys import RATE, tone, write

from songloom.data.workers import Workers
from songloom.metrics.bench import listening
from songloom.metrics.bench.clip_facts import ClipFacts
from songloom.metrics.bench.listening import listen_to_all
from songloom.metrics.bench.store import Store

NOWHERE = Store(None)


def test_every_sound_is_heard_in_order_and_bad_files_are_told(tmp_path: Path) -> None:
    write(tmp_path, {"b.wav": tone(60), "a/x.flac": tone(72), ".hidden/y.wav": tone(50)})
    (tmp_path / "c.wav").write_bytes(b"RIFF of nothing")
    (tmp_path / "notes.txt").write_text("no sound", encoding="utf-8")
    done: list[float] = []
    sounds, unreadable = listen_to_all(tmp_path, NOWHERE, progress=done.append)
    assert [sound.name for sound in sounds] == ["a/x", "b"]
    assert [one.path.name for one in unreadable] == ["c.wav"]
    assert "not audio" in unreadable[0].why
    assert done[-1] == 1.0


def test_facts_are_those_of_the_wave(tmp_path: Path) -> None:
    left = tone(69, 2.0)
    write(tmp_path, {"a.wav": torch.cat([left, -left])}, {"request": {"prompt": "hum", "tempo": 90}})
    (sound,), _ = listen_to_all(tmp_path, NOWHERE)
    facts = sound.facts
    assert (facts.seconds, facts.sample_rate, facts.channels) == (2.0, RATE, 2)
    assert facts.true_peak == pytest.approx(20 * torch.log10(torch.tensor(0.3)).item(), abs=0.1)
    assert facts.stereo is not None and not facts.stereo.in_phase
    assert facts.recipe == {"prompt": "hum", "tempo": 90}
    assert ClipFacts.of_json(facts.to_json()) == facts


def test_what_was_heard_is_found_by_its_content_wherever_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "store")
    write(tmp_path / "one", {"a.wav": tone(60)})
    (before,), _ = listen_to_all(tmp_path / "one", store)
    (tmp_path / "two").mkdir()
    (tmp_path / "one/a.wav").rename(tmp_path / "two/other.wav")
    monkeypatch.setattr(listening, "clip_facts", lambda _: pytest.fail("heard again"))
    (after,), _ = listen_to_all(tmp_path / "two", store)
    assert after.facts == before.facts
    assert after.name == "other"


def test_a_broken_note_in_the_store_is_measured_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    write(tmp_path / "one", {"a.wav": tone(60)})
    (before,), _ = listen_to_all(tmp_path / "one", store)
    (note,) = (tmp_path / "store").rglob("*.json")
    note.write_text("{", encoding="utf-8")
    assert listen_to_all(tmp_path / "one", store)[0] == [before]


def test_processes_hear_what_one_hears(tmp_path: Path) -> None:
    write(tmp_path, {f"{i}.wav": tone(60 + i, 0.5) for i in range(3)})
    assert listen_to_all(tmp_path, NOWHERE, workers=Workers(2)) == listen_to_all(tmp_path, NOWHERE)


@pytest.mark.parametrize(
    ("names", "level", "message"),
    [
        ([], 0.3, "holds no sound files"),
        (["a.wav", "b.wav"], 0.0, "all 2 sound files of .* are silent"),
        (["a.wav", "a.flac"], 0.3, "have one name"),
    ],
)
def test_a_folder_that_cannot_be_measured_is_refused(
    tmp_path: Path, names: list[str], level: float, message: str
) -> None:
    write(tmp_path, {name: tone(60, level=level) for name in names})
    with pytest.raises(ValueError, match=message):
        listen_to_all(tmp_path, NOWHERE)


def test_a_folder_of_broken_files_or_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"x")
    with pytest.raises(ValueError, match="none of the 1 sound files"):
        listen_to_all(tmp_path, NOWHERE)
    with pytest.raises(ValueError, match="no folder"):
        listen_to_all(tmp_path / "a.wav", NOWHERE)
