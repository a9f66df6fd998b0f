"""Every style has its production, and a piece's seed turns the knobs."""

from dataclasses import replace

import pytest
from fixtures_render import small_piece

from songloom.band.production import (
    BANDS,
    CURVES,
    PRODUCTIONS,
    production_for,
    production_name,
    target_loudness,
)
from songloom.band.reverbs import KINDS


@pytest.mark.parametrize(
    ("style", "name"),
    [("chiptune", "chip"), ("lo-fi hip hop", "lo-fi"), ("hip hop", "hip hop"), ("trap", "trap"), ("house", "house"),
     ("drum and bass", "drum and bass"), ("solo piano", "solo"), ("string quartet", "ensemble"), ("dub", "reggae"),
     ("dubstep", "drum and bass"), ("big band", "big band"), ("bossa nova", "bossa")],
)  # fmt: skip
def test_style_names_find_their_production(style: str, name: str) -> None:
    assert production_name(small_piece("grand piano", style=style)) == name


def test_an_unknown_style_is_produced_by_what_it_holds() -> None:
    assert production_name(small_piece("grand piano", style="?")) == "solo"
    assert production_name(small_piece("grand piano", "standard kit", style="?")) == "pop"


def test_every_production_is_within_its_tables() -> None:
    for production in PRODUCTIONS.values():
        assert {production.space, production.drum_space} <= set(KINDS)
        assert len(CURVES[production.curve]) in (0, len(BANDS))
        assert -24.0 <= production.loudness[0] <= production.loudness[1] <= -9.0


def test_seeds_vary_the_production_and_repeat_it() -> None:
    piece = small_piece("grand piano", style="rock")
    assert production_for(piece) == production_for(piece)
    assert production_for(piece) != production_for(replace(piece, seed=99))


def test_intensity_raises_the_loudness() -> None:
    production = PRODUCTIONS["metal"]
    assert target_loudness(production, 0.0) < target_loudness(production, 1.0) == production.loudness[1]
