"""No step of denoising asks a device for a number or brings it one: a GPU would have to stop for that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from songloom.conditioning.curve_batch import of_controls
from songloom.conditioning.curves import Curve
from songloom.diffusion.latent_diffusion import Predict
from songloom.systems import registry
from songloom.systems.generators.music_controlnet import MusicControlNet
from songloom.systems.latent_generator import LatentGenerator, Stretch
from songloom.systems.request import Request

ASKED = ("_local_scalar_dense", "nonzero", "masked_select", "lift_fresh", "_unique2")
"""What waits for the device (`float(x)`, `x[mask]`) or makes a tensor of Python's numbers."""
FRAMES = 24


class Unasked(TorchDispatchMode):
    """Inside, such operations raise AssertionError."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        assert func.__name__.partition(".")[0] not in ASKED, f"a step calls {func}"
        return func(*args, **(kwargs or {}))


KINDS = (LatentGenerator, MusicControlNet)
TINY = [
    name
    for name, settings in registry.presets().items()
    if name.endswith("-tiny") and issubclass(settings.owner, KINDS)
]


def step(name: str, guidance: float) -> tuple[Predict, Tensor]:
    """The network of a tiny model under a request, and latents for it."""
    torch.manual_seed(0)
    system = registry.presets()[name].build().eval()
    request = Request(prompt="calm piano", seconds=1.0, guidance=guidance)
    if isinstance(system, MusicControlNet):
        level = Curve.of_values("dynamics", [-20.0], 1.0)
        system = system.steered(of_controls({"dynamics": level}, system.codec.frame_rate, FRAMES))
    return system.predict([request], Stretch(0, FRAMES)), torch.randn(1, system.codec.latent_width, FRAMES)


def asking(x: Tensor, time: Tensor) -> Tensor:
    return x * float(time)


def making(x: Tensor, time: Tensor) -> Tensor:
    return x * time + torch.tensor(1.0)


@pytest.mark.parametrize("predict", [asking, making])
def test_what_asks_or_brings_is_found(predict: Callable[[Tensor, Tensor], Tensor]) -> None:
    with pytest.raises(AssertionError, match="a step calls"), Unasked():
        predict(torch.ones(2), torch.ones(()))


@torch.no_grad()
@pytest.mark.parametrize("guidance", [1.0, 3.0])
@pytest.mark.parametrize("name", TINY)
def test_a_step_asks_for_no_number_and_brings_none(name: str, guidance: float) -> None:
    predict, x = step(name, guidance)
    time = torch.tensor(0.5, dtype=torch.float64)
    expected = predict(x, time)
    with Unasked():
        assert torch.equal(predict(x, time), expected)
