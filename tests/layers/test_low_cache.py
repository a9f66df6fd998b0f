"""Keys and values of few bytes: what is found in them is what exact attention finds, but for their rounding."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
import torch
from torch.nn import functional

from songloom.layers import low_cache
from songloom.layers.attention import KeyValueCache
from songloom.layers.decoder import Decoder
from songloom.layers.low_cache import NUMBERS, LowCache, empty_cache
from songloom.layers.matrices import BYTES, Precision, pack_linears

LOW: list[Precision] = ["bfloat16", "int8"]
STEPS: dict[Precision, float] = {"bfloat16": 2**-7, "int8": 1 / 127}
"""Between neighbouring numbers, beside the largest of a position."""
B, H, S, W = 2, 3, 11, 16


def filled(precision: Precision, opened: int = 4) -> tuple[LowCache, KeyValueCache]:
    """The same keys and values in low precision, the first at once and the others one by one, and in float32."""
    torch.manual_seed(0)
    low, exact = empty_cache((2, B, H, S + 2, W), precision, torch.zeros(1)), KeyValueCache(torch.zeros(2, B, H, S, W))
    assert isinstance(low, LowCache)
    both = torch.randn(2, B, H, S, W)
    both[0, :, :, :, 3] *= 9  # a loud channel, as trained keys have
    exact.append(*both)
    low.append(*both[..., :opened, :])
    for place in range(opened, S):
        low.write(slice(place, place + 1), both[..., place : place + 1, :])
    return low, exact


@pytest.mark.parametrize("precision", LOW)
def test_every_number_is_kept_to_half_a_step(precision: Precision) -> None:
    low, exact = filled(precision)
    most = exact.both.abs().amax(-1, keepdim=True)
    error = (torch.stack(low.seen(S)) - exact.both).abs() / most
    assert 0 < float(error.max()) <= STEPS[precision] / 2 + 1e-6


@pytest.mark.parametrize("precision", LOW)
@pytest.mark.parametrize("way", ["machine code", "tensor operations"])
@torch.inference_mode()
def test_attention_is_the_exact_one_over_the_numbers_as_they_are_kept(
    precision: Precision, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "machine code" and find_spec("numba") is None:
        pytest.skip("numba is not installed")
    monkeypatch.setattr(low_cache, "LONG", 0 if way == "machine code" else S + 3)
    low, _ = filled(precision)
    for end in (1, 5, S):
        queries = 2 * torch.randn(B, H, W)
        expected = functional.scaled_dot_product_attention(queries[:, :, None], *low.seen(end))[:, :, 0]
        torch.testing.assert_close(low.attend(queries, end), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("precision", LOW)
def test_what_opens_a_cache_comes_back_as_it_was_and_later_positions_see_what_is_kept(precision: Precision) -> None:
    cache = empty_cache((2, B, H, S, W), precision, torch.zeros(1))
    keys, values = torch.randn(2, B, H, 4, W)
    first = cache.append(keys, values)
    assert first[0] is keys and first[1] is values
    later = cache.append(keys[:, :, :1], values[:, :, :1])
    assert later[0].shape == (B, H, 5, W) and torch.equal(later[1][:, :, 0], later[1][:, :, 4])
    with pytest.raises(ValueError, match=f"holds {S} positions; {S + 1} are needed"):
        cache.append(*torch.zeros(2, B, H, S - 4, W))


@pytest.mark.parametrize("precision", LOW)
def test_silence_is_kept_as_silence(precision: Precision) -> None:
    cache = empty_cache((2, B, H, S, W), precision, torch.zeros(1))
    cache.append(*torch.zeros(2, B, H, 4, W))
    assert all(bool((part == 0).all()) for part in cache.seen(4))


@pytest.mark.parametrize("precision", ["float32", *LOW])
def test_a_decoders_caches_have_the_bytes_of_its_weights(precision: Precision) -> None:
    decoder = Decoder(width=W * H, depth=2, heads=H, hidden=32)
    pack_linears(decoder, precision)
    for cache in decoder.empty_caches(B, S):
        assert cache.both.shape == (2, B, H, S, W) and cache.both.element_size() == BYTES[precision]
        assert cache.both.dtype == NUMBERS.get(precision, torch.float32)
