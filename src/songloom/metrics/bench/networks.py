"""Networks by their names: embedded embedders, embedders at a path, and the networks of published metrics, whose files
a user has to bring."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from songloom import checkpoint
from songloom.checkpoint import system_hash
from songloom.metrics.embeddings import EmbedderNetwork, EmbeddingNetwork
from songloom.metrics.networks import sources
from songloom.published.load import load
from songloom.systems import registry
from songloom.systems.roles import Embedder


def embedded_names() -> list[str]:
    """The embedders that ship with the package, by name."""
    return [name for name, folder in registry.embedded().items() if issubclass(_kind(folder), Embedder)]


def open_networks(names: Sequence[str]) -> list[EmbeddingNetwork]:
    """One network for each name, which they keep as far as it tells them apart. Raises ValueError as `open_network`,
    or for a network that is there twice."""
    found = [open_network(name) for name in names]
    called = [network.name for network in found]
    twice = next((name for name in called if called.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two networks are called {twice!r}; give their folders other names")
    return found


def open_network(name: str) -> EmbeddingNetwork:
    """The network of an embedded embedder, a checkpoint folder or a published checkpoint; or, by NAME=PLACE, that of a
    published metric with its weights from a file, a folder or the hub's local cache. Raises ValueError where there is
    none, its file is missing, or it embeds nothing."""
    famous, _, place = name.partition("=")
    if famous in sources.SOURCES:
        return sources.open_network(famous, place or None)
    system = load(name)
    if not isinstance(system, Embedder):
        raise ValueError(f"{name} is no embedder but a {type(system).__name__}")
    short = Path(name).resolve().parent.name if Path(name).name == "checkpoint" else Path(name).name
    said = f"{name} ({system.config.kind}, sha256 {system_hash(system)[:12]})"
    return EmbedderNetwork(system, name=short, checkpoint=said)


def _kind(folder: Path) -> type:
    return registry.system_classes()[str(checkpoint.read_config(folder)["settings"]["kind"])]
