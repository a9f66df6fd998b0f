"""What the commands that code share: the codec of a name, and what it is known by."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from songloom.inference.coded_files import Identity
    from songloom.systems.roles import Codec


def load_codec(name: str) -> tuple[Codec, Identity]:
    """The codec of an embedded name, a path or a hub id, and its identity. Raises ValueError for what has no codes."""
    from songloom.checkpoint import system_hash
    from songloom.inference.coded_files import Identity
    from songloom.published.load import load
    from songloom.systems.roles import Codec

    system = load(name)
    if not isinstance(system, Codec):
        raise ValueError(f"{name} is no codec but a {type(system).__name__}")
    if not system.streams:
        raise ValueError(f"{name} has no codes: its latents are continuous")
    return system, Identity(name, system_hash(system))
