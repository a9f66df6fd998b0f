"""Soundfonts are found in folders or taken as given, and what is missing is named."""

from pathlib import Path

import numpy as np
import pytest

from songloom.band.soundfonts import Soundfont, choose_font, find_soundfonts


def _font(path: Path) -> Path:
    path.write_bytes(b"RIFF\x00\x00\x00\x00sfbk")
    return path


def test_an_empty_folder_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="apt-get install libfluidsynth3 fluid-soundfont-gm"):
        find_soundfonts(folders=[tmp_path])


def test_one_font_of_each_kind_is_found(tmp_path: Path) -> None:
    for name in ("FluidR3_GM.sf2", "TimGM6mb.sf2", "MuseScore_General.sf3", "something-else.sf2"):
        _font(tmp_path / name)
    assert [font.kind for font in find_soundfonts(folders=[tmp_path])] == ["fluid", "musescore", "tim"]


def test_given_paths_are_used_alone(tmp_path: Path) -> None:
    own = _font(tmp_path / "own.sf2")
    assert find_soundfonts([own]) == (Soundfont(own, "other"),)


def test_a_missing_path_and_a_wrong_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a file"):
        find_soundfonts([tmp_path / "none.sf2"])
    (tmp_path / "text.sf2").write_text("hello")
    with pytest.raises(ValueError, match="not a soundfont"):
        find_soundfonts([tmp_path / "text.sf2"])


def test_the_best_font_plays_most_often_and_any_font_alone_plays_all() -> None:
    fonts = [Soundfont(Path(kind), kind) for kind in ("fluid", "musescore", "tim")]
    rng = np.random.default_rng(0)
    drums = [choose_font(fonts, 0, True, rng).kind for _ in range(300)]
    assert drums.count("fluid") > 150
    assert {choose_font(fonts[2:], program, False, rng).kind for program in range(128)} == {"tim"}
