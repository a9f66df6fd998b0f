"""Where the soundfonts and the FluidSynth library are, and which soundfont plays which instrument best."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

FOLDERS = (
    "/usr/share/sounds/sf2",
    "/usr/share/sounds/sf3",
    "/usr/share/soundfonts",
    "/usr/local/share/soundfonts",
    "/usr/local/share/sounds/sf2",
    "/opt/homebrew/share/soundfonts",
    "/opt/homebrew/share/sounds/sf2",
    "/opt/homebrew/share/fluid-synth/sf2",
    "/Library/Audio/Sounds/Banks",
    "~/Library/Audio/Sounds/Banks",
    "~/.local/share/soundfonts",
    "~/.local/share/sounds/sf2",
)

# Debian, Fedora, Arch and the downloads spell the same font in several ways.
_STEMS = {
    "fluid": ("FluidR3_GM", "FluidR3 GM", "FluidR3", "FluidR3_GM2-2"),
    "musescore": ("MuseScore_General", "MuseScore_General_Lite", "MuseScore_General_HQ", "MuseScore_General_Full"),
    "tim": ("TimGM6mb",),
}

INSTALL = (
    "apt-get install libfluidsynth3 fluid-soundfont-gm (Debian, Ubuntu; musescore-general-soundfont-small adds"
    " variety), brew install fluid-synth (macOS; put a General MIDI .sf2 or .sf3 into ~/.local/share/soundfonts),"
    " and pip install pyfluidsynth"
)

# Programs that FluidR3 plays better; for all others MuseScore General, which is cleaner (and three times
# faster, being mostly mono), leads. The other fonts stay possible at a lower chance.
_FLUID_PROGRAMS = frozenset({5, 7, 18, 21, 22, 34, 35, 36, 53, 65, 66, 67, 75, 104, 107, 108})
_LEAD_CHANCE = 0.72
_SMALL_FONT_WEIGHT = 0.25


@dataclass(frozen=True, slots=True)
class Soundfont:
    """A General MIDI soundfont file; `kind` is "fluid", "musescore", "tim" or "other"."""

    path: Path
    kind: str


def library_is_installed() -> bool:
    """Whether pyfluidsynth and the FluidSynth shared library can be loaded."""
    if find_spec("fluidsynth") is None:
        return False
    try:
        import fluidsynth  # noqa: F401
    except (ImportError, OSError):
        return False
    return True


def find_soundfonts(paths: Sequence[str | Path] = (), folders: Sequence[str | Path] = FOLDERS) -> tuple[Soundfont, ...]:
    """The soundfonts to play with: `paths` (files) when given, else what lies in `folders`.

    Raises ValueError that says what to install when there is none or a path is not a soundfont.
    """
    if paths:
        return tuple(_checked(Path(path)) for path in paths)
    found: dict[str, Soundfont] = {}
    for folder in (Path(folder).expanduser() for folder in folders):
        for file in sorted(folder.glob("*.sf[23]")) if folder.is_dir() else ():
            font = Soundfont(file, kind_of(file))
            if font.kind != "other":
                found.setdefault(font.kind, font)
    if not found:
        raise ValueError(f"no General MIDI soundfont found on this {sys.platform} machine; install one: {INSTALL}")
    return tuple(found[kind] for kind in sorted(found))


def kind_of(path: Path) -> str:
    """The family of a soundfont file by its name."""
    for kind, stems in _STEMS.items():
        if path.stem.lower() in (stem.lower() for stem in stems):
            return kind
    return "other"


def choose_font(fonts: Sequence[Soundfont], program: int, drums: bool, rng: np.random.Generator) -> Soundfont:
    """The font that plays `program`: mostly the best one for it, sometimes another."""
    if drums:
        lead = "fluid"
    else:
        lead = "fluid" if program in _FLUID_PROGRAMS else "musescore"
    weights = np.array([_weight(font.kind, lead) for font in fonts])
    return fonts[int(rng.choice(len(fonts), p=weights / weights.sum()))]


def _weight(kind: str, lead: str) -> float:
    if kind == "tim":
        return (1.0 - _LEAD_CHANCE) * _SMALL_FONT_WEIGHT
    return _LEAD_CHANCE if kind == lead else 1.0 - _LEAD_CHANCE


def _checked(path: Path) -> Soundfont:
    path = path.expanduser()
    if not path.is_file():
        raise ValueError(f"soundfont {path} is not a file; give an .sf2 or .sf3 file or install one: {INSTALL}")
    with path.open("rb") as file:
        head = file.read(12)
    if head[:4] != b"RIFF" or head[8:12] != b"sfbk":
        raise ValueError(f"{path} is not a soundfont (.sf2 or .sf3)")
    return Soundfont(path, kind_of(path))
