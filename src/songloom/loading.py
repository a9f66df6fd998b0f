"""Weights from a file into a system, none of them twice: systems built without memory, tensors that stay on the disk.

A safetensors file is 8 bytes with the length of a JSON header, the header, and the numbers (the format's own page,
https://github.com/huggingface/safetensors). Each tensor here is a mapping of its own, read when it is used and given
back when it is dropped, so that a system can be put into another precision matrix by matrix.
"""

from __future__ import annotations

import ctypes
import json
import math
import mmap
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from weakref import WeakValueDictionary

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.overrides import TorchFunctionMode

NUMBERS = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
LONGEST_HEADER = 100_000_000
MEMINFO = Path("/proc/meminfo")
MAPS: WeakValueDictionary[int, mmap.mmap] = WeakValueDictionary()
"""The maps of tensors that are still on the disk, by the address of their first number."""


@contextmanager
def without_memory() -> Iterator[None]:
    """Modules that are made inside have parameters on the device "meta", with a shape and no numbers. Buffers are
    made as ever: not all of them are in a file."""

    def emptied(_module: nn.Module, _name: str, parameter: nn.Parameter | None) -> nn.Parameter | None:
        if parameter is None or parameter.is_meta:
            return None
        return nn.Parameter(parameter.detach().to("meta"), parameter.requires_grad)

    hook = register_module_parameter_registration_hook(emptied)  # type: ignore[arg-type]
    try:
        with _Undrawn():
            yield
    finally:
        hook.remove()


class _Undrawn(TorchFunctionMode):
    """What has no numbers is not filled with random ones: torch would import its compiler, a second long, for that."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func in (nn.init.normal_, Tensor.normal_):
            tensor: Tensor = args[0] if args else (kwargs or {})["tensor"]
            if tensor.is_meta:
                return tensor
        return func(*args, **(kwargs or {}))


def mapped(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file, still on the disk; writing to one changes a copy. Raises ValueError for a
    file that is damaged."""
    entries = header(path)
    unknown = sorted({entry.dtype for entry in entries.values()} - NUMBERS.keys())
    if unknown:
        raise ValueError(f"{path} holds numbers of type {', '.join(unknown)}; known are {', '.join(NUMBERS)}")
    with Path(path).open("rb") as file:
        return {name: _mapped(file, entry) for name, entry in entries.items()}


class Entry(NamedTuple):
    """A tensor of a safetensors file: its kind of number and shape, and the bytes of the file where it lies."""

    dtype: str
    shape: list[int]
    begin: int
    end: int


def header(path: Path) -> dict[str, Entry]:
    """What a safetensors file says of its tensors, by name. Nothing is mapped, so that it may be larger than memory.
    Raises ValueError for a file that is damaged: where tensors are not as long as their shapes, overlap, leave holes
    or reach beyond its end."""
    try:
        with Path(path).open("rb") as file:
            size, length = os.fstat(file.fileno()).st_size, int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(size - 8, LONGEST_HEADER):
                raise ValueError(f"a header of {length} bytes cannot stand in a file of {size}")
            told = json.loads(file.read(length))
        told.pop("__metadata__", None)
        entries = {name: _entry(8 + length, one) for name, one in told.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    place = 8 + length
    for begin, end in sorted((entry.begin, entry.end) for entry in entries.values()):
        if begin != place:
            raise ValueError(f"{path} cannot be read: a tensor begins at byte {begin}, not {place}")
        place = end
    if place != size:
        raise ValueError(f"{path} cannot be read: it should have {place} bytes, and has {size}")
    return entries


def _entry(start: int, told: Mapping[str, Any]) -> Entry:
    """An entry of the header, whose numbers begin after byte `start`."""
    dtype, shape, (begin, end) = str(told["dtype"]), [int(size) for size in told["shape"]], told["data_offsets"]
    known = NUMBERS.get(dtype)
    if min(shape, default=0) < 0 or end < begin or (known and end - begin != math.prod(shape) * known.itemsize):
        raise ValueError(f"{shape} numbers of type {dtype} in {end - begin} bytes")
    return Entry(dtype, shape, start + begin, start + end)


def _mapped(file: BinaryIO, entry: Entry) -> Tensor:
    """The tensor of one entry."""
    dtype, shape, place = NUMBERS[entry.dtype], entry.shape, entry.begin
    if place == entry.end:
        return torch.empty(shape, dtype=dtype)
    lead = place % mmap.ALLOCATIONGRANULARITY
    pages = mmap.mmap(file.fileno(), entry.end - place + lead, access=mmap.ACCESS_COPY, offset=place - lead)
    numbers = torch.frombuffer(pages, dtype=torch.uint8, offset=lead)
    if lead % dtype.itemsize:
        numbers = numbers.clone()
    else:
        MAPS[numbers.untyped_storage().data_ptr()] = pages
    return numbers.view(dtype).reshape(shape)


def paged(shape: Sequence[int], dtype: torch.dtype, device: torch.device | None = None) -> Tensor:
    """An empty tensor in pages of its own, which go back to the system the moment it is dropped. What the C library
    gives lies between other things: a matrix that is dropped once it is packed leaves a hole that stays in memory. On
    another device than the CPU it is as ever."""
    size = math.prod(shape) * dtype.itemsize
    if not size or (device is not None and device.type != "cpu"):
        return torch.empty(*shape, dtype=dtype, device=device)
    return torch.frombuffer(mmap.mmap(-1, size, access=mmap.ACCESS_COPY), dtype=dtype).view(*shape)


def on_disk(tensor: Tensor) -> mmap.mmap | None:
    """The map of a tensor that is as it is in its file; None for one that was made or changed."""
    changed = tensor.is_inference() or tensor._version  # what is made for inference does not tell
    return None if changed else MAPS.get(tensor.untyped_storage().data_ptr())


def let_go(module: nn.Module) -> None:
    """Gives the memory back that weights take which are as they are in their files: they are read anew when they are
    used again. For what is needed once in a while."""
    if hasattr(mmap, "MADV_DONTNEED"):
        for pages in map(on_disk, module.parameters()):
            if pages is not None:
                pages.madvise(mmap.MADV_DONTNEED)


def free_memory() -> int | None:
    """Bytes of memory that could be had now; None where the system does not tell."""
    try:
        rows = MEMINFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    found = [row.split() for row in rows if row.startswith("MemAvailable:")]
    return 1024 * int(found[0][1]) if found else None


def sweep() -> None:
    """Gives the memory back that the C library holds free between what is in use, where it is glibc."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)


@torch.no_grad()
def fill(system: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Gives the parameters and buffers of these names their numbers. Those made `without_memory` become the tensors
    themselves, where the kind of number and the layout in memory are theirs; the others keep their place and are
    copied to."""
    own, bare = system.state_dict(), {}
    for name, tensor in tensors.items():
        if own[name].is_meta:
            bare[name] = laid_out_as(own[name], tensor.to(own[name].dtype))
        else:
            own[name].copy_(tensor)
    system.load_state_dict(bare, strict=False, assign=True)


def laid_out_as(own: Tensor, tensor: Tensor) -> Tensor:
    """`tensor` with the strides of `own`: some layers are fast, and add up in the same order, in their layout only."""
    if own.is_contiguous():
        return tensor
    return paged([own.numel()], tensor.dtype).as_strided(own.size(), own.stride()).copy_(tensor)
