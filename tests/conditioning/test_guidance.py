from __future__ import annotations

import pytest
import torch

from songloom.conditioning.guidance import guide, paired, rescaled


def test_one_is_the_condition_and_zero_its_absence() -> None:
    first, second = torch.randn(2, 3, 4).unbind(0)
    both = paired(first, second)
    assert torch.allclose(guide(both, 1.0), first)
    assert torch.allclose(guide(both, 0.0), second)
    assert torch.allclose(guide(both, 3.0), second + 3 * (first - second), atol=1e-6)


def test_halves_of_different_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="alike"):
        paired(torch.zeros(1, 2), torch.zeros(2, 2))


def test_rescaling_gives_each_item_back_the_deviation_of_its_condition() -> None:
    conditional = torch.randn(3, 4, 50) * torch.tensor([0.5, 1.0, 2.0])[:, None, None]
    guided = conditional * 3 + 0.1
    deviations = conditional.std((1, 2))
    torch.testing.assert_close(rescaled(guided, conditional, 1.0).std((1, 2)), deviations)
    torch.testing.assert_close(rescaled(guided, conditional, 0.5).std((1, 2)), 2 * deviations)
    torch.testing.assert_close(rescaled(guided, conditional, 0.0), guided)
