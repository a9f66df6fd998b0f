"""The image networks halve and double both sides and see all places; their values are held to diffusers' elsewhere."""

from __future__ import annotations

import pytest
import torch

from songloom.layers.conv2d import ImageAttention, ImageDecoder, ImageEncoder


@pytest.mark.parametrize("widths", [(4,), (4, 8), (4, 8, 8)])
def test_there_and_back_keeps_the_size(widths: tuple[int, ...]) -> None:
    ratio = 2 ** (len(widths) - 1)
    encoder = ImageEncoder(1, widths, 3, depth=1, groups=2)
    decoder = ImageDecoder(3, widths, 1, depth=1, groups=2)
    latents = encoder(torch.randn(2, 1, 5 * ratio, 2 * ratio))
    assert latents.shape == (2, 3, 5, 2)
    assert decoder(latents).shape == (2, 1, 5 * ratio, 2 * ratio)


def test_attention_mixes_all_places_by_likeness() -> None:
    attention = ImageAttention(4, 2)
    image = torch.randn(1, 4, 3, 2, generator=torch.Generator().manual_seed(0))
    rows = attention.norm(image)[0].flatten(1).t()
    scores = (attention.query(rows) @ attention.key(rows).t() / 4**0.5).softmax(-1)
    expected = attention.leave(scores @ attention.value(rows)).t().reshape(4, 3, 2)
    torch.testing.assert_close(attention(image)[0], image[0] + expected)


def test_groups_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(ValueError, match="3 groups do not divide 4"):
        ImageEncoder(1, (4,), 3, depth=1, groups=3)
