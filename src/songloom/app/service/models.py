"""The models that a server has, by the names that clients know; one that cannot be opened leaves the others alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from songloom.app.coding import load_codec
from songloom.inference.coded_files import Identity
from songloom.inference.embedding import Space, open_space
from songloom.inference.tagging import Tagger
from songloom.published.load import load
from songloom.systems import registry
from songloom.systems.roles import Codec, Embedder, Generator, System
from songloom.systems.usual import DEFAULT_MODEL

Role = Literal["generator", "codec", "embedder", "other"]
T = TypeVar("T")


class Unavailable(RuntimeError):
    """A model that the server has, but could not open."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """A model under its `name`: the `place` that it is opened from, with `loras`, and what is known of it; `error` says
    why it could not be opened."""

    name: str
    place: str
    loras: tuple[str, ...] = ()
    role: Role = "other"
    kind: str = ""
    summary: str = ""
    sample_rate: int = 0
    channels: int = 0
    controls: tuple[str, ...] = ()
    error: str | None = None


def look(name: str, place: str) -> Served:
    """Opens a model once, to learn what it is."""
    try:
        system: System = load(place)
    except (ValueError, OSError) as error:
        return Served(name=name, place=place, error=" ".join(str(error).replace(place, name).split()))
    return Served(
        name=name,
        place=place,
        role=role_of(system),
        kind=system.config.kind,
        summary=system.summary,
        sample_rate=system.sample_rate,
        channels=system.channels,
        controls=tuple(sorted(system.controls)) if isinstance(system, Generator) else (),
    )


def role_of(system: System) -> Role:
    """Generators come first: one that is several things makes music."""
    roles: tuple[tuple[type[System], Role], ...] = (
        (Generator, "generator"),
        (Codec, "codec"),
        (Embedder, "embedder"),
    )
    return next((role for cls, role in roles if isinstance(system, cls)), "other")


@dataclass(slots=True)
class Shelf:
    """The served models, and those of them that analyse sound, which are opened when they are first needed."""

    models: Mapping[str, Served]
    _open: dict[tuple[str, str], Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, name: str | None, role: Role) -> Served:
        """The model of a name, or the first of a role. Raises ValueError when there is none, Unavailable when it could
        not be opened."""
        fit = {key: one for key, one in self.models.items() if one.role == role or one.error is not None}
        if name is not None and name not in fit:
            raise ValueError(f"there is no {role} {name!r}; there are: {', '.join(self.names(role)) or 'none'}")
        ready = [one for one in fit.values() if one.error is None]
        if name is None and not ready:
            raise ValueError(f"this server has no {role}")
        found = ready[0] if name is None else fit[name]
        if found.error is not None:
            raise Unavailable(f"{found.name} could not be opened: {found.error}")
        return found

    def names(self, role: Role) -> list[str]:
        """The models of a role."""
        return [name for name, one in self.models.items() if one.role == role]

    def codec(self, name: str | None) -> tuple[Codec, Identity]:
        """A codec that has codes, and its identity under the name that clients know."""
        found = self.find(name, "codec")
        system, identity = self._opened(found, "codec", lambda: load_codec(found.place))
        return system, Identity(found.name, identity.sha256)

    def space(self, name: str | None) -> Space:
        """An embedder."""
        found = self.find(name, "embedder")
        return self._opened(found, "space", lambda: open_space(found.place))

    def tagger(self, name: str | None) -> Tagger:
        """The embedder with the built-in labels read."""
        found = self.find(name, "embedder")
        return self._opened(found, "tagger", lambda: Tagger(self.space(name)))

    def _opened(self, model: Served, way: str, opens: Callable[[], T]) -> T:
        key = (model.name, way)
        if key not in self._open:
            made = opens()
            with self._lock:
                self._open.setdefault(key, made)
        return self._open[key]


def shelf(places: Mapping[str, str]) -> Shelf:
    """The models of some places by name; without any, the embedded ones, `songloom generate`'s before others."""
    chosen = dict(places) or {
        name: name for name in sorted(registry.embedded(), key=lambda name: name != DEFAULT_MODEL)
    }
    return Shelf({name: look(name, place) for name, place in chosen.items()})
