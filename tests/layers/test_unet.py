from __future__ import annotations

import pytest
import torch
from torch import Tensor

from songloom.layers.gpt2 import Gpt2, Gpt2Shape
from songloom.layers.unet import Unet, UnetGiven, UnetShape
from songloom.layers.unet_blocks import Attention

SHAPE = UnetShape(
    widths=(8, 16, 16), depth=1, attended=(False, True, True), attends=(0, 5, 7), heads=(2, 2, 4), groups=4
)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


def given(unet: Unet, items: int = 2) -> UnetGiven:
    vector = torch.randn(items, unet.shape.vector) if unet.shape.vector else None
    return unet.given([(torch.randn(items, 3, width), None) for width in unet.shape.sequences], vector)


@pytest.mark.parametrize("size", [(8, 4), (7, 5), (1, 1), (30, 3)])
def test_images_of_any_size_keep_it(size: tuple[int, int]) -> None:
    unet = Unet(SHAPE, 3)
    assert unet(torch.randn(2, 3, *size), torch.tensor(5.0), given(unet)).shape == (2, 3, *size)


@torch.no_grad()
@pytest.mark.parametrize("frames", [16, 11])
def test_a_u_net_of_one_axis_is_that_of_images_which_are_one_band_wide(frames: int) -> None:
    image = Unet(UnetShape(**(shape := vars(SHAPE) | {"vector": 6})), 3)
    sequence = Unet(UnetShape(**(shape | {"axes": 1})), 3)
    flat = sequence.state_dict()
    for name, tensor in image.state_dict().items():  # beside the one band there is nothing but padding
        flat[name].copy_(tensor[..., tensor.shape[-1] // 2] if tensor.ndim == 4 else tensor)
    x, time, conditions = torch.randn(2, 3, frames), torch.tensor([3.0, 800.0]), given(image)
    torch.testing.assert_close(sequence(x, time, conditions), image(x[..., None], time, conditions)[..., 0])


@torch.no_grad()
def test_attention_is_the_mean_of_values_by_their_scores() -> None:
    attention = Attention(4, 2, 3)
    x, context, mask = torch.randn(1, 5, 4), torch.randn(1, 6, 3), torch.arange(6)[None] < 4
    keys, values = attention.to_keys_values(context[:, :4]).chunk(2, dim=-1)
    queries, heads = attention.to_queries(x), []
    for head in (slice(0, 2), slice(2, 4)):
        scores = queries[..., head] @ keys[..., head].mT / 2**0.5
        heads.append(scores.softmax(-1) @ values[..., head])
    expected = attention.to_out(torch.cat(heads, -1))
    torch.testing.assert_close(attention(x, (attention.remember(context, mask),)), expected)


@torch.no_grad()
def test_what_lies_beyond_the_mask_does_not_matter() -> None:
    unet = Unet(SHAPE, 3)
    x, time = torch.randn(2, 3, 8, 4), torch.tensor(9.0)
    first, second, mask = torch.randn(2, 4, 5), torch.randn(2, 6, 7), torch.arange(6).expand(2, 6) < 4
    other = second.masked_fill(~mask[..., None], 50.0)
    made = [unet(x, time, unet.given([(first, None), (states, mask)])) for states in (second, other)]
    assert torch.equal(*made)
    assert not torch.allclose(made[0], unet(x, time, unet.given([(first, None), (other, None)])))


@torch.no_grad()
@pytest.mark.parametrize("changed", ["time", "vector", "first", "second"])
def test_every_condition_is_heard(changed: str) -> None:
    unet = Unet(UnetShape(**(vars(SHAPE) | {"vector": 6})), 3)
    x = torch.randn(1, 3, 8, 4)
    told = {"time": torch.tensor(9.0), "vector": torch.randn(1, 6), "first": torch.randn(1, 4, 5)}
    told["second"] = torch.randn(1, 2, 7)

    def made(parts: dict[str, Tensor]) -> Tensor:
        return unet(x, parts["time"], unet.given([(parts["first"], None), (parts["second"], None)], parts["vector"]))

    assert not torch.allclose(made(told), made(told | {changed: told[changed] + 3}), atol=1e-4)


def test_conditions_that_it_was_not_made_for_are_refused() -> None:
    unet = Unet(SHAPE, 3)
    with pytest.raises(ValueError, match=r"widths \(5,\); this U-Net takes \(5, 7\) and no vector"):
        unet.given([(torch.zeros(1, 2, 5), None)])
    with pytest.raises(ValueError, match="no vector"):
        unet.given([(torch.zeros(1, 2, 5), None), (torch.zeros(1, 2, 7), None)], torch.zeros(1, 6))
    with pytest.raises(ValueError, match="3 widths, 2 attended, 3 heads"):
        UnetShape(**(vars(SHAPE) | {"attended": (True, False)}))
    with pytest.raises(ValueError, match="3 heads do not divide a width of 16"):
        Unet(UnetShape(**(vars(SHAPE) | {"heads": (2, 3, 2)})), 3)


@torch.no_grad()
def test_a_language_model_goes_on_as_if_it_began_anew_each_time() -> None:
    model = Gpt2(Gpt2Shape(width=12, depth=2, heads=3, hidden=20, positions=16))
    x, mask = torch.randn(2, 5, 12), torch.tensor([[True] * 5, [True, True, False, False, True]])
    made = model.continued(x, mask, 4)
    for _ in range(4):
        x = torch.cat([x, model(x, mask).states[:, -1:]], dim=1)
        mask = torch.cat([mask, torch.ones(2, 1, dtype=torch.bool)], dim=1)
    torch.testing.assert_close(made, x[:, 5:])


@torch.no_grad()
def test_a_state_depends_on_what_came_before_alone() -> None:
    model = Gpt2(Gpt2Shape(width=12, depth=2, heads=3, hidden=20, positions=8))
    x, mask = torch.randn(1, 6, 12), torch.ones(1, 6, dtype=torch.bool)
    changed = x.clone()
    changed[:, 4:] *= -1
    first, second = model(x, mask).states, model(changed, mask).states
    assert torch.equal(first[:, :4], second[:, :4]) and not torch.allclose(first[:, 4:], second[:, 4:])


def test_more_vectors_than_positions_are_refused() -> None:
    model = Gpt2(Gpt2Shape(width=12, depth=1, heads=3, hidden=20, positions=8))
    with pytest.raises(ValueError, match="9 vectors; this language model has 8 positions"):
        model.continued(torch.zeros(1, 6, 12), torch.ones(1, 6, dtype=torch.bool), 4)
