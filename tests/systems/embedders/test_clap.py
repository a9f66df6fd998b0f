"""The CLAP family: what its losses read and hear."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.nn import functional

from songloom.data.batch import Batch
from songloom.metrics.embeddings import EmbedderNetwork
from songloom.systems import registry
from songloom.systems.embedders.clap import Clap, captions

NAMES = ["laion-clap-tiny", "microsoft-clap-tiny", "microsoft-clap-2022-tiny"]


def batch(system: Clap, **changes: Any) -> Batch:
    wave = torch.randn(3, 1, system.window, generator=torch.Generator().manual_seed(0))
    whole = Batch(
        texts=("calm piano", "", ""),
        labels=({}, {"tags": ["drums", "rain"]}, {}),
        ids=("a", "b", "c"),
        start=torch.zeros(3),
        seconds=torch.full((3,), system.window_seconds),
        total=torch.full((3,), system.window_seconds),
        mask=torch.ones(3, system.window, dtype=torch.bool),
        sample_rate=system.sample_rate,
        wave=0.1 * wave,
    )
    return replace(whole, **changes)


def build(name: str, **changes: Any) -> Clap:
    torch.manual_seed(0)
    return replace(registry.presets()[name], **changes).build().eval()  # type: ignore[no-any-return]


def test_clips_without_a_text_are_read_by_a_sentence_of_their_tags() -> None:
    system = build(NAMES[0])
    first, second, third = captions(batch(system))
    assert first == "calm piano" and third == ""
    assert "drums and rain" in second
    found = {captions(batch(system))[1] for _ in range(50)}
    assert len(found) > 2, "the sentence is drawn anew"


@pytest.mark.parametrize("name", NAMES)
def test_the_loss_is_the_cross_entropy_both_ways_of_the_scaled_products(name: str) -> None:
    system = build(name)
    data = batch(system, texts=("calm piano", "metal", "waltz"))
    heard, read = system.embed_window(data.wave), system.embed_text(data.texts)  # type: ignore[arg-type]
    logits = heard @ read.T / 0.07
    right = torch.arange(3)
    expected = (functional.cross_entropy(logits, right) + functional.cross_entropy(logits.T, right)) / 2
    assert torch.allclose(system.losses(data, step=0)["contrast"], expected, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_in_chunks_loss_and_gradients_are_the_same(name: str) -> None:
    whole, parts = build(name), build(name, chunk=2)
    data = batch(whole, texts=("calm piano", "metal", "waltz"))
    for system in (whole, parts):
        system.losses(data, step=0)["contrast"].backward()
    for mine, other in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, other.grad, atol=1e-4, rtol=1e-3)


def test_a_clip_that_ends_before_its_crop_is_filled_by_what_there_is() -> None:
    system = build(NAMES[0])
    data = batch(system)
    assert data.wave is not None
    mask = data.mask.clone()
    mask[1, 3000:] = False
    played = system.played(replace(data, mask=mask))
    assert torch.equal(played[0], data.wave[0, 0])
    assert torch.equal(played[1, :6000], data.wave[1, 0, :3000].repeat(2)) and not played[1, 6000:].any()


def test_a_batch_without_waves_is_refused() -> None:
    system = build(NAMES[0])
    with pytest.raises(ValueError, match="learns from waves"):
        system.losses(batch(system, wave=None), step=0)


@pytest.mark.parametrize(
    ("name", "fusion"),
    [("laion-clap-tiny", "no feature fusion"), ("laion-clap-fused-tiny", "feature fusion: longer music at once")],
)
def test_a_report_says_how_clips_that_are_no_window_are_heard(name: str, fusion: str) -> None:
    network = EmbedderNetwork(build(name), name="clap", checkpoint="630k.pt")
    lines = network.facts.lines()
    assert "checkpoint: 630k.pt" in lines and f"step: {fusion}" in lines
    assert "step: music shorter than a window: repeatpad" in lines


def test_a_space_has_one_width() -> None:
    with pytest.raises(ValueError, match="texts have 16 numbers and music 12"):
        build("laion-clap-tiny", width=12)
