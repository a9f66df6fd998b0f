"""Curves: what they hold, where they come from, and how they lie on a model's frames."""

from __future__ import annotations

import math

import pytest
import torch

from songloom.audio.clip import Audio
from songloom.conditioning.curve_errors import beats_of, control_errors, curve_error, f_measure
from songloom.conditioning.curves import RATE, Curve, beats_curve, on_grid


def level(values: list[float], known: list[bool] | None = None) -> Curve:
    return Curve("dynamics", torch.tensor([values]), None if known is None else torch.tensor(known))


def test_a_function_is_drawn_at_the_middles_of_frames() -> None:
    curve = Curve.drawn("dynamics", lambda seconds: -40 + 4 * seconds, 5.0)
    assert curve.frames == 250 and curve.seconds == 5.0
    torch.testing.assert_close(curve.values[0], -40 + 4 * (torch.arange(250) + 0.5) / RATE)
    part = Curve.drawn("melody", lambda seconds: None if seconds < 1 else "-" if seconds < 2 else "A4", 3.0)
    assert part.mask.tolist() == [False] * 50 + [True] * 100
    assert not bool(part.values[:, 50:100].any()) and bool((part.values[9, 100:] == 1).all())


@pytest.mark.parametrize("rate", [10.0, 31.25, 86.1])
def test_lines_stay_lines_at_any_rate_and_nothing_is_known_beyond_the_end(rate: float) -> None:
    curve = Curve.drawn("dynamics", lambda seconds: -50 + 10 * seconds, 2.0)
    frames = math.ceil(3 * rate)
    values, known = curve.on(rate, frames)
    middles = (torch.arange(frames) + 0.5) / rate
    assert known.tolist() == (middles < 2.0).tolist()
    inner = (middles > 0.02) & (middles < 1.98)
    torch.testing.assert_close(values[0, inner], -50 + 10 * middles[inner], atol=1e-3, rtol=0)
    assert not bool(values[:, ~known].any())


def test_no_line_is_drawn_from_a_value_that_is_unknown() -> None:
    curve = level([0.0, 0.0, -20.0, -20.0, 0.0], [False, False, True, True, False])
    values, known = curve.on(100.0, 10)
    assert known.tolist() == [False] * 4 + [True] * 4 + [False] * 2
    assert values[0, 4:8].tolist() == [-20.0] * 4


def test_melodies_are_never_mixed() -> None:
    curve = Curve.of_values("melody", ["C", "C", "E", "E"], 4.0)
    values, _ = curve.on(86.1, 86)
    assert set(values.unique().tolist()) == {0.0, 1.0} and bool((values.sum(0) == 1).all())
    assert int(values[0].sum()) == 43


def test_a_recording_gives_its_own_curves_which_it_follows_without_error() -> None:
    time = torch.arange(64_000) / 16_000
    beat = torch.exp(-12 * (time % 0.5))
    wave = (0.3 * beat * torch.sin(2 * math.pi * 440 * time))[None]
    audio = Audio(wave, 16_000)
    curves = {name: Curve.of_audio(name, audio) for name in ("melody", "dynamics", "rhythm")}  # type: ignore[arg-type]
    assert {name: curve.frames for name, curve in curves.items()} == dict.fromkeys(curves, 200)
    assert control_errors(curves, audio) == {"melody": 0.0, "dynamics": 0.0, "rhythm": 0.0}  # type: ignore[arg-type]
    higher = Audio((0.3 * beat * torch.sin(2 * math.pi * 466.16 * time))[None], 16_000)
    assert control_errors({"melody": curves["melody"]}, higher)["melody"] > 0.9


def test_the_error_of_levels_forgives_a_gain_and_counts_decibels() -> None:
    asked = level([-30.0, -20.0, -30.0, -20.0])
    assert curve_error(asked, level([-20.0, -10.0, -20.0, -10.0])) == 0
    assert curve_error(asked, level([-30.0, -30.0, -30.0, -30.0])) == pytest.approx(5.0)
    known = level([-30.0, -20.0, -30.0, -20.0], [True, True, False, False])
    assert curve_error(known, level([-30.0, -20.0, 0.0, 0.0])) == 0


def test_an_error_counts_only_where_something_is_asked() -> None:
    asked = Curve.of_values("melody", ["C", "C", None, None], 2.0)
    assert curve_error(asked, Curve.of_values("melody", ["C", "D", "E", "E"], 2.0)) == 0.5
    short = Curve.of_values("melody", ["C"], 2.0)
    assert curve_error(asked, short) == 0.5  # the second half is asked for, and not there


def test_beats_are_found_where_they_were_drawn_also_at_other_rates() -> None:
    beats = [0.3, 0.81, 1.333, 1.9]
    drawn = beats_curve(beats, beats[:1], 120)
    assert beats_of(drawn[0]) == pytest.approx(beats, abs=0.005)
    assert beats_of(drawn[1]) == pytest.approx(beats[:1], abs=0.005)
    slow, _ = on_grid("rhythm", drawn, torch.ones(120, dtype=torch.bool), RATE, 31.25, 75)
    back, _ = on_grid("rhythm", slow, torch.ones(75, dtype=torch.bool), 31.25, RATE, 120)
    assert beats_of(back[0]) == pytest.approx(beats, abs=0.02)


def test_the_f_measure_is_that_of_mir_eval() -> None:
    mir_eval = pytest.importorskip("mir_eval")
    import numpy as np

    generator = np.random.default_rng(0)
    for _ in range(20):
        wanted = np.sort(generator.uniform(0, 10, 12))
        wanted = wanted[np.insert(np.diff(wanted) > 0.15, 0, True)]
        found = np.sort(wanted + generator.normal(0, 0.06, len(wanted)))[generator.random(len(wanted)) < 0.8]
        theirs = mir_eval.beat.f_measure(wanted, found, 0.07)
        assert f_measure(wanted.tolist(), found.tolist()) == pytest.approx(theirs)
    assert f_measure([], []) == 1 and f_measure([1.0], []) == 0


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Curve("melody", torch.zeros(11, 5)), r"melody is \(11, 5\); needs \[12, F\]"),
        (lambda: Curve("loudness", torch.zeros(1, 5)), "no control 'loudness'; there are: melody"),
        (lambda: level([-20.0, math.nan]), "not numbers"),
        (lambda: level([-20.0, math.inf]), "not numbers"),
        (lambda: level([-20.0, 5.0]), "from -20 to 5; needs -80 to 0"),
        (lambda: Curve("rhythm", torch.zeros(2, 0)), "rhythm is empty"),
        (lambda: level([-20.0], [False]), "dynamics is empty"),
        (lambda: level([-20.0], [True, True]), r"known at \(2,\)"),
        (lambda: Curve.of_values("melody", []), "melody has 0 values"),
        (lambda: Curve.of_values("melody", ["H"]), "note 'H' is not known"),
        (lambda: Curve.of_values("melody", [1.5]), "melody cannot be 1.5"),
        (lambda: Curve.of_values("rhythm", [[1, 0, 0]]), "rhythm cannot be"),
        (lambda: Curve.of_values("dynamics", ["loud"]), "dynamics cannot be 'loud'"),
        (lambda: Curve.of_values("dynamics", [-20.0], 0.0), "at a rate above 0"),
        (lambda: Curve.of_audio("melody", Audio(torch.full((1, 9000), math.nan), 16_000)), "not numbers"),
    ],
)
def test_what_is_no_curve_is_refused(make: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()  # type: ignore[operator]


def test_unknown_values_may_be_anything() -> None:
    assert float(level([math.nan, -20.0], [False, True]).on(RATE, 2)[0][0, 1]) == -20.0
