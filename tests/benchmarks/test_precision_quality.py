"""What a precision costs is measured step by step, and in float32 that is the loss of the whole."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from songloom.band.composer import draw
from songloom.band.labels import labels
from songloom.conditioning import musical
from songloom.systems import registry
from songloom.systems.generators.loom import Loom
from songloom.systems.generators.musicgen import Musicgen
from songloom.tokens.losses import stream_errors

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from precision_quality import Piece, predicted, row

FRAMES = 12


def piece(system: Loom | Musicgen) -> Piece:
    codes = torch.randint(system.lm.codebook_size, (1, system.lm.streams, FRAMES))
    return Piece("calm harp", labels(draw(5, seconds=8.0)), codes)


@pytest.mark.parametrize("name", ["loom-tiny", "musicgen-tiny"])
@torch.no_grad()
def test_the_cross_entropy_of_steps_is_that_of_the_whole(name: str) -> None:
    torch.manual_seed(0)
    system = registry.presets()[name].build().eval()
    one = piece(system)
    nats, likeliest = predicted(system, one, "float32")
    grid = system.pattern.lay_out(one.codes, system.lm.empty)
    if isinstance(system, Loom):
        known = musical.stack([musical.of_labels(one.labels)])
        total = torch.tensor([FRAMES / system.codec.frame_rate])
        shown = torch.zeros(1, dtype=torch.bool)
        prefix, aligned, *_ = system.conditions([one.text], known, shown, torch.zeros(1), total, FRAMES)
        logits = system.lm(grid, prefix, aligned)
    else:
        logits = system.lm(grid, system.by_attention([one.text]))
    errors = stream_errors(logits, grid, system.pattern, torch.ones(1, FRAMES, dtype=torch.bool))
    assert nats == pytest.approx(float(errors.mean()), rel=1e-4)
    assert len(likeliest) == one.codes.numel()


def test_changes_are_relative_to_float32_with_an_interval_over_pieces() -> None:
    exact = [(2.0, torch.tensor([1, 2])), (4.0, torch.tensor([3, 4]))]
    made = [(2.02, torch.tensor([1, 2])), (4.12, torch.tensor([3, 0]))]
    found = row("int8", made, exact)
    assert found["change"] == pytest.approx(2.0) and found["same"] == pytest.approx(75.0)
    assert found["interval"] == pytest.approx(1.96 * 2**0.5 / 2**0.5)
