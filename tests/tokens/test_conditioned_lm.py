from __future__ import annotations

import pytest
import torch
from torch import Tensor

from songloom.conditioning.conditions import Conditions
from songloom.layers.decoder import Decoder
from songloom.tokens.conditioned_lm import ConditionedLM

V, K, D, L = 20, 3, 32, 5


def model(*, cross: bool = True) -> ConditionedLM:
    torch.manual_seed(0)
    decoder = Decoder(width=D, depth=2, heads=4, hidden=48, cross=cross)
    for parameter in decoder.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return ConditionedLM(decoder, streams=K, codebook_size=V, width=D).eval()


def conditions(kind: str, rows: int = 2) -> Conditions:
    vectors = torch.randn(rows, L, D, generator=torch.Generator().manual_seed(1))
    mask = torch.arange(L) < torch.tensor([[L], [2]])
    return {
        "cross": Conditions(cross=vectors),
        "masked": Conditions(cross=vectors, mask=mask[:rows]),
        "prefix": Conditions(prefix=vectors),
        "none": Conditions(),
    }[kind]


def grid(steps: int, rows: int = 2) -> Tensor:
    return torch.randint(V + 1, (rows, K, steps), generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("kind", ["cross", "masked", "prefix", "none"])
@pytest.mark.parametrize("known", [0, 1, 4])
@torch.no_grad()
def test_steps_with_caches_equal_teacher_forcing(kind: str, known: int) -> None:
    lm, codes, given = model(cross=kind in ("cross", "masked")), grid(9), conditions(kind)
    expected = lm(codes, given)
    logits, after = lm.open(codes[..., :known], [given], 9)
    found = [logits, *(after(codes[..., step]) for step in range(known, 8))]
    torch.testing.assert_close(torch.stack(found, 1), expected[:, known:], atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_a_code_depends_on_no_code_of_its_own_step_or_later() -> None:
    lm, codes = model(), grid(9)
    changed = codes.clone()
    changed[..., 4:] = (changed[..., 4:] + 1) % V
    first, second = lm(codes, conditions("cross")), lm(changed, conditions("cross"))
    assert torch.equal(first[:, :5], second[:, :5])
    assert not torch.allclose(first[:, 5:], second[:, 5:])


@torch.no_grad()
def test_what_the_mask_leaves_out_is_as_if_it_were_not_there() -> None:
    lm, codes, given = model(), grid(6), conditions("masked")
    assert given.cross is not None
    alone = lm(codes[1:], Conditions(cross=given.cross[1:, :2]))
    torch.testing.assert_close(lm(codes, given)[1:], alone, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_an_item_without_any_condition_is_as_one_that_attends_to_zeros() -> None:
    lm, codes = model(), grid(6)
    nothing = torch.zeros(2, L, D)
    masked = lm(codes, Conditions(cross=nothing, mask=torch.zeros(2, L, dtype=torch.bool)))
    torch.testing.assert_close(masked, lm(codes, Conditions(cross=nothing)))
    assert bool(masked.isfinite().all())


@torch.no_grad()
def test_conditions_matter_and_order_in_a_prefix_too() -> None:
    codes = grid(6)
    lm, given = model(), conditions("cross")
    assert given.cross is not None
    assert not torch.allclose(lm(codes, given), lm(codes, Conditions(cross=given.cross + 1)))
    flipped = lm(codes, Conditions(cross=given.cross.flip(1)))
    torch.testing.assert_close(lm(codes, given), flipped, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(
        lm(codes, Conditions(prefix=given.cross)), lm(codes, Conditions(prefix=given.cross.flip(1)))
    )


def test_cross_attention_needs_its_layers() -> None:
    with pytest.raises(ValueError, match="only be a prefix"):
        model(cross=False)(grid(3), conditions("cross"))


def test_a_window_that_is_full_says_so() -> None:
    lm = model()
    with torch.no_grad():
        _, after = lm.open(grid(1), [conditions("cross")], 2)
        with pytest.raises(ValueError, match="cache holds 2"):
            after(grid(1)[..., 0])
