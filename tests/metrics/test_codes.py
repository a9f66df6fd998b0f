"""Entropy, efficiency and usage of codes in cases that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from songloom.metrics.codes import (
    bitrate_efficiency,
    coded_bits_per_second,
    entropy_bits_per_second,
    perplexity,
    plain_bits_per_second,
    usage_of,
)


def test_usage_is_counted_stream_by_stream_over_pieces_items_and_frames() -> None:
    pieces = [torch.tensor([[[0, 0, 1], [3, 3, 3]], [[0, 2, 2], [3, 1, 1]]]), torch.tensor([[[2], [0]]])]
    assert usage_of(pieces, 4).used == [0.75, 0.75]
    assert usage_of(pieces[:1], 4).used == [0.75, 0.5]


def test_even_use_carries_all_bits_and_one_entry_none() -> None:
    usage = usage_of([torch.stack([torch.arange(1024), torch.full((1024,), 5)])[None]], 1024)
    assert usage.entropy == pytest.approx([10, 0])
    assert perplexity(usage) == pytest.approx([1024, 1])
    assert bitrate_efficiency(usage) == pytest.approx(0.5)
    assert entropy_bits_per_second(usage, 50.0) == pytest.approx(500)


def test_a_half_a_quarter_and_two_eighths_are_one_and_three_quarters_of_a_bit() -> None:
    usage = usage_of([torch.tensor([[[0, 0, 0, 0, 1, 1, 2, 3]]])], 4)
    assert usage.entropy == pytest.approx([1.75])
    assert bitrate_efficiency(usage) == pytest.approx(1.75 / 2)


def test_the_plain_rate_of_dac_is_that_of_its_paper() -> None:
    assert plain_bits_per_second(9, 1024, 44_100 / 512) == pytest.approx(7751.95, abs=0.01)
    assert plain_bits_per_second(1, 1000, 50.0) == 500


def test_codes_that_tell_nothing_cost_little_and_random_ones_all_their_bits() -> None:
    same = np.full((2, 3000), 7)
    assert coded_bits_per_second(same, 1024, 50.0) < 0.05 * plain_bits_per_second(2, 1024, 50.0)
    drawn = np.random.default_rng(0).integers(0, 256, (2, 6000))
    assert coded_bits_per_second(drawn, 256, 50.0) == pytest.approx(2 * 8 * 50.0, rel=0.05)


def test_codes_outside_the_codebook_and_no_codes_are_refused() -> None:
    with pytest.raises(ValueError, match="0 to 3"):
        usage_of([torch.tensor([[[4]]])], 4)
    with pytest.raises(ValueError, match="no codes"):
        usage_of([], 4)
