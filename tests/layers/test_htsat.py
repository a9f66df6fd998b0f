from __future__ import annotations

import pytest
import torch
from torch import Tensor

from songloom.layers.htsat import Htsat, HtsatShape
from songloom.layers.swin import WindowAttention, offset_index, shift_mask

SHAPE = HtsatShape(width=4, depths=(2, 1), heads=(1, 2), window=2, patch=2, side=16, bands=4, fused=True, squeeze=2)


def network(shape: HtsatShape = SHAPE) -> Htsat:
    torch.manual_seed(0)
    made = shape.build().eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_(std=0.5)
    return made


def one_by_one(attention: WindowAttention, image: Tensor, side: int, window: int, shift: int) -> Tensor:
    """Attention of each place over those of its window, which is moved by `shift` and ends at the image's edge."""
    width, heads = image.shape[-1], attention.heads
    queries, keys, values = attention.qkv(image).chunk(3, dim=-1)
    mixed = torch.zeros_like(image)

    def window_of(place: int) -> int:
        return (place - shift) // window  # -1 are those that wrap; they stay apart

    for row in range(side):
        for column in range(side):
            near = [
                (y, x)
                for y in range(side)
                for x in range(side)
                if window_of(y) == window_of(row) and window_of(x) == window_of(column)
            ]
            for head in range(heads):
                part = slice(head * width // heads, (head + 1) * width // heads)
                scores = [
                    queries[row, column, part] @ keys[y, x, part] / (width // heads) ** 0.5
                    + attention.offsets[(row - y + window - 1) * (2 * window - 1) + column - x + window - 1, head]
                    for y, x in near
                ]
                weights = torch.stack(scores).softmax(0)
                mixed[row, column, part] = sum(w * values[y, x, part] for w, (y, x) in zip(weights, near, strict=True))
    return attention.out(mixed)


@torch.no_grad()
@pytest.mark.parametrize("shift", [0, 1])
def test_attention_in_shifted_windows_is_that_of_each_place_over_its_own_window(shift: int) -> None:
    torch.manual_seed(0)
    attention = WindowAttention(6, heads=2, window=2, side=6, shift=shift)
    attention.offsets.normal_()
    image = torch.randn(2, 6, 6, 6)
    expected = torch.stack([one_by_one(attention, one, 6, 2, shift) for one in image])
    torch.testing.assert_close(attention(image), expected, atol=1e-5, rtol=1e-5)


def test_offsets_are_numbered_by_rows_and_columns() -> None:
    index = offset_index(3)
    assert index.diagonal().unique().tolist() == [12]  # no offset: the middle of 5 x 5
    assert index[0, 8] == 0 and index[8, 0] == 24


def test_windows_that_are_not_shifted_have_no_mask() -> None:
    assert not shift_mask(8, 4, 0).any()
    assert shift_mask(8, 4, 2)[0].abs().sum() == 0, "the first window lies inside the image"


@torch.no_grad()
def test_the_square_holds_the_bands_of_four_pieces_one_below_the_other() -> None:
    made = network()
    frames = torch.arange(64.0).expand(4, 64) + 100 * torch.arange(4.0)[:, None]
    square = made.squares(frames[None, None])[0, 0]
    for piece in range(4):
        assert torch.equal(square[4 * piece : 4 * piece + 4], frames[:, 16 * piece : 16 * piece + 16])


@torch.no_grad()
def test_pieces_of_a_longer_wave_change_the_vector_and_alone_the_first_picture_is_seen_whole() -> None:
    made, mel = network(), torch.randn(2, 4, 4, 60)
    fused = made.embedding(mel)
    assert fused.shape == (2, made.width) == (2, 8)
    assert (fused - made.embedding(mel[:, 0])).abs().max() > 1e-2
    swapped = made.embedding(mel[:, [0, 2, 1, 3]])
    assert (fused - swapped).abs().max() > 1e-3, "pieces have their places in time"


def test_too_many_frames_and_pieces_without_fusion_are_refused() -> None:
    with pytest.raises(ValueError, match=r"takes \[B, 4, F\] up to F 64, or four such"):
        network().embedding(torch.zeros(1, 4, 65))
    with pytest.raises(ValueError, match=r"takes \[B, 4, F\] up to F 64$"):
        network(HtsatShape(width=4, depths=(1,), heads=(1,), window=2, patch=2, side=16, bands=4)).embedding(
            torch.zeros(1, 4, 4, 60)
        )


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (HtsatShape(bands=60), "60 bands do not make a square of 256"),
        (HtsatShape(window=7), "no whole windows of 7"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(shape: HtsatShape, said: str) -> None:
    with torch.device("meta"), pytest.raises(ValueError, match=said):
        shape.build()
