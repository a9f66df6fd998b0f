"""From published names of tensors to ours: renaming by patterns, folding of weight norm, filling a system.

Nothing is left over in silence: every tensor that is missing, unknown or of another shape is in an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

from songloom import loading

MOST_LISTED = 8
FACTORS = ((".weight_g", ".weight_v"), (".parametrizations.weight.original0", ".parametrizations.weight.original1"))
"""Names of length and direction in the older and the newer weight norm of PyTorch."""
Rule = tuple[str, str | None]
"""A pattern for a whole name and what takes its place (`\\1` is its first group); None drops the tensor."""


def listed(keys: Iterable[str]) -> str:
    """The first few names, in order, and how many there are."""
    names = sorted(keys)
    rest = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return f"{len(names)}: {', '.join(names[:MOST_LISTED])}{rest}"


def renamed(tensors: Mapping[str, Tensor], rules: Sequence[Rule], *, source: str = "the file") -> dict[str, Tensor]:
    """Tensors under the names that the first fitting rule gives. Raises ValueError for names that no rule fits,
    and for two that become one."""
    compiled = [(re.compile(pattern), target) for pattern, target in rules]
    result: dict[str, Tensor] = {}
    unknown: list[str] = []
    for name, tensor in tensors.items():
        fitting = ((found, target) for pattern, target in compiled if (found := pattern.fullmatch(name)))
        found, target = next(fitting, (None, None))
        if found is None:
            unknown.append(name)
        elif target is not None:
            new = found.expand(target)
            if new in result:
                raise ValueError(f"{source} has two tensors for {new}")
            result[new] = tensor
    if unknown:
        raise ValueError(f"{source} has unknown keys, {listed(unknown)}")
    return result


def unnormed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights without weight norm (Salimans & Kingma 2016, eq. 2): w = g v / |v|, the norm over all axes but the
    first. Raises ValueError when one of the two factors is missing or their shapes do not fit."""
    result = dict(tensors)
    for length, direction in FACTORS:
        bases = {name.removesuffix(end) for name in tensors for end in (length, direction) if name.endswith(end)}
        for base in sorted(bases):
            g, v = result.pop(base + length, None), result.pop(base + direction, None)
            if g is None or v is None:
                raise ValueError(f"{base} has only one of {length[1:]} and {direction[1:]}")
            if v.ndim < 2 or g.numel() != len(v):
                raise ValueError(f"{base} has lengths {tuple(g.shape)} for directions {tuple(v.shape)}")
            rows = (len(v), *[1] * (v.ndim - 1))
            norm = torch.linalg.vector_norm(v, dim=tuple(range(1, v.ndim)), keepdim=True)
            scale = g.reshape(rows) / norm
            result[base + ".weight"] = torch.mul(v, scale, out=loading.paged(v.shape, scale.dtype))
    return result


def taken(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Takes the tensors whose names begin with `prefix` out, under the rest of their names."""
    names = [name for name in tensors if name.startswith(prefix)]
    return {name.removeprefix(prefix): tensors.pop(name) for name in names}


def prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of a part under its name."""
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def joined(
    tensors: dict[str, Tensor], pattern: str, order: Sequence[str], target: str, *, source: str = "the file"
) -> None:
    """Takes the tensors of names that fit `pattern` out and puts in their rows one above the other, as `target` (a
    template of the match): those that differ in the group `part` alone become one, in this order. Raises ValueError
    when one of the order is missing or another one there."""
    groups: dict[str, dict[str, str]] = {}
    for name in tensors:
        if found := re.fullmatch(pattern, name):
            groups.setdefault(found.expand(target), {})[found["part"]] = name
    for whole, parts in groups.items():
        if set(parts) != set(order):
            raise ValueError(f"{source} has {', '.join(sorted(parts))} for {whole}; needs {', '.join(order)}")
        tensors[whole] = stacked([tensors.pop(parts[part]) for part in order])


def stacked(parts: Sequence[Tensor]) -> Tensor:
    """[n, ...], [m, ...], ... one above the other."""
    rows = sum(len(part) for part in parts)
    return torch.cat(list(parts), out=loading.paged([rows, *parts[0].shape[1:]], parts[0].dtype))


def assign(system: nn.Module, tensors: Mapping[str, Tensor], *, source: str = "the file") -> None:
    """Makes tensors the parameters and buffers of their names, without a copy: for a system that was built without
    memory of its own (on the device "meta"). Floating numbers become float32. Raises ValueError like `fill`."""
    check(system, tensors, source=source)
    wide = {name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}
    own = system.state_dict()
    system.load_state_dict({name: loading.laid_out_as(own[name], t) for name, t in wide.items()}, assign=True)


def fill(system: nn.Module, tensors: Mapping[str, Tensor], *, source: str = "the file") -> None:
    """Gives a system its tensors (see `loading.fill`). Raises ValueError, before anything is changed, with the keys
    that are missing, unknown or of another shape."""
    check(system, tensors, source=source)
    loading.fill(system, tensors)


def check(system: nn.Module, tensors: Mapping[str, Tensor], *, source: str) -> None:
    """Raises ValueError with the keys that are missing, unknown or of another shape than the system's own."""
    own = system.state_dict()
    wrong = [
        f"{name} {tuple(tensors[name].shape)} for {tuple(own[name].shape)}"
        for name in own.keys() & tensors.keys()
        if own[name].shape != tensors[name].shape
    ]
    problems = {"lacks": own.keys() - tensors.keys(), "has unknown": tensors.keys() - own.keys(), "misshapes": wrong}
    said = [f"{verb} {listed(keys)}" for verb, keys in problems.items() if keys]
    if said:
        raise ValueError(f"{source} does not fit {type(system).__name__}: it {'; it '.join(said)}")
