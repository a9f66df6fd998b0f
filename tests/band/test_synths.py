"""Synthesised sounds have their pitch, stay below the Nyquist frequency and end when their notes end."""

import numpy as np
import pytest

from songloom.band.bass_synths import play_808, play_acid
from songloom.band.bells import play_bell
from songloom.band.fluid import LineNote
from songloom.band.kits import KITS, drum_of_key, play_kit
from songloom.band.oscillators import Timbre, hertz, oscillate, tables
from songloom.band.synths import PATCHES, play_patch

RATE = 44100


def _strongest(wave: np.ndarray, low: float, high: float) -> float:
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 8 * len(wave)))
    frequencies = np.fft.rfftfreq(8 * len(wave), 1 / RATE)
    inside = (frequencies > low) & (frequencies < high)
    return float(frequencies[inside][np.argmax(spectrum[inside])])


@pytest.mark.parametrize("name", sorted(PATCHES))
def test_every_patch_plays_the_asked_pitch(name: str) -> None:
    pitch = 45 if "bass" in name else 69
    wave = play_patch(PATCHES[name], [LineNote(0.0, 1.0, pitch, 100)], RATE, RATE, np.random.default_rng(0))
    heard = _strongest(wave.mean(axis=0)[RATE // 5 :], 0.8 * hertz(pitch), 1.25 * hertz(pitch))
    assert abs(1200 * np.log2(heard / hertz(pitch))) < 30.0


@pytest.mark.parametrize("name", sorted(PATCHES))
def test_a_note_is_silent_after_its_release(name: str) -> None:
    patch = PATCHES[name]
    wave = play_patch(patch, [LineNote(0.0, 0.2, 57, 100)], 3 * RATE, RATE, np.random.default_rng(0))
    assert np.abs(wave[:, : RATE // 5]).max() > 0.01
    assert not wave[:, int((0.2 + patch.release + 0.01) * RATE) :].any()


def test_a_wavetable_saw_equals_its_fourier_series() -> None:
    frequency = 440.0
    time = np.arange(2048) / RATE
    series = sum(0.6 / k * np.sin(2 * np.pi * k * frequency * time) for k in range(1, int(0.45 * RATE / frequency) + 1))
    heard = oscillate(tables(Timbre("saw", open=True), frequency, RATE), frequency * time)
    assert np.abs(heard - series).mean() < 0.02


def test_a_low_cutoff_leaves_almost_only_the_fundamental() -> None:
    bank = tables(Timbre("saw"), 220.0, RATE)
    spectrum = np.abs(np.fft.rfft(bank[4]))
    assert spectrum[2] < 0.15 * spectrum[1]


def test_the_808_slides_between_overlapping_notes_and_carries_no_dc() -> None:
    notes = [LineNote(0.0, 1.1, 36, 110), LineNote(1.0, 1.0, 43, 110)]
    wave = play_808(notes, 2 * RATE, RATE, np.random.default_rng(0))[0]
    late = wave[int(1.3 * RATE) : int(1.9 * RATE)]
    assert abs(_strongest(late, 40.0, 150.0) - hertz(43)) < 2.0
    assert abs(float(wave.mean())) < 1e-4


def test_acid_accents_are_louder() -> None:
    soft = play_acid([LineNote(0.0, 0.2, 40, 80)], RATE, RATE, np.random.default_rng(3))
    hard = play_acid([LineNote(0.0, 0.2, 40, 127)], RATE, RATE, np.random.default_rng(3))
    assert (hard**2).sum() > 1.2 * (soft**2).sum()


def test_bells_ring_on_after_short_notes() -> None:
    wave = play_bell([LineNote(0.0, 0.05, 72, 100)], RATE, RATE, np.random.default_rng(0))
    assert np.abs(wave[:, RATE // 2 :]).max() > 0.01


@pytest.mark.parametrize("engine", KITS)
def test_every_general_midi_key_makes_a_bounded_sound(engine: str) -> None:
    notes = [LineNote(0.1 * (key - 27), 0.1, key, 100) for key in range(27, 88)]
    wave = play_kit(engine, notes, 8 * RATE, RATE, np.random.default_rng(0))
    starts = [int(note.start * RATE) for note in notes]
    assert all(np.abs(wave[:, start : start + RATE // 10]).max() > 0.003 for start in starts)
    assert np.isfinite(wave).all()


def test_a_closed_hat_chokes_an_open_one() -> None:
    alone = play_kit("kit-909", [LineNote(0.0, 0.1, 46, 100)], RATE, RATE, np.random.default_rng(0))
    choked = play_kit(
        "kit-909", [LineNote(0.0, 0.1, 46, 100), LineNote(0.1, 0.1, 42, 1)], RATE, RATE, np.random.default_rng(0)
    )
    later = slice(int(0.13 * RATE), RATE)
    assert (choked[:, later] ** 2).sum() < 0.1 * (alone[:, later] ** 2).sum()
    assert drum_of_key(46) == "open hat"
