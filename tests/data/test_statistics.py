from pathlib import Path

import numpy as np
import pytest
import soundfile

from songloom.data.manifest import Caption, Clip, write
from songloom.data.statistics import describe, picture


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    clips = []
    for number, style in enumerate(("techno", "techno", "folk")):
        soundfile.write(tmp_path / f"{number}.wav", 0.1 * np.sin(np.arange(8000) / 5), 8000)
        labels = {"style": style, "tempo": 100.0 + number, "families": ["piano", "drums"], "key": None}
        captions = (Caption("tags", "two words"), Caption("plain", f"these are four {number}"))
        clips.append(Clip(str(number), f"{number}.wav", 1.0, 8000, 1, "train", captions, labels))
    write(tmp_path, clips)
    return tmp_path


def test_statistics_count_the_manifest(folder: Path) -> None:
    told = describe(folder)
    assert (told.clips, told.hours) == (3, pytest.approx(3 / 3600))
    assert told.styles == {"techno": 2, "folk": 1} and list(told.styles) == ["techno", "folk"]
    assert told.families == {"piano": 3, "drums": 3} and told.keys == {} and told.loudness == ()
    assert told.tempos == (100.0, 101.0, 102.0)
    assert told.captions == {"tags": 3, "plain": 3}
    assert (told.words_per_caption, told.distinct_captions) == (3.0, 4)


def test_the_picture_is_an_image(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = picture(folder, tmp_path / "picture.png")
    assert path.read_bytes().startswith(b"\x89PNG")
