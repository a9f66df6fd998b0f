"""What a model is said to need is what its weights take once they are held, counted byte by byte."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from songloom import checkpoint
from songloom.inference import memory
from songloom.layers.matrices import BYTES, Packed, Precision, Product
from songloom.published.load import load
from songloom.systems import registry
from songloom.systems.generators.loom import Loom
from songloom.systems.request import Request
from songloom.systems.roles import Generator
from songloom.tokens import decoding

HELD = sorted(
    preset
    for preset, settings in registry.presets().items()
    if preset.endswith("-tiny")
    and issubclass(owner := registry.system_classes()[settings.kind], Generator)
    and len(owner.precisions) > 1
)


def bytes_of(system: nn.Module, stored: set[str]) -> int:
    """Of parameters, of buffers that a checkpoint stores, of packed matrices and of tensors that are no parameters."""
    named = [*system.named_parameters(), *system.named_buffers()]
    packed = [part.nbytes for part in system.modules() if isinstance(part, Packed)]
    bare = [
        value.nbytes for part in system.modules() for value in vars(part).values() if isinstance(value, torch.Tensor)
    ]
    return sum(packed) + sum(bare) + sum(tensor.nbytes for name, tensor in named if name in stored)


@pytest.mark.parametrize("preset", HELD)
def test_a_model_needs_what_its_weights_take_in_each_precision(
    preset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    system = registry.presets()[preset].build()
    checkpoint.save(system, tmp_path / "model")
    stored, taken = set(system.state_dict()), list[int]()

    def product(weight: torch.Tensor, precision: Precision) -> Product:
        taken.append(BYTES[precision] * weight.numel())
        return known(weight, precision)

    known = decoding.product
    monkeypatch.setattr(decoding, "product", product)  # what is packed anew for each piece
    for precision in type(system).precisions:
        held = load(tmp_path / "model")
        held.hold(precision)
        taken.clear()
        if isinstance(held, Loom):
            held.generate(Request(seconds=0.1))
        assert memory.needed(tmp_path / "model", precision) == pytest.approx(
            bytes_of(held, stored) + sum(taken), rel=0.15
        )
