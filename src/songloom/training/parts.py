"""Frozen parts of a system in training: which model each comes from, and its weights.

A part is named by the user (a model, or "random"), or it is the embedded model of the same settings. Where that is not
here either, a part that any settings may fill is replaced by the one that comes with the package: the embedded codec,
MiniLM for texts. A plan says so (`Plan.stand_ins`), for it is another model then. A part that the system may learn too
(`System.new`) begins as new, and what is frozen inside of it is filled in the same way.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from types import UnionType
from typing import Any, TypeVar

from torch import nn

from songloom.checkpoint import read_config
from songloom.conditioning.text_encoders import MiniLMEncoder, TextEncoder
from songloom.config import Settings, from_json, override
from songloom.loading import without_memory
from songloom.published.load import load, own_folder
from songloom.published.t5 import load_t5
from songloom.systems import registry
from songloom.systems.roles import Codec, Generator, System

RANDOM, MINILM = "random", "minilm"
S = TypeVar("S", bound=Settings)


def settings_of(model: str) -> Settings:
    """The settings of a model, ours or published."""
    registry.discover()
    folder = own_folder(model)
    if folder is None:
        return _published_settings(model)
    found: Settings = from_json(read_config(folder)["settings"])
    return found


@lru_cache
def _published_settings(model: str) -> Settings:
    """Remembered, for all of the model has to be read to know them."""
    return load(model).config


def with_parts(settings: S, parts: Mapping[str, str]) -> S:
    """`settings` whose parts have the settings of the named models. Raises ValueError for a part or a model that
    there is not, or that does not belong there."""
    fields = {field.name for field in dataclasses.fields(settings)}
    for path, model in parts.items():
        name, _, inner = path.partition(".")
        if name not in fields or not isinstance(getattr(settings, name), Settings):
            raise ValueError(f"{settings.kind} has no part {path!r}")
        if inner:
            settings = replace(settings, **{name: with_parts(getattr(settings, name), {inner: model})})
        elif model != RANDOM:
            found = _part_settings(getattr(settings, name), model)
            if not _fits(settings, name, found):
                raise ValueError(f"{model} is a {found.kind}, which cannot be the {name} of {settings.kind}")
            settings = replace(settings, **{name: found})
    return settings


def learning_new(settings: S, owner: type[System], parts: Mapping[str, str], changes: Mapping[str, str]) -> S:
    """`settings` under which the system learns those parts too that may be new and have no model, unless `changes` say
    otherwise."""
    for name, how in owner.new.items():
        if name not in parts and embedded_like(getattr(settings, name)) is None:
            settings = override(settings, {key: changes.get(key, text) for key, text in how.items()})
    return settings


def frozen_names(settings: Settings) -> tuple[str, ...]:
    """The frozen parts of a system of these settings."""
    with without_memory():
        found: tuple[str, ...] = settings.build().frozen
    return found


def new_names(settings: Settings, owner: type[System], parts: Mapping[str, str]) -> tuple[str, ...]:
    """The parts that begin as new, to learn with the rest."""
    frozen = frozen_names(settings) if owner.new else ()
    return tuple(name for name in owner.new if name not in (*parts, *frozen))


def stand_ins(settings: Settings, parts: Mapping[str, str]) -> dict[str, str]:
    """For the frozen parts that are neither in `parts` nor embedded: what comes with the package instead."""
    found = {}
    for path in frozen_names(settings):
        place, _, name = path.rpartition(".")
        around: Settings = getattr(settings, place) if place else settings
        part = getattr(around, name, None)
        if given(path, parts) or not isinstance(part, Settings) or not _stored(part):
            continue
        if embedded_like(part) is not None:
            continue
        spare = _spare(part)
        if spare is not None and _takes(settings, {path: spare}):
            found[path] = spare
    return found


def _takes(settings: Settings, parts: Mapping[str, str]) -> bool:
    """Whether a system of these settings can have the parts."""
    try:
        frozen_names(with_parts(settings, parts))
    except ValueError:
        return False
    return True


def given(path: str, parts: Mapping[str, str]) -> bool:
    """Whether a part is among the named ones, itself or as a part of one of them."""
    return any(f"{path}.".startswith(f"{name}.") for name in parts)


def fill(system: System, name: str, model: str | None) -> None:
    """The weights of a part, from the named model or the embedded one of its settings; "random" leaves it as it was
    drawn. Raises ValueError when there is none."""
    part: Any = system.get_submodule(name)
    model = model or embedded_like(part.config)
    if model is None:
        raise ValueError(f"{system.config.kind} needs a trained {name}: give --part {name}=FOLDER")
    if model != RANDOM:
        part.load_state_dict(_load(part.config, model).state_dict())
    part.eval()


def embedded_like(settings: Settings) -> str | None:
    """The embedded model that has just these settings."""
    return next((name for name in registry.embedded() if settings_of(name) == settings), None)


def _spare(part: Settings) -> str | None:
    """The model of the package that can do a part's work."""
    if issubclass(part.owner, TextEncoder):
        return MINILM
    if not issubclass(part.owner, Codec):
        return None
    codecs = (name for name in registry.embedded() if issubclass(settings_of(name).owner, Codec))
    return next(codecs, None)


def _stored(part: Settings) -> bool:
    """Whether a part has weights of its own."""
    return bool(getattr(part.owner, "stored", True))


def _part_settings(part: Settings, model: str) -> Settings:
    if not issubclass(part.owner, TextEncoder):
        return settings_of(model)
    return MiniLMEncoder.Config() if model == MINILM else _load(part, model).config


def _load(part: Settings, model: str) -> Any:
    loaded: nn.Module = load_t5(model) if issubclass(part.owner, TextEncoder) else load(model)
    return loaded


def _fits(settings: Settings, name: str, found: Settings) -> bool:
    """Whether a part may have the settings `found`: the field takes them, and they are of the part's role."""
    hint, part = typing.get_type_hints(type(settings))[name], getattr(settings, name).owner
    role = next((role for role in (Codec, Generator, TextEncoder) if issubclass(part, role)), object)
    known = hint if isinstance(hint, type | UnionType) else Settings
    return isinstance(found, known) and issubclass(found.owner, role)
