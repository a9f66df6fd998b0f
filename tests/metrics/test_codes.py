"""Entropy, efficiency and usage of codes in cases that can be counted by hand."""

from __future__ import annotations

import pytest
import torch

from songloom.metrics.codes import (
    bitrate_efficiency,
    code_counts,
    coded_bits_per_second,
    entropy,
    perplexity,
    plain_bits_per_second,
    usage,
)


def test_counts_are_those_of_each_stream_over_items_and_frames() -> None:
    codes = torch.tensor([[[0, 0, 1], [3, 3, 3]], [[0, 2, 2], [3, 1, 1]]])
    assert code_counts(codes, 4).tolist() == [[3, 1, 2, 0], [0, 2, 0, 4]]
    assert usage(code_counts(codes, 4)).tolist() == [0.75, 0.5]


def test_even_use_carries_all_bits_and_one_entry_none() -> None:
    counts = torch.stack([torch.full((1024,), 7), torch.nn.functional.one_hot(torch.tensor(5), 1024) * 9])
    assert entropy(counts).tolist() == pytest.approx([10, 0])
    assert perplexity(counts).tolist() == pytest.approx([1024, 1])
    assert bitrate_efficiency(counts) == pytest.approx(0.5)
    assert coded_bits_per_second(counts, 50.0) == pytest.approx(500)


def test_a_half_a_quarter_and_two_eighths_are_one_and_three_quarters_of_a_bit() -> None:
    counts = torch.tensor([[4, 2, 1, 1]])
    assert float(entropy(counts)) == pytest.approx(1.75)
    assert bitrate_efficiency(counts) == pytest.approx(1.75 / 2)


def test_the_plain_rate_of_dac_is_that_of_its_paper() -> None:
    assert plain_bits_per_second(9, 1024, 44_100 / 512) == pytest.approx(7751.95, abs=0.01)
    assert plain_bits_per_second(1, 1000, 50.0) == 500


def test_codes_outside_the_codebook_and_no_codes_are_refused() -> None:
    with pytest.raises(ValueError, match="0 to 3"):
        code_counts(torch.tensor([[[4]]]), 4)
    with pytest.raises(ValueError, match=r"\[B, K, F\]"):
        code_counts(torch.zeros(1, 2, 0, dtype=torch.int64), 4)
