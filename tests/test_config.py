"""Settings go to JSON and back, are overridden by dotted paths, and refuse what they do not know."""

from __future__ import annotations

import dataclasses
import json
from typing import Literal

import pytest

from songloom.config import Configurable, Settings, from_json, override, parsed, to_json
from songloom.recipe import Recipe


class Inner(Configurable, kind="test-inner"):
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        width: int = 3
        rates: tuple[int, ...] = (2, 4)

    def __init__(self, config: Config) -> None:
        self.config = config


class Outer(Configurable, kind="test-outer"):
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        inner: Settings = Inner.Config()
        recipe: Recipe = Recipe()
        ratio: float = 0.5
        name: str | None = None
        mode: Literal["a", "b"] = "a"
        pair: tuple[float, float] = (0.0, 1.0)
        on: bool = False

    def __init__(self, config: Config) -> None:
        self.config = config


def test_settings_survive_a_trip_through_json_text() -> None:
    settings = Outer.Config(inner=Inner.Config(width=7, rates=(8,)), name="x", recipe=Recipe(steps=5))
    assert from_json(json.loads(json.dumps(to_json(settings)))) == settings


def test_build_makes_the_owner() -> None:
    built = from_json(to_json(Outer.Config(ratio=0.25))).build()
    assert isinstance(built, Outer)
    assert built.config.ratio == 0.25


def test_overrides_follow_dotted_paths_and_change_nothing_else() -> None:
    changed = override(Outer.Config(), {"inner.width": "12", "name": "hello", "ratio": "1", "inner.rates": "[1, 2, 3]"})
    assert changed == Outer.Config(inner=Inner.Config(width=12, rates=(1, 2, 3)), name="hello", ratio=1.0)
    assert override(Recipe(), {"steps": "7"}) == Recipe(steps=7)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("inner.depth", "1", "inner has: width, rates"),
        ("nothing", "1", "the system has"),
        ("inner.width", "wide", "inner.width"),
        ("inner.width", "1.5", "takes int"),
        ("mode", '"c"', "mode"),
        ("on", "1", "takes bool"),
        ("pair", "[1]", "takes 2 values"),
        ("inner", '{"kind": "os.system"}', "unknown kind"),
        ("ratio.x", "1", "nothing"),
    ],
)
def test_a_wrong_override_says_what_came_and_what_is_allowed(path: str, value: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        override(Outer.Config(), {path: value})


@pytest.mark.parametrize("data", [None, 3, {}, {"kind": "builtins.eval"}, {"kind": "test-inner", "code": "x"}])
def test_foreign_json_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match="kind|setting"):
        from_json(data)


def test_a_kind_belongs_to_one_class() -> None:
    with pytest.raises(TypeError, match="taken"):

        class Other(Configurable, kind="test-inner"):
            @dataclasses.dataclass(frozen=True, kw_only=True)
            class Config(Settings):
                pass


def test_json_that_is_nested_beyond_reading_is_refused_like_any_that_is_none() -> None:
    for text in ("[" * 100_000, "[" * 100_000 + "]" * 100_000, '{"a":' * 100_000):
        with pytest.raises(ValueError, match="nested too deeply"):
            parsed(text)
        with pytest.raises(ValueError, match="nested too deeply"):
            override(Outer.Config(), {"name": text})
    with pytest.raises(ValueError, match="Expecting"):
        parsed("")
    assert parsed("[1]") == [1]
