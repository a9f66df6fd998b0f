"""`songloom data prepare` at the command line: shards, a review that can be heard, training on them."""

from __future__ import annotations

import csv
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile
from command_runs import Run

from songloom.app.review import COLUMNS, safe
from songloom.systems import registry

RATE = 16_000


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Four noises of their own and a silence, with a caption that means mischief."""
    folder = tmp_path / "music"
    folder.mkdir()
    for number in range(4):
        drawn = np.random.default_rng(number)
        soundfile.write(folder / f"{number}.wav", 0.1 * drawn.standard_normal(2 * RATE), RATE)
    (folder / "0.txt").write_text("=1+1 <script>alert(1)</script>")
    soundfile.write(folder / "silence.wav", np.zeros(2 * RATE), RATE)
    return folder


def test_a_folder_becomes_shards_with_a_review(run: Run, music: Path, tmp_path: Path) -> None:
    code, out, _ = run("data", "prepare", music, "--out", "shards", "--sample-rate", 8000, "--channels", 1)
    assert code == 0
    assert "kept    4 of 5 files" in out and "left    1 silent" in out
    with (tmp_path / "shards" / "review.csv").open(encoding="utf-8") as lines:
        rows = {row["file"]: row for row in csv.DictReader(lines)}
    assert list(rows["0.wav"]) == list(COLUMNS)
    assert {name: row["kept"] for name, row in rows.items()} == {
        **{f"{n}.wav": "yes" for n in range(4)}, "silence.wav": "no"}  # fmt: skip
    assert run("data", "verify", "shards")[1] == "shards: whole\n"


def test_the_page_needs_nothing_else_and_runs_nothing(run: Run, music: Path, tmp_path: Path) -> None:
    run("data", "prepare", music, "--out", "shards", "--players", 3)
    text = (tmp_path / "shards" / "review.html").read_text(encoding="utf-8")
    tags: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append((tag, dict(attrs)))

    Reader().feed(text)
    assert [tag for tag, _ in tags].count("audio") == 3 and "script" not in {tag for tag, _ in tags}
    sources = [told["src"] for _, told in tags if "src" in told]
    assert all(source and source.startswith("data:audio/mpeg;base64,") for source in sources)
    assert safe("=1+1") == "'=1+1" and safe("-3") == "-3"


def test_a_codec_trains_on_shards_as_they_are(run: Run, music: Path, tmp_path: Path) -> None:
    codec = registry.presets()["encodec-tiny"].build()
    sound = ("--sample-rate", codec.sample_rate, "--channels", codec.channels)
    run("data", "prepare", music, "--out", "shards", *sound)
    changes = ("recipe.in_turn=true", "recipe.steps=2", "recipe.batch_size=2", "recipe.seconds=0.5")
    code, out, err = run(
        *("train", "encodec-tiny", "--data", "shards", "--out", "run", "--device", "cpu", "--threads", 1),
        *(word for change in changes for word in ("--set", change)),
        *("--valid-steps", 0, "--sample-steps", 0),
    )
    assert (code, "trained for 2 steps" in out) == (0, True), err
    assert not (tmp_path / "shards" / ".cache").exists()
    long = ("--set", "recipe.in_turn=true", "--set", "recipe.long_share=0.5", "--set", "recipe.long_seconds=1")
    code, _, err = run("train", "encodec-tiny", "--data", "shards", "--out", "other", "--device", "cpu", *long)
    assert code == 2 and "steps of one size" in err


def test_damage_and_nonsense_are_one_line_each(run: Run, music: Path, tmp_path: Path) -> None:
    assert run("data", "verify", music)[0] == 2
    run("data", "prepare", music, "--out", "shards")
    shard = next((tmp_path / "shards").glob("*.tar"))
    shard.write_bytes(shard.read_bytes()[:-1])
    code, _, err = run("data", "verify", "shards")
    assert (code, err.count("\n")) == (2, 1) and "damaged" in err
    assert run("data", "prepare", music, "--out", "other", "--shard-mb", 0)[0] == 2
    assert run("data", "prepare", music, "--out", "other", "--silence", 2)[0] == 2
