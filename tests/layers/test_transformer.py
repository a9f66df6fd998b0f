from __future__ import annotations

import pytest
import torch

from songloom.layers.positions import rotary_tables, rotate
from songloom.layers.transformer import Transformer


def small(key_heads: int = 1) -> Transformer:
    torch.manual_seed(0)
    return Transformer(width=32, depth=2, heads=4, key_heads=key_heads, hidden=48).eval()


def test_rotations_keep_lengths_and_depend_on_distance_alone() -> None:
    x, y = torch.randn(2, 1, 8).unbind(0)
    tables = rotary_tables(torch.arange(20), 8)
    turned = [
        (rotate(x, *(t[i : i + 1] for t in tables)), rotate(y, *(t[j : j + 1] for t in tables)))
        for i, j in ((0, 3), (7, 10), (16, 19))
    ]
    products = torch.stack([(a * b).sum() for a, b in turned])
    assert torch.allclose(products, products[:1].expand(3), atol=1e-5)
    assert torch.allclose(turned[1][0].norm(), x.norm())


def test_a_rotation_is_multiplication_by_a_complex_number() -> None:
    x, (cosines, sines) = torch.randn(5, 6), rotary_tables(torch.arange(5), 6)
    expected = torch.complex(x[:, :3], x[:, 3:]) * torch.complex(cosines, sines)
    assert torch.allclose(rotate(x, cosines, sines), torch.cat([expected.real, expected.imag], -1), atol=1e-6)


@pytest.mark.parametrize("key_heads", [1, 2, 4])
@torch.no_grad()
def test_cached_steps_equal_the_whole_forward(key_heads: int) -> None:
    model, x = small(key_heads), torch.randn(2, 9, 32)
    caches = model.empty_caches(2, 9)
    pieces = [model(x[:, :4], caches), *(model(x[:, i : i + 1], caches) for i in range(4, 9))]
    assert torch.allclose(torch.cat(pieces, 1), model(x), atol=1e-5)


@torch.no_grad()
def test_the_future_does_not_reach_the_past() -> None:
    model, x = small(), torch.randn(1, 6, 32)
    changed = x.clone()
    changed[:, 4:] = 0
    assert torch.allclose(model(x)[:, :4], model(changed)[:, :4], atol=1e-6)


def test_a_full_cache_and_a_late_prefill_are_refused() -> None:
    model = small()
    caches = model.empty_caches(1, 3)
    model(torch.randn(1, 3, 32), caches)
    with pytest.raises(ValueError, match="holds 3"):
        model(torch.randn(1, 1, 32), caches)
    caches = model.empty_caches(1, 8)
    model(torch.randn(1, 3, 32), caches)
    with pytest.raises(ValueError, match="open a cache"):
        model(torch.randn(1, 2, 32), caches)


def test_head_counts_that_do_not_divide_are_refused() -> None:
    with pytest.raises(ValueError, match="divide"):
        Transformer(width=30, depth=1, heads=4, key_heads=2, hidden=8)
