"""Properties that hold for every bottleneck with codes, on random shapes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from songloom.bottlenecks.bottleneck import Bottleneck, BottleneckSettings
from songloom.bottlenecks.clusters import KMeansTokenizer
from songloom.bottlenecks.grouped import GroupedQuantizer
from songloom.bottlenecks.lookup_free import LookupFreeQuantizer
from songloom.bottlenecks.random_projection import RandomProjectionQuantizer
from songloom.bottlenecks.residual import ResidualQuantizer
from songloom.bottlenecks.scalar import FiniteScalarQuantizer
from songloom.bottlenecks.vector import VectorQuantizer
from songloom.config import from_json, to_json

WIDTH = 6
VECTOR = VectorQuantizer.Config(codebook_size=64, width=3)
FACTORISED = ResidualQuantizer.Config(
    streams=3, codebook_size=16, width=WIDTH, projection=2, cosine=True, learn="gradient", orthogonal=True
)
DECODED: dict[str, BottleneckSettings] = {
    "vector": VectorQuantizer.Config(codebook_size=40, width=WIDTH),
    "vector by angle": VectorQuantizer.Config(codebook_size=64, width=WIDTH, cosine=True),
    "residual": ResidualQuantizer.Config(streams=3, codebook_size=32, width=WIDTH),
    "factorised": FACTORISED,
    "grouped": GroupedQuantizer.Config(groups=2, inner=VECTOR, width=WIDTH),
    "heads": GroupedQuantizer.Config(groups=4, inner=VECTOR, width=WIDTH, shared=True),
    "finite scalar": FiniteScalarQuantizer.Config(levels=(5, 4, 3), width=WIDTH),
    "lookup-free": LookupFreeQuantizer.Config(bits=4, width=WIDTH),
    "k-means": KMeansTokenizer.Config(codebook_size=12, width=WIDTH, rounds=4),
}
EVERY = DECODED | {
    "random projection": RandomProjectionQuantizer.Config(streams=2, codebook_size=16, width=WIDTH, projection=3)
}
TRAINED = [name for name in EVERY if name not in {"k-means", "random projection"}]


def built(name: str) -> Bottleneck:
    torch.manual_seed(0)
    bottleneck = EVERY[name].build()
    if isinstance(bottleneck, KMeansTokenizer):
        bottleneck.start(torch.randn(200, WIDTH))
    return bottleneck.eval()


@pytest.mark.parametrize("name", EVERY)
@settings(max_examples=15, deadline=None)
@given(items=st.integers(1, 3), frames=st.integers(0, 40), seed=st.integers(0, 2**31))
def test_codes_have_their_shape_and_range_and_no_item_or_frame_sees_another(
    name: str, items: int, frames: int, seed: int
) -> None:
    bottleneck = built(name)
    latents = 2 * torch.randn(items, WIDTH, frames, generator=torch.Generator().manual_seed(seed))
    codes = bottleneck.quantize(latents)
    assert codes.shape == (items, bottleneck.streams, frames) and codes.dtype == torch.int64
    assert not codes.numel() or 0 <= int(codes.min()) <= int(codes.max()) < bottleneck.codebook_size
    assert torch.equal(bottleneck.quantize(latents.flip(0, 2)), codes.flip(0, 2))
    for count in range(1, bottleneck.streams + 1):
        assert torch.equal(bottleneck.quantize(latents, streams=count), codes[:, :count])


@pytest.mark.parametrize("name", DECODED)
@settings(max_examples=15, deadline=None)
@given(items=st.integers(1, 4), frames=st.integers(1, 20), seed=st.integers(0, 2**31))
def test_the_pass_shows_what_the_codes_of_each_item_decode_to(name: str, items: int, frames: int, seed: int) -> None:
    bottleneck, generator = built(name), torch.Generator().manual_seed(seed)
    latents = torch.randn(items, WIDTH, frames, generator=generator)
    streams = torch.randint(bottleneck.streams + 1, (items,), generator=generator)
    passed = bottleneck(latents, streams=streams)
    assert torch.equal(passed.codes, bottleneck.quantize(latents))
    for item, count in enumerate(streams.tolist()):
        shown = bottleneck.dequantize(passed.codes[item : item + 1, :count]) if count else latents[item : item + 1]
        torch.testing.assert_close(passed.latents[item : item + 1], shown, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", ["vector", "k-means", "lookup-free 4", "finite scalar 6"])
def test_what_a_code_decodes_to_has_that_code(name: str) -> None:
    own_width = {
        "lookup-free 4": LookupFreeQuantizer.Config(bits=4, width=4),
        "finite scalar 6": FiniteScalarQuantizer.Config(levels=(3,) * 6, width=6),
    }
    bottleneck = own_width[name].build() if name in own_width else built(name)
    codes = torch.arange(bottleneck.codebook_size)[None, None]
    latents = bottleneck.dequantize(codes)
    scale = 2.0 if name == "finite scalar 6" else 1.0  # tanh never reaches the outermost levels' own values
    assert torch.equal(bottleneck.quantize(scale * latents), codes)


@pytest.mark.parametrize("name", TRAINED)
def test_gradients_reach_the_latents_and_every_weight(name: str) -> None:
    bottleneck = built(name).train()
    latents = torch.randn(2, WIDTH, 30, requires_grad=True)
    passed = bottleneck(latents)
    target = torch.randn(2, WIDTH, 30)
    ((passed.latents - target).square().mean() + sum(passed.losses.values())).backward()
    assert latents.grad is not None and (latents.grad.abs().sum(1) > 0).all()
    for weight_name, weight in bottleneck.named_parameters():
        assert weight.grad is not None and weight.grad.abs().sum() > 0, weight_name


@pytest.mark.parametrize("name", TRAINED)
def test_reports_are_named_for_each_stream(name: str) -> None:
    bottleneck = built(name)
    passed = bottleneck(torch.randn(2, WIDTH, 30))
    for stream in range(1, bottleneck.streams + 1):
        assert 1 <= float(passed.reports[f"perplexity_{stream}"]) <= bottleneck.codebook_size + 1e-3
        used = len(passed.codes[:, stream - 1].unique()) / bottleneck.codebook_size
        assert float(passed.reports[f"usage_{stream}"]) == pytest.approx(used)


@pytest.mark.parametrize("name", EVERY)
def test_settings_survive_json(name: str) -> None:
    assert from_json(to_json(EVERY[name])) == EVERY[name]


@pytest.mark.parametrize("name", EVERY)
def test_weights_carry_everything(name: str) -> None:
    first, second = built(name), EVERY[name].build().eval()
    second.load_state_dict(first.state_dict())
    latents = torch.randn(2, WIDTH, 30)
    assert torch.equal(first.quantize(latents), second.quantize(latents))


@pytest.mark.parametrize("name", DECODED)
def test_half_precision_stays_half_and_finds_nearly_the_same(name: str) -> None:
    full, half = built(name), built(name).bfloat16()
    latents = torch.randn(2, WIDTH, 200)
    codes = half.quantize(latents.bfloat16())
    # Later streams and small codebooks differ where the first do, so only the first stream is compared.
    assert float((codes[:, 0] == full.quantize(latents)[:, 0]).float().mean()) > 0.9
    assert half.dequantize(codes).dtype == half(latents.bfloat16()).latents.dtype == torch.bfloat16


@pytest.mark.parametrize("name", DECODED)
def test_autocast_trains(name: str) -> None:
    bottleneck = built(name).train()
    latents = torch.randn(2, WIDTH, 30, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        passed = bottleneck(latents.bfloat16())
        (passed.latents.float().square().mean() + sum(passed.losses.values())).backward()
    assert latents.grad is not None and latents.grad.isfinite().all()


@pytest.mark.parametrize("name", DECODED)
def test_wrong_shapes_and_codes_are_refused(name: str) -> None:
    bottleneck = built(name)
    for wrong in (torch.randn(2, WIDTH + 1, 5), torch.randn(WIDTH, 5)):
        with pytest.raises(ValueError, match="latents are"):
            bottleneck.quantize(wrong)
        with pytest.raises(ValueError, match="latents are"):
            bottleneck(wrong)
    for count in (0, bottleneck.streams + 1):
        with pytest.raises(ValueError, match="streams is"):
            bottleneck.quantize(torch.randn(1, WIDTH, 5), streams=count)
        with pytest.raises(ValueError, match="codes are"):
            bottleneck.dequantize(torch.zeros(1, count, 5).long())
    for code in (-1, bottleneck.codebook_size):
        with pytest.raises(ValueError, match="codes run"):
            bottleneck.dequantize(torch.full((1, 1, 5), code))
