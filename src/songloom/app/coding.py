"""What the commands that code share: the codec of a name, and what it is known by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from songloom.inference.coded_files import Identity
    from songloom.systems.roles import Codec

Precision = Literal["float32", "bfloat16"]


def load_codec(
    name: str, precision: Precision = "float32", side: Literal["encode", "decode"] = "encode"
) -> tuple[Codec, Identity]:
    """The codec of an embedded name, a path or a hub id, and its identity; with precision bfloat16, this side of it
    works so where it may. Raises ValueError for what has no codes, or nothing to lower."""
    from songloom.checkpoint import system_hash
    from songloom.inference.coded_files import Identity
    from songloom.published.load import load
    from songloom.systems.roles import Codec

    system = load(name)
    if not isinstance(system, Codec):
        raise ValueError(f"{name} is no codec but a {type(system).__name__}")
    if not system.streams:
        raise ValueError(f"{name} has no codes: its latents are continuous")
    identity = Identity(name, system_hash(system))
    if precision == "bfloat16":
        from songloom.inference.precision import to_bfloat16

        to_bfloat16(system, side)
    return system, identity
