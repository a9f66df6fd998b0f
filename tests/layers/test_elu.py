"""ELU by a power of two is ELU."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from songloom.layers import elu as elu_module
from songloom.layers.elu import elu


@pytest.mark.parametrize("at_once", [1, 100, 1 << 18])
def test_elu_is_torchs_but_for_rounding_next_to_one(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elu_module, "AT_ONCE", at_once)
    ends = torch.tensor([0.0, -1e-7, 1e-7, -100, 100, -1e30, 1e30]).expand(2, 5, 7)
    rows = torch.cat([4 * torch.randn(2, 5, 50, generator=torch.Generator().manual_seed(0)), ends], 2)
    with torch.no_grad():
        into = torch.empty_like(rows)
        assert elu(rows, out=into) is into
        over = rows.clone()
        for made in (into, elu(rows), elu(over, out=over)):
            torch.testing.assert_close(made, functional.elu(rows), atol=1.3e-7, rtol=0)


def test_elu_passes_on_what_is_no_number() -> None:
    with torch.no_grad():
        assert elu(torch.full((1, 2, 3), torch.nan)).isnan().all()


def test_elu_has_torchs_gradients() -> None:
    rows = torch.linspace(-3, 3, 30).reshape(1, 10, 3).requires_grad_()
    ours, theirs = (torch.autograd.grad(kind(rows).sum(), rows)[0] for kind in (elu, functional.elu))
    torch.testing.assert_close(ours, theirs)
