"""On the built-in corpus the tiny MusicGen learns, and learns from the words: shuffled captions make it worse."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from songloom.band.corpus import write_corpus
from songloom.band.soundfonts import find_soundfonts, library_is_installed
from songloom.published.load import load
from songloom.systems.roles import System
from songloom.training import session
from songloom.training.trainer import Pace

PIECES, SECONDS = 8, 10.0


def _band_plays() -> bool:
    try:
        return library_is_installed() and bool(find_soundfonts())
    except ValueError:
        return False


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few short pieces, every one with captions of its own."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("band")
    write_corpus(folder, hours=PIECES * SECONDS / 3600, seed=0, seconds=SECONDS)
    return folder


def error_with(system: System, corpus: Path, *, shuffled: bool) -> float:
    """What is lost on crops of the corpus under their own captions, or under each other's."""
    recipe = replace(type(system).recipe("musicgen-tiny"), seconds=2.0)
    source = session.open_data(system, recipe, corpus, "train")
    assert source is not None
    found = []
    for place in range(8):
        batch = source.batch(place, batch_size=8, crop_seconds=2.0)
        texts = batch.texts[3:] + batch.texts[:3] if shuffled else batch.texts
        with torch.no_grad():
            losses = system.losses(replace(batch, texts=texts), step=0)
        found.append(sum(float(value) for name, value in losses.items() if not name.startswith("~")))
    return sum(found) / len(found)


@pytest.mark.skipif(not _band_plays(), reason="FluidSynth and a soundfont are not installed")
def test_the_right_text_beats_shuffled_texts_and_chance(corpus: Path, tmp_path: Path) -> None:
    plan = session.plan("musicgen", "tiny", {}, {})
    quiet = Pace(log_steps=50, valid_steps=0, sample_steps=0)
    assert session.start(plan, corpus, tmp_path / "run", pace=quiet).run()
    system = load(tmp_path / "run" / "checkpoint")
    right, wrong = (error_with(system, corpus, shuffled=shuffled) for shuffled in (False, True))
    assert right < 0.9 * math.log(system.codec.codebook_size)
    assert wrong > right + 0.1
