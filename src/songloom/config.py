"""Settings: frozen dataclasses that build their object, and their way to JSON and back.

A polymorphic class (a system, a bottleneck, a pattern, ...) derives from `Configurable` and nests a
`Config(Settings)`; `Config.build()` makes the object. On disk a settings object is a JSON object with
its class's `"kind"`; reading looks the kind up in the table of known classes, never by an import path.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

S = TypeVar("S", bound="Settings")

_KINDS: dict[str, type[Settings]] = {}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Base of every nested `Config`: immutable, keyword-only, comparable."""

    kind: ClassVar[str] = ""
    owner: ClassVar[type[Configurable]]

    def build(self) -> Any:
        """The object that these settings describe (weights random where it has any)."""
        return self.owner(self)


class Configurable:
    """A class with a nested `Config`; `class Delay(Configurable, kind="delay")` registers it."""

    Config: ClassVar[type[Settings]]

    def __init__(self, config: Any) -> None:
        raise TypeError(f"{type(self).__name__} defines no constructor from its Config")

    def __init_subclass__(cls, *, kind: str = "", **others: Any) -> None:
        super().__init_subclass__(**others)
        if not kind:
            return
        config = cls.__dict__["Config"]
        known = _KINDS.get(kind)
        if known is not None and known.owner.__qualname__ != cls.__qualname__:
            raise TypeError(f"kind {kind!r} is taken by {known.owner.__qualname__}")
        config.kind = kind
        config.owner = cls
        _KINDS[kind] = config


def kinds() -> dict[str, type[Settings]]:
    """Every known kind (of the modules imported so far) and its settings class."""
    return dict(_KINDS)


def to_json(settings: Any) -> Any:
    """Plain JSON data for settings, nested settings, tuples and other frozen dataclasses."""
    if dataclasses.is_dataclass(settings) and not isinstance(settings, type):
        head = {"kind": settings.kind} if isinstance(settings, Settings) else {}
        return head | {f.name: to_json(getattr(settings, f.name)) for f in dataclasses.fields(settings)}
    if isinstance(settings, list | tuple):
        return [to_json(item) for item in settings]
    if isinstance(settings, Mapping):
        return {str(key): to_json(value) for key, value in settings.items()}
    if settings is None or isinstance(settings, bool | int | float | str):
        return settings
    raise TypeError(f"settings cannot hold a {type(settings).__name__}")


def from_json(data: Any) -> Any:
    """Settings from JSON data with a `"kind"`. Raises ValueError for an unknown kind, field or type."""
    if not isinstance(data, Mapping) or "kind" not in data:
        raise ValueError('settings need a JSON object with a "kind"')
    kind = data["kind"]
    if kind not in _KINDS:
        raise ValueError(f"unknown kind {kind!r}; known: {', '.join(sorted(_KINDS))}")
    return _read_fields(_KINDS[kind], {key: value for key, value in data.items() if key != "kind"}, kind)


def _read_fields(cls: type, data: Mapping[str, Any], where: str) -> Any:
    hints = typing.get_type_hints(cls)
    allowed = [f.name for f in dataclasses.fields(cls)]
    unknown = sorted(set(data) - set(allowed))
    if unknown:
        raise ValueError(f"{where} has no setting {', '.join(unknown)}; it has: {', '.join(allowed)}")
    return cls(**{name: _read(hints[name], value, f"{where}.{name}") for name, value in data.items()})


def _read(hint: Any, value: Any, where: str) -> Any:
    """`value` (JSON) as the type `hint`; one branch for each kind of type that settings may use."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _read_union(arguments, value, where)
    if origin is tuple:
        return _read_tuple(arguments, value, where)
    if origin is typing.Literal:
        if value in arguments:
            return value
    elif isinstance(hint, type) and issubclass(hint, Settings):
        settings = from_json(value)
        if isinstance(settings, hint):
            return settings
    elif dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        return _read_fields(typing.cast(type, hint), value, where)
    elif hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif isinstance(hint, type) and type(value) is hint:
        return value
    raise ValueError(f"{where} cannot be {value!r}; it takes {getattr(hint, '__name__', hint)}")


def _read_union(arguments: tuple[Any, ...], value: Any, where: str) -> Any:
    for option in arguments:
        if option is types.NoneType:
            if value is None:
                return None
            continue
        try:
            return _read(option, value, where)
        except ValueError:
            if option is arguments[-1]:
                raise
    raise ValueError(f"{where} cannot be {value!r}")


def _read_tuple(arguments: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{where} cannot be {value!r}; it takes a list")
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_read(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if len(value) != len(arguments):
        raise ValueError(f"{where} takes {len(arguments)} values, {len(value)} came")
    return tuple(
        _read(hint, item, f"{where}[{i}]") for i, (hint, item) in enumerate(zip(arguments, value, strict=True))
    )


def override(settings: S, changes: Mapping[str, str]) -> S:
    """`settings` with dotted overrides, as in `{"lm.depth": "12"}`; values are JSON, or bare text."""
    data = to_json(settings)
    for path, text in changes.items():
        node, parts = data, path.split(".")
        for depth, part in enumerate(parts):
            if not isinstance(node, dict) or part not in node or part == "kind":
                allowed = ", ".join(k for k in node if k != "kind") if isinstance(node, dict) else "nothing"
                raise ValueError(f"no setting {path!r}; {'.'.join(parts[:depth]) or 'the system'} has: {allowed}")
            if depth < len(parts) - 1:
                node = node[part]
        try:
            node[parts[-1]] = parsed(text)
        except json.JSONDecodeError:
            node[parts[-1]] = text
    if isinstance(settings, Settings):
        return typing.cast(S, from_json(data))
    return typing.cast(S, _read_fields(type(settings), data, type(settings).__name__))


def parsed(text: str) -> Any:
    """JSON that somebody else wrote. Raises ValueError for what is none, or is nested beyond reading."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
