"""Effects against formulas: gains, filters, limits, reverb decay, true peak."""

import numpy as np
import pyloudnorm
import pytest
from scipy import signal

from songloom.band.amps import AMPLIFIERS, amplify
from songloom.band.compressors import apply_gain, compress, ducking, limit, true_peak_db
from songloom.band.effects import (
    band_pass,
    convolve,
    curve_equaliser,
    decibels,
    delay,
    high_pass,
    low_pass,
    narrow,
    pan,
    saturate,
    tape_wobble,
    vinyl_noise,
    width,
)
from songloom.band.levels import integrated_loudness, quick_loudness
from songloom.band.mastering import octave_levels
from songloom.band.reverbs import KINDS, SPACES, impulse_response, reverberate

RATE = 44100


def _sine(hertz: float, seconds: float = 1.0, level: float = 0.5) -> np.ndarray:
    tone = level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)
    return np.stack([tone, tone]).astype(np.float32)


def _noise(seconds: float = 1.0, level: float = 0.1) -> np.ndarray:
    samples = np.random.default_rng(0).standard_normal((2, int(seconds * RATE)), np.float32)
    return samples * np.float32(level)


@pytest.mark.parametrize(("hertz", "gain"), [(125.0, -6.0), (1000.0, 0.0), (8000.0, 6.0)])
def test_the_curve_equaliser_follows_its_points(hertz: float, gain: float) -> None:
    wave = _sine(hertz)
    shaped = curve_equaliser(wave, [(30.0, -6.0), (250.0, -6.0), (1000.0, 0.0), (4000.0, 6.0), (16000.0, 6.0)], RATE)
    middle = slice(RATE // 4, RATE // 2)
    ratio = np.sqrt((shaped[:, middle] ** 2).mean() / (wave[:, middle] ** 2).mean())
    assert abs(20 * np.log10(ratio) - gain) < 0.7


def test_convolution_equals_numpys() -> None:
    wave, impulse = _noise(0.05), _noise(0.01)
    expected = np.stack([np.convolve(w, i)[7 : 7 + wave.shape[-1]] for w, i in zip(wave, impulse, strict=True)])
    assert np.allclose(convolve(wave, impulse, delay=7), expected, atol=1e-4)


def test_saturation_is_linear_for_small_signals_and_bounded_for_large_ones() -> None:
    small = _sine(200.0, level=1e-3)
    assert np.allclose(saturate(small, 12.0, 0.2), small, atol=2e-5)
    assert np.abs(saturate(_sine(200.0, level=100.0), 12.0)).max() <= 1.0 / decibels(12.0) + 1e-6


def test_width_zero_is_mono_and_narrowing_bounds_the_side() -> None:
    wave = _noise()
    mono = width(wave, 0.0)
    assert np.array_equal(mono[0], mono[1])
    narrowed = narrow(wave, 0.25)
    ratio = ((narrowed[0] - narrowed[1]) ** 2).sum() / ((narrowed[0] + narrowed[1]) ** 2).sum()
    assert ratio == pytest.approx(0.25, rel=0.02)


def test_panning_keeps_the_power() -> None:
    wave = _sine(300.0)
    for position in (-1.0, -0.3, 0.0, 0.8):
        assert (pan(wave, position) ** 2).sum() == pytest.approx((wave**2).sum(), rel=1e-4)


def test_echoes_come_at_multiples_of_the_delay() -> None:
    wave = np.zeros((2, RATE), np.float32)
    wave[:, 0] = 1.0
    echoes = np.abs(delay(wave, 0.25, 0.5, RATE)).max(axis=0)
    peaks = [int(np.argmax(echoes[start : start + RATE // 4])) for start in (RATE // 4, RATE // 2)]
    assert max(peaks) < 10
    assert not echoes[: RATE // 4].any()


def test_tape_wobble_bends_the_pitch_but_keeps_the_level() -> None:
    wave = _sine(440.0, 2.0)
    wobbled = tape_wobble(wave, RATE, 1.0, np.random.default_rng(0))
    assert (wobbled**2).mean() == pytest.approx((wave**2).mean(), rel=0.02)
    assert np.abs(wobbled - wave).max() > 0.1


def test_vinyl_is_quiet() -> None:
    noise = vinyl_noise(4 * RATE, RATE, np.random.default_rng(0))
    assert -60.0 < 10 * np.log10((noise**2).mean()) < -40.0


@pytest.mark.parametrize("kind", KINDS)
def test_impulse_responses_have_unit_energy_and_two_sides(kind: str) -> None:
    impulse = impulse_response(kind, RATE, 1)
    assert (impulse**2).sum() / 2 == pytest.approx(1.0, rel=1e-3)
    assert abs(np.corrcoef(impulse)[0, 1]) < 0.5


@pytest.mark.parametrize("kind", ["studio", "plate", "hall"])
def test_a_room_decays_by_sixty_decibels_in_its_time(kind: str) -> None:
    impulse = signal.sosfilt(
        signal.butter(2, (350, 700), "bandpass", fs=RATE, output="sos"), impulse_response(kind, RATE)
    )
    energy = np.cumsum((impulse**2).sum(axis=0)[::-1])[::-1]
    decay = 10 * np.log10(energy / energy[0] + 1e-12)
    first, last = np.argmax(decay < -5.0), np.argmax(decay < -25.0)
    assert 3.0 * (last - first) / RATE == pytest.approx(SPACES[kind].seconds, rel=0.3)


def test_reverberation_is_linear_in_its_sends() -> None:
    one, two = _noise(0.3), _sine(500.0, 0.3)
    both = reverberate([(one, "plate", -6.0), (two, "room", -3.0)], RATE)
    apart = reverberate([(one, "plate", -6.0)], RATE) + reverberate([(two, "room", -3.0)], RATE)
    assert np.allclose(both, apart, atol=1e-4)


def test_an_unknown_reverb_is_refused() -> None:
    with pytest.raises(ValueError, match="choose from"):
        impulse_response("bathroom", RATE)


def test_a_gain_curve_is_read_in_straight_lines() -> None:
    wave = np.ones((2, 40), np.float32)
    assert np.allclose(apply_gain(wave, np.array([0.0, 1.0, 1.0]), 10)[0, :20], np.r_[np.arange(10) / 10, np.ones(10)])


def test_ducking_falls_by_its_depth_and_comes_back() -> None:
    gain = ducking([0.5], RATE, RATE, 12.0, 0.2)
    assert 20 * np.log10(gain.min()) == pytest.approx(-12.0, abs=1.0)
    assert gain[0] == 1.0
    assert gain[-1] == pytest.approx(1.0)


def test_the_compressor_follows_its_ratio() -> None:
    wave = _sine(1000.0, 2.0, 0.5)
    level = 20 * np.log10(np.sqrt((wave**2).mean()))
    squeezed = compress(wave, RATE, level - 12.0, 3.0)[:, RATE:]
    assert 20 * np.log10(np.sqrt((squeezed**2).mean())) == pytest.approx(level - 8.0, abs=0.3)


def test_the_limiter_holds_its_ceiling_and_leaves_quiet_sound_alone() -> None:
    loud = _noise(1.0, 0.6)
    assert np.abs(limit(loud, RATE, -1.0)).max() <= decibels(-1.0) + 1e-6
    quiet = _noise(0.2, 0.05)
    assert np.array_equal(limit(quiet, RATE, -1.0), quiet)


def test_the_true_peak_sees_between_samples() -> None:
    wave = np.sin(2 * np.pi * (RATE / 4) * np.arange(RATE) / RATE + np.pi / 4)
    wave = (wave * np.hanning(RATE)).astype(np.float32)
    assert true_peak_db(np.stack([wave, wave])) == pytest.approx(0.0, abs=0.1)
    assert true_peak_db(np.zeros((2, 100), np.float32)) == float("-inf")


@pytest.mark.parametrize("rate", [16000, 22050, 44100, 48000])
def test_loudness_is_what_pyloudnorm_measures(rate: int) -> None:
    rng = np.random.default_rng(rate)
    swells = np.repeat(rng.uniform(0.0, 0.3, 9), rate // 2)  # loud and quiet parts, so that both gates act
    wave = (rng.standard_normal((2, len(swells))) * swells).astype(np.float32)[:, 77:]
    expected = pyloudnorm.Meter(rate).integrated_loudness(wave.T.astype(np.float64))
    assert integrated_loudness(wave, rate) == pytest.approx(expected, abs=1e-6)


def test_silence_and_what_is_shorter_than_a_block_have_the_least_loudness() -> None:
    assert integrated_loudness(np.zeros((2, RATE), np.float32), RATE) == -70.0
    assert integrated_loudness(_noise(0.39), RATE) == -70.0


def test_filters_in_a_row_are_their_band() -> None:
    wave = _noise(0.5)
    apart = low_pass(high_pass(wave, 180.0, RATE, 1), 3500.0, RATE, 1)
    assert np.array_equal(band_pass(wave, 180.0, 3500.0, RATE), apart)


def test_quick_loudness_agrees_with_the_standard() -> None:
    for wave in (_noise(3.0), _sine(100.0, 3.0), _sine(4000.0, 3.0, 0.2)):
        assert quick_loudness(wave, RATE) == pytest.approx(integrated_loudness(wave, RATE), abs=0.3)


def test_octave_levels_find_the_loudest_band() -> None:
    assert int(np.argmax(octave_levels(_sine(1000.0), RATE))) == 4


@pytest.mark.parametrize("name", sorted(AMPLIFIERS))
def test_an_amplifier_makes_harmonics_but_no_fizz_and_no_dc(name: str) -> None:
    wave = amplify(_sine(196.0), AMPLIFIERS[name], RATE, np.random.default_rng(0))
    spectrum = np.abs(np.fft.rfft(wave[0] * np.hanning(RATE)))
    assert spectrum[392] > 0.002 * spectrum[196]
    assert spectrum[588] > 0.05 * spectrum[196]
    assert (spectrum[9000:] ** 2).sum() < 1e-2 * (spectrum**2).sum()
    assert abs(float(wave.mean())) < 1e-3


def test_a_silent_guitar_stays_silent() -> None:
    silent = np.zeros((2, RATE), np.float32)
    assert not amplify(silent, AMPLIFIERS["amp-lead"], RATE, np.random.default_rng(0)).any()
