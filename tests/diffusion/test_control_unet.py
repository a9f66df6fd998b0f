"""A ControlNet beside a U-Net: exactly nothing at first, then what its curves say, with words and with a vector."""

from __future__ import annotations

import pytest
import torch

from songloom.conditioning.curve_batch import ALL_ROWS, Curves, unknown
from songloom.conditioning.curves import NAMES
from songloom.diffusion.control_unet import SteeredUnet, UnetControl
from songloom.layers.unet import Unet, UnetShape

FRAMES, ROWS = 10, 6


def network(**changes: object) -> Unet:
    torch.manual_seed(0)
    shape = {"widths": (8, 12), "depth": 2, "attended": (False, True), "attends": (0, 5), "heads": (2, 2), "groups": 4}
    made = Unet(UnetShape(**(shape | changes)), 3).eval().requires_grad_(False)  # type: ignore[arg-type]
    for weight in made.parameters():
        weight.add_(0.1 * torch.randn_like(weight))
    return made


def curves(size: int) -> Curves:
    values = torch.rand(size, ALL_ROWS, FRAMES, generator=torch.Generator().manual_seed(1))
    return Curves(values, torch.ones(size, len(NAMES), FRAMES, dtype=torch.bool))


def words(size: int) -> list[tuple[torch.Tensor, torch.Tensor | None]]:
    return [(torch.randn(size, 4, 5, generator=torch.Generator().manual_seed(2)), None)]


def opened(control: UnetControl) -> UnetControl:
    """With projections that are no longer zero."""
    with torch.no_grad():
        for weight in (*control.out.parameters(), *control.curves.parameters()):
            weight.add_(0.3 * torch.randn_like(weight))
    return control


@pytest.mark.parametrize("depth", [1, 2])
def test_at_step_zero_the_output_is_that_of_the_frozen_network_bit_for_bit(depth: int) -> None:
    base = network(depth=depth)
    steered = SteeredUnet(base, UnetControl(base, ROWS), curves(2))
    x, times = torch.randn(2, 3, FRAMES, ROWS), torch.tensor([100.0, 700.0])
    assert torch.equal(steered(x, times, steered.given(words(2))), base(x, times, base.given(words(2))))


def test_a_vector_of_conditions_is_told_to_both() -> None:
    base = network(attends=(0,), vector=7)
    steered = SteeredUnet(base, opened(UnetControl(base, ROWS)), curves(1))
    x, times = torch.randn(1, 3, FRAMES, ROWS), torch.tensor(100.0)
    one, other = (steered(x, times, steered.given(vector=torch.full((1, 7), value))) for value in (0.0, 1.0))
    assert one.shape == x.shape and not torch.allclose(one, other)


def test_what_is_passed_has_the_widths_that_are_told() -> None:
    base = network(widths=(8, 12, 16), attended=(False, True, False), heads=(2, 2, 2))
    hint = torch.zeros(1, 8, FRAMES, ROWS)
    states = base.states(torch.randn(1, 3, FRAMES, ROWS), torch.tensor(5.0), base.given(words(1)), hint)
    assert [state.shape[1] for state in states] == [*base.passed_widths(), 16]


def test_curves_come_through_open_projections_and_the_frozen_weights_get_no_gradient() -> None:
    base = network()
    control = opened(UnetControl(base, ROWS))
    x, times = torch.randn(1, 3, FRAMES, ROWS), torch.tensor(100.0)
    outs = []
    for one in (curves(1), unknown(1, FRAMES)):
        steered = SteeredUnet(base, control, one)
        outs.append(steered(x, times, steered.given(words(1))))
    assert not torch.allclose(outs[0], outs[1])
    outs[0].sum().backward()
    assert all(weight.grad is None for weight in base.parameters())
    assert all(weight.grad is not None for weight in control.parameters())


def test_the_half_that_guidance_leaves_has_no_curves() -> None:
    base = network()
    control = opened(UnetControl(base, ROWS))
    x, times = torch.randn(2, 3, FRAMES, ROWS), torch.tensor(100.0)
    steered = SteeredUnet(base, control, curves(1))
    both = steered(x, times, steered.given(words(2)))
    for row, one in ((0, curves(1)), (1, unknown(1, FRAMES))):
        alone = SteeredUnet(base, control, one)
        half = [(states[row : row + 1], None) for states, _ in words(2)]
        torch.testing.assert_close(alone(x[row : row + 1], times, alone.given(half)), both[row : row + 1])
