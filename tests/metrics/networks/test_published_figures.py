"""Published figures: each from its own network, its own rows and its own side."""

from __future__ import annotations

import numpy as np
import pytest

from songloom.metrics.networks.figures import FIGURES, figures_of, frechet_of_frames, kl_generated, kl_reference
from songloom.metrics.networks.sources import SOURCES

RNG = np.random.default_rng(0)


def chances(*counts: int) -> list[np.ndarray]:
    return [RNG.dirichlet(np.ones(4), size=count) for count in counts]


def test_every_figure_has_a_network_that_can_be_opened_and_every_network_a_figure() -> None:
    assert {figure.network for figure in FIGURES} == set(SOURCES)
    assert figures_of("openl3-music")[0].name == "FD_openl3" and not figures_of("loom")


def test_frames_of_all_clips_count_alike_whatever_clip_they_are_of() -> None:
    rows = RNG.normal(size=(40, 3))
    cut, whole = [rows[:5], rows[5:6], rows[6:]], [rows]
    other = [RNG.normal(size=(30, 3)) + 2.0]
    assert frechet_of_frames(cut, other) == pytest.approx(frechet_of_frames(whole, other))
    assert frechet_of_frames(cut, whole) == pytest.approx(0.0, abs=1e-9)


def test_kl_is_the_mean_over_pieces_seen_from_either_side() -> None:
    reference, generated = chances(2, 1), chances(2, 1)
    p, q = np.concatenate(reference), np.concatenate(generated)
    toward_generated = np.mean(
        [sum(a * np.log(a / (b + 1e-6)) for a, b in zip(*rows, strict=True)) for rows in zip(p, q, strict=True)]
    )
    toward_reference = np.mean(
        [sum(b * np.log(b / (a + 1e-6)) for a, b in zip(*rows, strict=True)) for rows in zip(p, q, strict=True)]
    )
    assert kl_reference(reference, generated) == pytest.approx(toward_generated)
    assert kl_generated(reference, generated) == pytest.approx(toward_reference)


def test_the_two_tools_look_from_opposite_sides() -> None:
    sides = {figure.tool: figure.compute for figure in FIGURES if figure.rows == "chances"}
    assert sides["stable-audio-metrics"] is kl_generated and sides["audiocraft"] is kl_reference
    missing = ([np.array([[0.5, 0.5]])], [np.array([[1.0, 0.0]])])  # a class of the reference is not heard
    assert kl_reference(*missing) > 5 > kl_generated(*missing)


def test_clips_and_pieces_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="2 reference and 1 generated clips"):
        kl_generated(chances(1, 1), chances(1))
    with pytest.raises(ValueError, match="clip 2 has 2 pieces in the reference and 1 as generated"):
        kl_generated(chances(1, 2), chances(1, 1))
