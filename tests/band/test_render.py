"""The renderer keeps its promises: length, range, loudness, determinism, stems that add up."""

from dataclasses import replace

import numpy as np
import pytest
from fixtures_render import small_part, small_piece

from songloom.band.mastering import octave_levels
from songloom.band.mixing import mix_parts
from songloom.band.piece import Part
from songloom.band.production import PRODUCTIONS, production_for, target_loudness
from songloom.band.render import TAIL_SECONDS, render
from songloom.band.soundfonts import find_soundfonts, library_is_installed
from songloom.band.sounds import SOUNDS
from songloom.band.sources import ENGINES, raw_parts

RATE = 22050


def _fonts_are_there() -> bool:
    try:
        find_soundfonts()
    except ValueError:
        return False
    return library_is_installed()


needs_fluidsynth = pytest.mark.skipif(not _fonts_are_there(), reason="FluidSynth and a soundfont are not installed")
SYNTHESISED = ("chip pulse", "synth bass", "808 kit")


def test_every_sound_of_the_table_has_an_engine() -> None:
    engines = {sound.engine for sound in SOUNDS.values()}
    assert engines - {"soundfont", "soundfont-drums"} <= set(ENGINES)


@needs_fluidsynth
@pytest.mark.parametrize("first", range(0, len(SOUNDS), 12))
def test_every_sound_sounds(first: int) -> None:
    names = list(SOUNDS)[first : first + 12]
    piece = small_piece(*names, bars=1)
    for name, wave in zip(names, raw_parts(piece, find_soundfonts(), 2 * RATE, RATE), strict=True):
        assert np.isfinite(wave).all(), name
        assert np.abs(wave).max() > 1e-3, name


@needs_fluidsynth
def test_the_mix_is_as_long_as_the_piece_and_its_tail_and_stays_in_range() -> None:
    piece = small_piece(*SYNTHESISED, style="techno")
    rendered = render(piece, sample_rate=RATE)
    assert rendered.mix.dtype == np.float32
    assert rendered.mix.shape == (2, round((piece.seconds + TAIL_SECONDS) * RATE))
    assert np.abs(rendered.mix).max() <= 1.0
    assert rendered.peak <= -0.9
    assert np.abs(rendered.mix[:, -20:]).max() < 1e-3
    assert abs(float(rendered.mix.mean())) < 1e-3


@needs_fluidsynth
def test_the_loudness_is_near_its_target() -> None:
    for style in ("house", "solo"):
        piece = small_piece("warm pad", "saw lead", style=style, bars=4)
        wanted = target_loudness(PRODUCTIONS[style], piece.intensity)
        assert render(piece, sample_rate=RATE).loudness == pytest.approx(wanted, abs=1.5)


@needs_fluidsynth
def test_the_same_piece_gives_the_same_samples_in_any_order() -> None:
    one = small_piece("grand piano", "finger bass", "standard kit", "distorted guitar", style="rock")
    other = small_piece("slow strings", "supersaw", seed=8)
    first = render(one, sample_rate=RATE).mix
    render(other, sample_rate=RATE)
    assert np.array_equal(render(one, sample_rate=RATE).mix, first)


@needs_fluidsynth
def test_another_seed_sounds_different() -> None:
    piece = small_piece(*SYNTHESISED)
    assert not np.array_equal(render(piece, sample_rate=RATE).mix, render(replace(piece, seed=6), sample_rate=RATE).mix)


@needs_fluidsynth
def test_stems_add_up_to_the_mix_before_the_bus() -> None:
    piece = small_piece("grand piano", "finger bass", "standard kit", "airy pad", style="synthwave")
    waves = raw_parts(piece, find_soundfonts(), 5 * RATE, RATE)
    together, none = mix_parts(piece, production_for(piece), waves, RATE, keep_parts=False)
    _, apart = mix_parts(piece, production_for(piece), waves, RATE, keep_parts=True)
    assert none == []
    assert np.allclose(np.sum(apart, axis=0), together, atol=1e-4 * np.abs(together).max())


@needs_fluidsynth
def test_stems_are_named_after_the_parts_and_only_made_when_asked() -> None:
    piece = small_piece(*SYNTHESISED)
    rendered = render(piece, sample_rate=RATE, stems=True)
    assert list(rendered.stems) == list(SYNTHESISED)
    assert all(stem.shape == rendered.mix.shape for stem in rendered.stems.values())
    assert render(piece, sample_rate=RATE).stems == {}


@needs_fluidsynth
def test_a_silent_part_changes_nothing_but_its_own_stem() -> None:
    piece = small_piece(*SYNTHESISED)
    with_rest = replace(piece, parts=(*piece.parts, Part("rest", "pad", "slow strings", ())))
    rendered = render(with_rest, sample_rate=RATE, stems=True)
    assert not rendered.stems["rest"].any()


@needs_fluidsynth
def test_brightness_tilts_the_spectrum() -> None:
    piece = small_piece("grand piano", "grand piano", style="solo piano")
    dark, bright = (
        octave_levels(render(replace(piece, brightness=value), sample_rate=RATE).mix, RATE) for value in (0.0, 1.0)
    )
    assert bright[6] - bright[3] > dark[6] - dark[3] + 1.0


def test_bad_input_is_refused_in_one_line() -> None:
    piece = small_piece(*SYNTHESISED)
    with pytest.raises(ValueError, match="16000 Hz or more"):
        render(piece, sample_rate=8000)
    with pytest.raises(ValueError, match="no notes"):
        render(replace(piece, parts=()))


@needs_fluidsynth
def test_an_unknown_sound_is_named() -> None:
    piece = small_piece(*SYNTHESISED)
    strange = replace(small_part("grand piano"), sound="theremin")
    with pytest.raises(ValueError, match="theremin"):
        render(replace(piece, parts=(strange,)), sample_rate=RATE)
