"""LoRA: what a frozen linear layer learns beside its weights, as the product of two narrow matrices.

Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models" (arXiv 2106.09685), section 4.1: the layer gives
W x + (alpha / rank) B A x. A begins random and B at 0, so that a model begins as it was. Merged, the layer is an
ordinary one again, with the weights W + strength (alpha / rank) B A; several simply add up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase

import torch
from torch import Tensor, nn
from torch.nn import functional

DOWN, UP = "down", "up"


@dataclass(frozen=True, kw_only=True)
class Lora:
    """`rank` of the product (a layer narrower than that has its own width), `alpha` its weight (None: the rank, so
    that the product counts as it is), and `layers`, a pattern of the names of linear layers, as `*.attention.*`."""

    rank: int = 16
    alpha: float | None = None
    layers: str = "*"

    @property
    def scale(self) -> float:
        """What the product is multiplied by."""
        return 1.0 if self.alpha is None else self.alpha / self.rank


class LoraLinear(nn.Linear):
    """A linear layer whose own weights are frozen, with A (`down`) [rank, inputs] and B (`up`) [outputs, rank]."""

    def __init__(self, layer: nn.Linear, rank: int, scale: float) -> None:
        super().__init__(layer.in_features, layer.out_features, layer.bias is not None, device="meta")
        self.weight, self.bias = layer.weight, layer.bias
        self.scale, self.merged = scale, False
        self.down = nn.Parameter(self.weight.new_empty(rank, layer.in_features))
        self.up = nn.Parameter(self.weight.new_zeros(layer.out_features, rank))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, input: Tensor) -> Tensor:
        """[..., inputs] -> [..., outputs]."""
        own = super().forward(input)
        if self.merged:
            return own
        return own + self.scale * functional.linear(functional.linear(input, self.down), self.up)


def linear_layers(module: nn.Module, pattern: str = "*", without: Iterable[str] = ()) -> dict[str, nn.Linear]:
    """The plain linear layers by name that fit `pattern`, none of the submodules named in `without`."""
    others = tuple(f"{name}." for name in without)
    return {
        name: layer
        for name, layer in module.named_modules()
        if type(layer) is nn.Linear and fnmatchcase(name, pattern) and not name.startswith(others)
    }


def attach(module: nn.Module, settings: Lora, without: Iterable[str] = ()) -> dict[str, LoraLinear]:
    """Freezes all weights and gives the layers that the settings name something to learn; returns these by name.
    Raises ValueError for a pattern that fits none, and for a rank that no layer has."""
    layers = linear_layers(module, settings.layers, without)
    if not layers:
        names = ", ".join(list(linear_layers(module, without=without))[:4])
        raise ValueError(f"no linear layer is named {settings.layers!r}; there are {names or 'none'}, ...")
    most = max(min(layer.weight.shape) for layer in layers.values())
    if not 1 <= settings.rank <= most:
        raise ValueError(f"the rank is {settings.rank}; for these layers it must be from 1 to {most}")
    if not math.isfinite(settings.scale):
        raise ValueError(f"alpha must be a finite number, not {settings.alpha}")
    module.requires_grad_(False)
    adapted = {
        name: LoraLinear(layer, min(settings.rank, *layer.weight.shape), settings.scale)
        for name, layer in layers.items()
    }
    for name, layer in adapted.items():
        module.set_submodule(name, layer)
    return adapted


def adapted_layers(module: nn.Module, without: Iterable[str] = ()) -> dict[str, LoraLinear]:
    """The layers that `attach` made, by name, those of some submodules (copies of the others) left out."""
    others = tuple(f"{name}." for name in without)
    every = module.named_modules()
    return {name: layer for name, layer in every if isinstance(layer, LoraLinear) and not name.startswith(others)}


def factors(module: nn.Module, without: Iterable[str] = ()) -> dict[str, Tensor]:
    """What was learned: `<layer>.down` [rank, inputs] and `<layer>.up` [outputs, rank] of every adapted layer."""
    layers = adapted_layers(module, without).items()
    return {f"{name}.{part}": getattr(layer, part).detach() for name, layer in layers for part in (DOWN, UP)}


@torch.no_grad()
def merge(module: nn.Module, learned: Mapping[str, Tensor], strength: float) -> None:
    """Adds `strength` times the products of `learned`, named as `factors` names them, to the weights of plain layers.
    At strength 0 not a bit changes. Raises ValueError, before anything changes, where a layer is missing or of another
    shape."""
    pairs, weights = _pairs(learned), dict(module.named_parameters())
    for name, (down, up) in pairs.items():
        weight = weights.get(f"{name}.weight")
        if weight is None or weight.shape != (len(up), down.shape[-1]):
            shape = "missing" if weight is None else tuple(weight.shape)
            raise ValueError(f"the layer {name} is {shape}; the LoRA is for ({len(up)}, {down.shape[-1]})")
    if strength == 0:
        return
    for name, (down, up) in pairs.items():
        weight = weights[f"{name}.weight"]
        weight.add_(strength * (up.to(weight) @ down.to(weight)))


@contextmanager
def merged(module: nn.Module) -> Iterator[None]:
    """Inside, adapted layers have what they learned in their weights, for code that reads these past the layer;
    afterwards they are, to the bit, as they were."""
    layers = list(adapted_layers(module).values())
    own = [layer.weight.data for layer in layers]
    for layer in layers:
        layer.weight.data = layer.weight.data + layer.scale * (layer.up.data @ layer.down.data)
        layer.merged = True
    try:
        yield
    finally:
        for layer, weight in zip(layers, own, strict=True):
            layer.weight.data = weight
            layer.merged = False


def _pairs(learned: Mapping[str, Tensor]) -> dict[str, tuple[Tensor, Tensor]]:
    """A and B by layer. Raises ValueError for names or shapes that are no such pairs."""
    names = {name.rpartition(".")[0] for name in learned}
    expected = {f"{name}.{part}" for name in names for part in (DOWN, UP)}
    if not learned or expected != learned.keys():
        raise ValueError(f"a LoRA has pairs NAME.{DOWN} and NAME.{UP} of matrices, and at least one")
    pairs = {name: (learned[f"{name}.{DOWN}"], learned[f"{name}.{UP}"]) for name in sorted(names)}
    for name, (down, up) in pairs.items():
        if down.ndim != 2 or up.ndim != 2 or down.shape[0] != up.shape[1]:
            raise ValueError(f"the LoRA of {name} is {tuple(up.shape)} times {tuple(down.shape)}, which is no product")
    return pairs
