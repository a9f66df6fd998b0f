"""From names to a trainer: which system and recipe, which frozen parts, which data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import torch
from torch import nn

from songloom.config import Settings, from_json, override
from songloom.data.beat_mixing import BeatMixed
from songloom.data.dataset import Cropping, Dataset, clips_of, open_waves
from songloom.data.manifest import Clip
from songloom.data.waves import Progress, cache_waves
from songloom.data.workers import HERE, Workers
from songloom.layers.lora import Lora
from songloom.layers.mel import MelScale
from songloom.published.load import load
from songloom.recipe import Recipe
from songloom.systems import loras, registry
from songloom.systems.roles import Codec, Generator, System
from songloom.training import parts as frozen_parts
from songloom.training.curve_cache import measure_curves
from songloom.training.distributed import Processes
from songloom.training.encode_cache import encode
from songloom.training.finetuning import gentler, learning
from songloom.training.label_cache import completed
from songloom.training.mel_cache import measure_mel
from songloom.training.parts import RANDOM, settings_of, with_parts
from songloom.training.product import LoraOf, Product, WholeModel
from songloom.training.run_folder import RunFolder, changed
from songloom.training.trainer import Pace, Precision, Trainer, check_shares, step_seed

CROPPINGS = {
    "anywhere": Cropping(from_start=0.0, on_downbeat=0.0),
    "downbeat": Cropping(from_start=0.2, on_downbeat=0.8),
    "start": Cropping(from_start=1.0, on_downbeat=0.0),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be trained: settings, recipe, where the frozen parts come from (name to model; `stand_ins` are those
    of them that nobody asked for), the model whose weights it begins with, if any, those from which single parts that
    learn `begin`, the LoRA that is trained instead of these weights, if any, and the parts that begin as `new`, for
    nobody named a trained one."""

    settings: Settings
    recipe: Recipe
    parts: Mapping[str, str]
    init: str | None = None
    lora: Lora | None = None
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    begin: Mapping[str, str] = field(default_factory=dict)
    new: tuple[str, ...] = ()


def plan(
    system: str,
    preset: str | None,
    changes: Mapping[str, str],
    parts: Mapping[str, str],
    init: str | None = None,
    lora: Lora | None = None,
    begin: Mapping[str, str] | None = None,
) -> Plan:
    """The plan for a system's name (or a preset's own) with changes such as {"width": "64", "recipe.steps": "100"}.

    With `init`, a model, its settings and weights; with `lora` those stay, by default those of the embedded model of
    this name. Raises ValueError for a name, setting or value that there is not.
    """
    chosen = chosen_preset(system, preset)
    owner, settings = registry.preset(chosen)
    if lora is not None and init is None:
        init = _embedded(chosen)
    if init is not None:
        settings = learning(_settings_of(init, settings))
    if init is None:
        settings = frozen_parts.learning_new(settings, owner, parts, changes)
    settings = with_parts(settings, parts)
    spare = frozen_parts.stand_ins(settings, parts) if init is None else {}
    settings = override(
        with_parts(settings, spare), {name: text for name, text in changes.items() if not name.startswith("recipe.")}
    )
    recipe = owner.recipe(chosen)
    recipe = changed(recipe if lora is None else gentler(recipe), recipe_changes(changes))
    for name in ("steps", "batch_size", "accumulate"):
        if getattr(recipe, name) < 1:
            raise ValueError(f"recipe.{name} must be at least 1, not {getattr(recipe, name)}")
    if not 0.0 <= recipe.ema < 1.0:
        raise ValueError(f"recipe.ema must be 0 (none) or below 1, not {recipe.ema:g}")
    new = frozen_parts.new_names(settings, owner, parts) if init is None else ()
    return Plan(settings, recipe, {**spare, **parts}, init, lora, spare, begin or {}, new)


def tuning_plan(model: str, changes: Mapping[str, str], lora: Lora) -> Plan:
    """The plan for a LoRA of a model: its own system, and the recipe of the preset that it is, else of the first."""
    settings = settings_of(model)
    names = registry.system_classes()[settings.kind].presets()
    preset = next((name for name, known in names.items() if known == settings), next(iter(names)))
    return plan(preset, None, changes, {}, model, lora)


def _embedded(name: str) -> str:
    if name not in registry.embedded():
        raise ValueError(f"a LoRA needs a trained model: give --init MODEL, for there is no embedded {name}")
    return name


def _settings_of(model: str, like: Settings) -> Settings:
    """The settings of a model of the same system as `like`."""
    settings = settings_of(model)
    if settings.kind != like.kind:
        raise ValueError(f"--init {model} is a {settings.kind}, not a {like.kind}")
    return settings


def chosen_preset(system: str, preset: str | None) -> str:
    """The preset that a system's (or a preset's) name and a preset's name mean; underscores are hyphens. Without
    `preset` it is the system's first one; `preset` may be just the end of a name, so that "tiny" of "dac" is
    "dac-tiny"."""
    classes = registry.system_classes()
    system = system.replace("_", "-")
    owner = system if system in classes else next((s.kind for n, s in registry.presets().items() if n == system), None)
    if owner is None:
        raise ValueError(f"no system or preset {system!r}; there are: {', '.join(classes)}")
    names = list(classes[owner].presets())
    if preset is None:
        return system if system in names else names[0]
    preset = preset.replace("_", "-")
    for name in (preset, f"{system}-{preset}", f"{owner}-{preset}"):
        if name in names:
            return name
    raise ValueError(f"{system} has no preset {preset!r}; it has: {', '.join(names)}")


def resumed_plan(out: Path, system: str, changes: Mapping[str, str]) -> Plan:
    """The plan of the run in `out`, its recipe with `changes`. Its settings, parts and system cannot be changed."""
    run = RunFolder.reopen(out)
    registry.discover()
    tuned = loras.read(run.checkpoint / loras.NAME) if (run.checkpoint / loras.NAME).is_file() else None
    settings: Settings = from_json(run.settings()) if tuned is None else learning(settings_of(tuned.base.name))
    known, system = registry.presets(), system.replace("_", "-")
    if system != settings.kind and (system not in known or known[system].kind != settings.kind):
        raise ValueError(f"{out} holds a run of {settings.kind}, not of {system}")
    asked = override(settings, {name: text for name, text in changes.items() if not name.startswith("recipe.")})
    if asked != settings:
        raise ValueError(f"{out} holds a run of other settings; only recipe... can change when it is resumed")
    recipe = changed(run.state().recipe, recipe_changes(changes))
    if tuned is not None:
        return Plan(settings, recipe, {}, tuned.base.name, tuned.settings)
    return Plan(settings, recipe, dict.fromkeys(frozen_parts.frozen_names(settings), RANDOM))


def resumed_tuning(out: Path, model: str, changes: Mapping[str, str]) -> Plan:
    """The plan of the LoRA's run in `out`, which has to be of this model."""
    path = RunFolder.reopen(out).checkpoint / loras.NAME
    if not path.is_file():
        raise ValueError(f"{out} holds a run that is no LoRA; go on with it by songloom train")
    base = loras.read(path).base
    if base.name != model:
        raise ValueError(f"{out} holds a LoRA of {base.name}, not of {model}")
    return resumed_plan(out, base.kind, changes)


def recipe_changes(changes: Mapping[str, str]) -> dict[str, str]:
    """Those of `changes` that begin with "recipe.", without it."""
    return {name.removeprefix("recipe."): text for name, text in changes.items() if name.startswith("recipe.")}


def build(plan: Plan) -> System:
    """The system, its weights drawn by the recipe's seed or those that the plan begins with, its frozen parts filled
    from their models. Raises ValueError for a part that has none."""
    torch.manual_seed(step_seed(plan.recipe.seed, -1, 0))
    if plan.init is not None:
        system = _begun(plan.settings, plan.init)
    else:
        system = cast(System, plan.settings.build())
    if any(name in system.opponents for name in plan.parts):
        system.call_opponents()
    asked = [name for name in system.frozen if not frozen_parts.given(name, plan.parts)] if plan.init is None else []
    for name in (*plan.parts, *asked):
        frozen_parts.fill(system, name, plan.parts.get(name))
    for name, model in plan.begin.items():
        begin_part(system, name, model)
    return system


def begun(plan: Plan) -> System:
    """`build` for a run that starts. Raises ValueError for what cannot be learned from where the plan begins, too."""
    system = build(plan)
    system.check_start(trained=plan.init is not None)
    return system


def begin_part(system: System, name: str, model: str) -> None:
    """Gives a part of the system that learns the weights of the same part of another model. Raises ValueError when one
    of them lacks it, or they differ in shape."""
    own, other = (getattr(one, name, None) for one in (system, load(model)))
    if not isinstance(own, nn.Module) or not isinstance(other, nn.Module) or name in system.frozen:
        raise ValueError(f"{system.config.kind} and {model} have no part {name!r} in common that learns")
    known, fresh = other.state_dict(), own.state_dict()
    differing = sorted(key for key in fresh.keys() | known.keys() if shape_of(fresh, key) != shape_of(known, key))
    if differing:
        raise ValueError(f"the {name} of {model} has other weights: {', '.join(differing[:4])}")
    own.load_state_dict(known)


def _begun(settings: Settings, model: str) -> System:
    """A system of these settings with the weights of `model`, its frozen parts too. Raises ValueError when a changed
    setting needs others."""
    loaded = load(model)
    if loaded.config == settings:
        return loaded
    system: System = settings.build()
    known, own = loaded.state_dict(), system.state_dict()
    changed_keys = sorted(key for key in own.keys() | known.keys() if shape_of(own, key) != shape_of(known, key))
    if changed_keys:
        raise ValueError(f"the settings ask for other weights than {model} has: {', '.join(changed_keys[:4])}")
    system.load_state_dict(known)
    return system


def shape_of(state: Mapping[str, torch.Tensor], key: str) -> torch.Size | None:
    """The shape of a tensor, None where there is none."""
    return state[key].shape if key in state else None


def product_of(system: System, plan: Plan) -> Product:
    """What the run makes; the LoRA that a plan asks for is attached to the system."""
    if plan.lora is None or plan.init is None:
        return WholeModel()
    torch.manual_seed(step_seed(plan.recipe.seed, -1, 1))
    return LoraOf.attached(system, plan.lora, plan.init)


def open_data(
    system: System,
    recipe: Recipe,
    folder: Path,
    split: str,
    *,
    processes: Processes | None = None,
    workers: Workers = HERE,
    progress: Progress | None = None,
) -> Dataset | None:
    """The waves, codes or latents of a split, as the recipe asks; made once. None for a split without clips."""
    processes = processes or Processes()
    clips = [clip for clip in clips_of(folder) if clip.split == split]
    if not clips:
        return None
    if recipe.in_turn and recipe.long_share:
        raise ValueError("recipe.in_turn counts on steps of one size, so recipe.long_share must be 0")
    cropping = replace(CROPPINGS[recipe.crop], in_turn=recipe.in_turn)
    seed, rank, world = recipe.seed, processes.rank, processes.world_size
    if recipe.inputs == "waves":
        return open_waves(
            folder,
            split,
            clips=completed(clips, folder, workers=workers, progress=progress) if recipe.mixed else clips,
            sample_rate=system.sample_rate,
            channels=system.channels,
            workers=workers,
            progress=progress,
            seed=seed,
            rank=rank,
            world_size=world,
            cropping=cropping,
        )
    if recipe.inputs == "mel":
        scale = mel_scale(system)
        frames = measure_mel(scale, clips, folder, workers=workers, progress=progress)
        rate = scale.sample_rate / scale.hop_length
        return Dataset(
            clips, latents=frames, frame_rate=rate, seed=seed, rank=rank, world_size=world, cropping=cropping
        )
    clips = completed(clips, folder, workers=workers, progress=progress)
    codec = part_codec(system)
    codec.to(processes.device)
    shards = encode(codec, clips, folder, kind=recipe.inputs, workers=workers, progress=progress)
    codes, latents = (shards, None) if recipe.inputs == "codes" else (None, shards)
    waves = None
    if recipe.waves:
        waves = cache_waves(folder, clips, sample_rate=codec.sample_rate, channels=codec.channels, workers=workers)
    return Dataset(
        clips,
        waves=waves,
        codes=codes,
        latents=latents,
        curves=measure_curves(codec, clips, folder, workers=workers, progress=progress) if recipe.curves else None,
        frame_rate=codec.frame_rate,
        seed=seed,
        rank=rank,
        world_size=world,
        cropping=cropping,
    )


def part_codec(system: System) -> Codec:
    """The frozen codec whose codes or latents a system learns, its own or that of a generator within it."""
    for name in system.frozen:
        part = system.get_submodule(name)
        if isinstance(part, Codec):
            return part
        if isinstance(part, Generator):
            return part_codec(part)
    raise ValueError(f"{system.config.kind} has no frozen codec, so it cannot train on codes or latents")


def mel_scale(system: System) -> MelScale:
    """The scale in which a system sees music, where it sees log-mel frames alone."""
    scale = getattr(system, "mel_scale", None)
    if not isinstance(scale, MelScale):
        raise ValueError(f"{system.config.kind} sees more of the music than log-mel frames, so it cannot train on them")
    return scale


def hours(clips: tuple[Clip, ...]) -> float:
    """The clips' length in hours."""
    return sum(clip.seconds for clip in clips) / 3600.0


def start(
    plan: Plan,
    data: Path,
    out: Path,
    *,
    resume: bool = False,
    pace: Pace | None = None,
    processes: Processes | None = None,
    precision: Precision | None = None,
    workers: Workers = HERE,
    progress: Progress | None = None,
) -> Trainer:
    """A trainer in the run folder `out`, new or (with `resume`, and a `resumed_plan`) at its last checkpoint.

    Raises ValueError when `out` exists (or, resuming, holds no run) or there is no data.
    """
    processes = processes or Processes()
    with processes.first_alone():
        check_shares(plan.recipe, processes)
        if not resume and processes.first:
            RunFolder.check_free(out)
        system = build(plan) if resume else begun(plan)
        product = product_of(system, plan)
        run = RunFolder.reopen(out) if resume else RunFolder.create(out) if processes.first else RunFolder(out)
        if resume:
            product.read(system, run.checkpoint)  # its codec too, whose codes are then found in the cache
        opened = [
            open_data(system, plan.recipe, data, split, processes=processes, workers=workers, progress=progress)
            for split in ("train", "valid")
        ]
    if opened[0] is None:
        raise ValueError(f"{data} has no clips to train on")
    return Trainer(
        system,
        plan.recipe,
        BeatMixed(opened[0], plan.recipe.mixed) if plan.recipe.mixed else opened[0],
        run,
        valid=opened[1],
        pace=pace,
        processes=processes,
        data=str(data),
        hours=hours(opened[0].clips),
        resume=resume,
        prepared=plan.init is not None,
        product=product,
        precision=precision,
    )
