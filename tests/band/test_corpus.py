import json
import random
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soundfile

from songloom.band import corpus
from songloom.band.corpus import SAMPLE_RATE, compose_piece, count_clips, piece_seed, write_corpus
from songloom.band.piece import Piece
from songloom.band.soundfonts import Soundfont
from songloom.data import manifest
from songloom.data.workers import Workers, mapped


@dataclass
class Sketch:
    """What a renderer gives: here a tone of the piece's tonic."""

    mix: np.ndarray
    loudness: float = -14.0
    stems: dict[str, np.ndarray] = field(default_factory=dict)


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """A quick renderer in the place of the band's; the seeds that it rendered."""
    seeds: list[int] = []

    def sketch(piece: Piece, stems: bool) -> Sketch:
        seeds.append(piece.seed)
        time = np.arange(round(piece.seconds * SAMPLE_RATE)) / SAMPLE_RATE
        tone = 0.3 * np.sin(2 * np.pi * 220 * 2 ** (piece.tonic / 12) * time)
        mix = np.stack([tone, -tone]).astype(np.float32)
        return Sketch(mix, stems={part.name: mix for part in piece.parts} if stems else {})

    font = tmp_path / "some.sf2"
    font.write_bytes(b"RIFF")
    monkeypatch.setattr(corpus, "_render", sketch)
    monkeypatch.setattr(corpus, "find_soundfonts", lambda: (Soundfont(font, "other"),))
    return seeds


def make(out: Path, count: int = 4, **settings: bool | int) -> list[manifest.Clip]:
    return write_corpus(out, hours=count * 2.0 / 3600, seconds=2.0, **{"seed": 3, **settings})  # type: ignore[arg-type]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_manifest_lists_sound_files_as_they_are(rendered: list[int], tmp_path: Path) -> None:
    clips = make(tmp_path / "out")
    assert manifest.read(tmp_path / "out") == clips and len(clips) == 4
    for index, clip in enumerate(clips):
        wave, rate = soundfile.read(tmp_path / "out" / clip.audio)
        assert clip.audio == f"audio/0000/{index:06d}.flac"
        assert (rate, wave.shape[1]) == (clip.sample_rate, clip.channels) == (44100, 2)
        assert len(wave) / rate == pytest.approx(clip.seconds)
        assert clip.id.endswith(f"-{index:06d}") and clip.labels["style"].split()[0] in clip.id
        assert clip.labels["loudness"] == -14.0 and len(clip.captions) >= 7


def test_an_interrupted_run_ends_in_the_same_bytes(
    rendered: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "whole")

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_corpus(tmp_path / "cut", hours=8 / 3600, seconds=2.0, seed=3, progress=stop)
    assert not (tmp_path / "cut" / manifest.NAME).exists()
    rendered.clear()
    make(tmp_path / "cut")
    assert len(rendered) == 2
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")


def test_the_order_of_the_pieces_changes_nothing(
    rendered: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "one")
    monkeypatch.setattr(corpus, "mapped", lambda make, tasks, who: mapped(make, dict(reversed(tasks.items())), who))
    make(tmp_path / "other")
    assert contents(tmp_path / "one") == contents(tmp_path / "other")


def test_a_longer_corpus_extends_a_shorter_one(rendered: list[int], tmp_path: Path) -> None:
    short = make(tmp_path / "out", 2)
    rendered.clear()
    assert make(tmp_path / "out", 5)[:2] == short
    assert len(rendered) == 3


def test_a_piece_that_was_half_written_is_made_again(rendered: list[int], tmp_path: Path) -> None:
    make(tmp_path / "out")
    before = contents(tmp_path / "out")
    (tmp_path / "out" / "records" / "0000" / "000001.json").unlink()
    (tmp_path / "out" / "audio" / "0000" / "000001.flac").write_bytes(b"half")
    make(tmp_path / "out")
    assert contents(tmp_path / "out") == before


def test_stems_are_listed_and_written(rendered: list[int], tmp_path: Path) -> None:
    for clip in make(tmp_path / "out", stems=True):
        assert set(clip.stems) == {part.name for part in compose_piece(3, int(clip.id[-6:]), 2.0).parts}
        assert all(soundfile.info(tmp_path / "out" / path).samplerate == 44100 for path in clip.stems.values())


def test_another_seed_or_a_strange_folder_is_refused(rendered: list[int], tmp_path: Path) -> None:
    make(tmp_path / "out", 1)
    with pytest.raises(ValueError, match="seed 3 there, 4 asked"):
        make(tmp_path / "out", 1, seed=4)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds no corpus"):
        make(tmp_path / "full")


def test_corpus_json_says_how_it_was_made(rendered: list[int], tmp_path: Path) -> None:
    make(tmp_path / "out", 1)
    told = json.loads((tmp_path / "out" / "corpus.json").read_text())
    assert told["seed"] == 3 and told["soundfonts"] == [{"name": "some.sf2", "bytes": 4}]


@pytest.mark.parametrize("hours", [0.0, -1.0, float("nan"), float("inf")])
def test_hours_must_be_a_positive_number(hours: float) -> None:
    with pytest.raises(ValueError, match="hours"):
        count_clips(hours, 30.0)


def test_piece_seeds_do_not_meet() -> None:
    assert len({piece_seed(seed, index) for seed in range(20) for index in range(500)}) == 10_000


def test_splits_of_clips_do_not_depend_on_the_length_of_the_corpus() -> None:
    ids = [f"pop-{random.Random(n).randrange(10**6):06d}" for n in range(50)]
    assert [manifest.split_of(identity) for identity in ids] == [manifest.split_of(identity) for identity in ids]


def test_two_processes_write_what_one_writes(tmp_path: Path) -> None:
    fluid = pytest.importorskip("songloom.band.soundfonts")
    if not fluid.library_is_installed():
        pytest.skip("FluidSynth is not installed")
    try:
        fluid.find_soundfonts()
    except ValueError:
        pytest.skip("no soundfont is installed")
    write_corpus(tmp_path / "one", hours=16 / 3600, seconds=8.0, seed=3)
    write_corpus(tmp_path / "two", hours=16 / 3600, seconds=8.0, seed=3, workers=Workers(2))
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert one.keys() == two.keys()
    for name in one:
        if name.endswith(".flac"):
            first, second = (soundfile.read(tmp_path / out / name, dtype="int16")[0] for out in ("one", "two"))
            assert np.abs(first.astype(int) - second).max() <= 1  # rounding may differ between processes
        else:
            assert one[name] == two[name], name
