"""ViSQOL through its package, where that is installed."""

from __future__ import annotations

import pytest
import torch

from songloom.metrics import visqol as module
from songloom.metrics.visqol import installed, visqol


def music(seconds: float = 4.0) -> torch.Tensor:
    time = torch.arange(round(48_000 * seconds)) / 48_000
    chord = sum((torch.sin(2 * torch.pi * hertz * time) for hertz in (220.0, 277.2, 329.6)), torch.zeros(1))
    return (0.1 * chord * (1 + torch.sin(2 * torch.pi * 3 * time)))[None]


@pytest.mark.skipif(not installed(), reason="needs the package visqol-python")
def test_a_copy_scores_the_most_and_noise_the_least() -> None:
    wave = music()
    assert visqol(wave, wave, 48_000) == pytest.approx(4.732, abs=0.01)
    assert visqol(0.1 * torch.randn_like(wave), wave, 48_000) < 3


def test_without_the_package_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install visqol-python"):
        visqol(music(), music(), 48_000)
