"""From a request to finished audio: generate, finish for listening, and write down the recipe."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from songloom import __version__, checkpoint
from songloom.audio.clip import Audio
from songloom.audio.loudness import normalise
from songloom.conditioning.curves import Curve
from songloom.inference import memory
from songloom.inference.candidates import errors
from songloom.layers.matrices import BYTES, Precision
from songloom.layers.side_by_side import on_threads, side_by_side
from songloom.published.files import locate
from songloom.published.load import load, own_folder
from songloom.systems.controls import curves_of, without_controls
from songloom.systems.loras import Strength, apply
from songloom.systems.request import Request
from songloom.systems.roles import Generator, Progress
from songloom.systems.usual import DEFAULT_MODEL

DEFAULT_LOUDNESS = -16.0
EDGE_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Model:
    """A generator ready for use, the hash of all its weights, the LoRAs that were then merged into them, and the
    precision that was asked for."""

    name: str
    system: Generator
    sha256: str
    loras: tuple[tuple[Strength, str], ...] = ()
    precision: Precision | None = None


def open_model(
    name: str = DEFAULT_MODEL, loras: Sequence[Strength | str] = (), precision: Precision | None = None
) -> Model:
    """The generator of an embedded name, a folder (ours or published) or a hub id in the local cache, with LoRAs (a
    file, or "FILE:0.8") merged into its weights, which are then held in `precision`. Raises ValueError when it is
    none, they are not for it, or it does not have this precision."""
    wanted = [one if isinstance(one, Strength) else Strength.of(one) for one in loras]
    return opened(name, tuple((one, checkpoint.file_hash(one.path)) for one in wanted), precision)


@lru_cache(maxsize=4)
def opened(name: str, loras: tuple[tuple[Strength, str], ...], precision: Precision | None) -> Model:
    """Remembered by the content of the LoRAs, not only by their names."""
    model = read(name, loras, precision)
    model.system.hold(precision)
    return model


def read(name: str, loras: tuple[tuple[Strength, str], ...] = (), precision: Precision | None = None) -> Model:
    """The same before its weights are held: they may be moved, or asked for losses."""
    own = own_folder(name)
    place = locate(name) if own is None else own
    memory.check(place, name, precision or "float32")
    system = load(name)
    if not isinstance(system, Generator):
        raise ValueError(f"{name} makes no music from text: it is a {type(system).__name__}")
    digest = memory.published_hash(place) if own is None else checkpoint.model_hash(own)
    return Model(name, apply(system, [one for one, _ in loras], name), digest, loras, precision)


def make(
    model: Model, request: Request, *, loudness: float = DEFAULT_LOUDNESS, progress: Progress | None = None
) -> list[Audio]:
    """The request's candidates, each finished at `loudness` (LUFS) and with its own recipe (one seed each)."""
    waves = model.system.generate(request, progress=progress)
    alone = [dataclasses.replace(request, seed=request.seed + i, candidates=1) for i in range(request.candidates)]
    made = list(zip(waves, alone, strict=True))
    return side_by_side(lambda one: finished(model, *one, loudness), made)


def finished(model: Model, wave: Tensor, request: Request, loudness: float) -> Audio:
    """One candidate's wave [C, T], as the model gave it for `request`, ready for listening and with its recipe."""
    rate = model.system.sample_rate
    return Audio(finish(wave, rate, loudness, fade=not request.loop), rate, recipe(model, request, loudness))


def finish(wave: Tensor, sample_rate: int, loudness: float, *, fade: bool = True) -> Tensor:
    """[C, T] -> [C, T] without direct current, with faded edges unless it is a loop, at `loudness` LUFS, unclipped; on
    one thread, so that it is the same beside others as alone."""
    with on_threads(1):
        wave = wave - wave.mean(dim=-1, keepdim=True)
        edge = min(int(EDGE_SECONDS * sample_rate), wave.shape[-1] // 2) if fade else 0
        if edge:
            ramp = torch.linspace(0.0, 1.0, edge)
            wave[..., :edge] *= ramp
            wave[..., -edge:] *= ramp.flip(0)
        return normalise(wave, sample_rate, loudness)


def stream(model: Model, request: Request, *, gain_db: float = 0.0) -> Iterator[Tensor]:
    """Pieces [C, t] of one candidate as they are made. Loudness cannot be known ahead, so the level is the
    model's own plus `gain_db`."""
    gain = 10.0 ** (gain_db / 20.0)
    for piece in model.system.stream(request):
        yield (piece[0] * gain).clamp(-1.0, 1.0)


def recipe(model: Model, request: Request, loudness: float) -> dict[str, Any]:
    """What has to be known to make the same samples again."""
    changed = {
        field.name: told(getattr(request, field.name))
        for field in dataclasses.fields(request)
        if getattr(request, field.name) != field.default or field.name in ("prompt", "seconds", "seed")
    }
    return {
        "songloom": __version__,
        "model": model.name,
        "model_sha256": model.sha256,
        **(
            {"loras": [{"file": one.file, "strength": one.strength, "sha256": digest} for one, digest in model.loras]}
            if model.loras
            else {}
        ),
        **({"precision": model.precision} if model.precision else {}),
        "request": changed,
        "loudness": loudness,
        "torch": torch.__version__,
        "machine": platform.machine(),
    }


def told(value: Any) -> Any:
    """A request's value as a recipe can hold it: audio and curves by their hash and length."""
    return value.summary() if isinstance(value, Audio | Curve) else value


def request_of(recipe: dict[str, Any]) -> Request:
    """The request of a recipe. Raises ValueError when it is not one of ours."""
    fields = {field.name for field in dataclasses.fields(Request)}
    asked = recipe.get("request")
    if not isinstance(asked, dict) or not set(asked) <= fields:
        raise ValueError("the file's recipe is not one that this version of songloom can read")
    inputs = sorted(name for name, value in asked.items() if isinstance(value, dict))
    if inputs:
        raise ValueError(
            f"the file was made from other audio or curves ({', '.join(inputs)}), which its recipe does not hold"
        )
    return Request(**asked)


def replay(recipe: dict[str, Any], *, progress: Progress | None = None) -> Audio:
    """The audio of a recipe, made again. Raises ValueError when the model here has other weights."""
    request = request_of(recipe)
    precision = recipe.get("precision")
    if precision not in (None, *BYTES):
        raise ValueError(f"the file was made in precision {precision!r}, which this version does not have")
    model = open_model(str(recipe.get("model", DEFAULT_MODEL)), _loras_of(recipe), precision)
    if recipe.get("model_sha256") != model.sha256:
        raise ValueError(f"the file was made by other weights of {model.name} ({recipe.get('model_sha256')})")
    return make(model, request, loudness=float(recipe.get("loudness", DEFAULT_LOUDNESS)), progress=progress)[0]


def _loras_of(recipe: dict[str, Any]) -> list[Strength]:
    """The LoRAs of a recipe. Raises ValueError when one of them has changed."""
    told = recipe.get("loras", [])
    try:
        known = [(Strength(str(one["file"]), float(one["strength"])), one["sha256"]) for one in told]
    except (TypeError, KeyError):
        raise ValueError("the file's recipe names its LoRAs in a way that this version cannot read") from None
    for one, digest in known:
        if checkpoint.file_hash(one.path) != digest:
            raise ValueError(f"the file was made by another LoRA than {one.file} is now ({digest})")
    return [one for one, _ in known]


def uncontrolled(model: Model, request: Request, loudness: float) -> dict[str, Any]:
    """`control_error_uncontrolled`: that of the request's first candidate, made without its curves."""
    free = make(model, dataclasses.replace(without_controls(request), candidates=1), loudness=loudness)[0]
    return {"control_error_uncontrolled": errors(free, curves_of(request))["control_error"]}
