from __future__ import annotations

import pytest
import torch

from songloom.tokens.sampling import Sampling, sample, uniforms


def test_temperature_zero_takes_the_likeliest() -> None:
    logits = torch.randn(3, 4, 20)
    assert torch.equal(sample(logits, torch.rand(3, 4), Sampling(temperature=0.0)), logits.argmax(-1))


@pytest.mark.parametrize("sampling", [Sampling(top_k=1), Sampling(top_p=0.0), Sampling(temperature=1e-4)])
def test_every_limit_ends_at_the_likeliest(sampling: Sampling) -> None:
    logits = torch.randn(5, 30, generator=torch.Generator().manual_seed(1))
    assert torch.equal(sample(logits, torch.rand(5), sampling), logits.argmax(-1))


def test_frequencies_are_the_probabilities() -> None:
    logits = torch.tensor([0.0, 1.0, 2.0, -1.0])
    drawn = sample(logits.expand(200_000, 4), uniforms(3, 200_000), Sampling(temperature=0.7))
    found = torch.bincount(drawn, minlength=4) / len(drawn)
    assert torch.allclose(found, (logits / 0.7).softmax(0), atol=5e-3)


def test_top_k_and_top_p_draw_only_what_they_keep() -> None:
    logits = torch.tensor([3.0, 2.0, 1.0, 0.0]).expand(5000, 4)
    uniform = torch.linspace(0, 1 - 1e-6, 5000)
    assert set(sample(logits, uniform, Sampling(top_k=3)).tolist()) == {0, 1, 2}
    # The probabilities are .644 .237 .087 .032: .7 needs two of them.
    assert set(sample(logits, uniform, Sampling(top_p=0.7)).tolist()) == {0, 1}


def test_one_seed_gives_one_row_of_numbers() -> None:
    assert torch.equal(uniforms(5, 4, 3), uniforms(5, 4, 3))
    assert not torch.equal(uniforms(5, 4, 3), uniforms(6, 4, 3))


@pytest.mark.parametrize("bad", [{"temperature": -1.0}, {"temperature": float("nan")}, {"top_k": 0}, {"top_p": 1.5}])
def test_settings_out_of_range_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        Sampling(**bad)
