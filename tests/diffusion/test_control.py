"""A ControlNet: exactly nothing at first, then what its curves say; the frozen network never changes."""

from __future__ import annotations

import pytest
import torch

from songloom.conditioning.curve_batch import ALL_ROWS, Curves, unknown
from songloom.conditioning.curves import NAMES
from songloom.diffusion.control import SteeredTransformer, TransformerControl
from songloom.layers.dit import Dit, DitShape


def network(timing: str) -> Dit:
    torch.manual_seed(0)
    shape = DitShape(width=32, depth=3, heads=2, hidden=48, context_width=32, timing=timing)  # type: ignore[arg-type]
    made = Dit(shape, channels=6, token_width=5, vector_width=4).eval().requires_grad_(False)
    for weight in made.parameters():  # as if it had been trained: no gate is closed
        weight.add_(0.2 * torch.randn_like(weight))
    return made


def curves(size: int, frames: int) -> Curves:
    values = torch.rand(size, ALL_ROWS, frames, generator=torch.Generator().manual_seed(1))
    return Curves(values, torch.ones(size, len(NAMES), frames, dtype=torch.bool))


def conditions(size: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    return {
        "tokens": torch.randn(size, 3, 5, generator=generator),
        "vector": torch.randn(size, 4, generator=generator),
        "prefix": torch.randn(size, 2, 32, generator=generator),
    }


def opened(control: TransformerControl) -> TransformerControl:
    """With projections that are no longer zero."""
    with torch.no_grad():
        for weight in (*control.out.parameters(), *control.curves.parameters()):
            weight.add_(0.3 * torch.randn_like(weight))
    return control


@pytest.mark.parametrize("timing", ["token", "modulation"])
@pytest.mark.parametrize("patch", [1, 2])
def test_at_step_zero_the_output_is_that_of_the_frozen_network_bit_for_bit(timing: str, patch: int) -> None:
    base = network(timing)
    steered = SteeredTransformer(base, TransformerControl(base, 2, patch), curves(3, 7 * patch))
    x, times = torch.randn(3, 6, 7), torch.tensor([0.1, 0.5, 0.9])
    given = conditions(3)
    assert torch.equal(steered(x, times, steered.given(**given)), base(x, times, base.given(**given)))


@pytest.mark.parametrize("timing", ["token", "modulation"])
def test_a_copy_of_the_whole_is_the_network_itself_up_to_its_end(timing: str) -> None:
    base = network(timing)
    control = TransformerControl(base, 3, 1)
    x, times, given = torch.randn(2, 6, 7), torch.tensor(0.3), base.given(**conditions(2))
    last = control.copy.states(x, times, given)[-1]
    made = base.leave(last[:, -7:]).transpose(1, 2)
    torch.testing.assert_close(made + base.leave_mix(made), base(x, times, given), rtol=0, atol=0)


def test_open_projections_let_curves_through_and_the_frozen_weights_get_no_gradient() -> None:
    base = network("modulation")
    control = opened(TransformerControl(base, 2, 1))
    x, times = torch.randn(1, 6, 7), torch.tensor(0.3)
    asked, other = curves(1, 7), curves(1, 7)
    other.values[0, 3, 6] += 1
    outs = []
    for one in (asked, other):
        steered = SteeredTransformer(base, control, one)
        outs.append(steered(x, times, steered.given(**conditions(1))))
    assert not torch.allclose(outs[0], outs[1])
    outs[0].sum().backward()
    assert all(weight.grad is None for weight in base.parameters())
    assert all(weight.grad is not None for weight in control.parameters())


def test_the_half_that_guidance_leaves_has_no_curves() -> None:
    base = network("token")
    control = opened(TransformerControl(base, 2, 1))
    given, x, times = conditions(2), torch.randn(2, 6, 7), torch.tensor(0.3)
    steered = SteeredTransformer(base, control, curves(1, 7))
    both = steered(x, times, steered.given(**given))
    for row, one in ((0, curves(1, 7)), (1, unknown(1, 7))):
        alone = SteeredTransformer(base, control, one)
        half = {name: part[row : row + 1] for name, part in given.items()}
        torch.testing.assert_close(alone(x[row : row + 1], times, alone.given(**half)), both[row : row + 1])


def test_a_copy_takes_over_the_weights_of_a_network_that_has_learned_since() -> None:
    base = network("token")
    control = TransformerControl(base, 2, 1)
    with torch.no_grad():
        base.enter.weight.add_(1)
    control.begin_as(base)
    assert torch.equal(control.copy.enter.weight, base.enter.weight) and control.copy.enter.weight.requires_grad


@pytest.mark.parametrize("depth", [0, 4])
def test_more_blocks_than_there_are_cannot_be_copied(depth: int) -> None:
    with pytest.raises(ValueError, match=f"{depth} blocks are to be copied; the network has 3"):
        TransformerControl(network("token"), depth, 1)


@torch.no_grad()
def test_blocks_in_bfloat16_as_on_a_gpu_steer_much_the_same() -> None:
    dit = network("modulation")
    control = opened(TransformerControl(dit, 2, 1))
    x, asked = torch.randn(2, 6, 8, generator=torch.Generator().manual_seed(3)), curves(2, 8)
    steered = control.steering(dit, asked)
    assert isinstance(steered, SteeredTransformer)
    exact = steered(x, torch.tensor(0.4), steered.given(**conditions(2)))
    for lowered in (dit, control.copy):
        lowered.blocks.to(torch.bfloat16)
    made = steered(x, torch.tensor(0.4), steered.given(**conditions(2)))
    assert made.dtype == torch.float32 and not torch.equal(made, exact)
    assert float((made - exact).square().mean().sqrt()) < 0.03 * float(exact.square().mean().sqrt())
