"""What a listening test is made from: a file of prompts, and for each system a folder with one clip for each prompt."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from songloom.data import prompt_sets
from songloom.data.manifest import AUDIO_SUFFIXES
from songloom.data.prompt_sets import PromptRow
from songloom.metrics.listening.design import Prompt, checked_systems

Clips = Mapping[str, Path]
LONGEST_PROMPT = 2000


@dataclass(frozen=True)
class Material:
    """Files by system and by prompt; `reference` holds music that is known to be good, where there is some."""

    prompts: tuple[Prompt, ...]
    systems: Mapping[str, Clips]
    reference: Clips | None = None


def gather(prompts: Path, systems: Sequence[Path], reference: Path | None = None) -> Material:
    """The material of a test. Raises ValueError where a prompt has no clip or more than one."""
    numbered = read_prompts(prompts)
    names = checked_systems(folder.resolve().name for folder in systems)
    found = {name: clips_of(folder, numbered) for name, folder in zip(names, systems, strict=True)}
    real = None if reference is None else clips_of(reference, numbered)
    return Material(tuple(numbered.values()), found, real)


def read_prompts(path: Path) -> dict[int, Prompt]:
    """Prompts by the number of their line or row, from any file of prompts that songloom knows. One without an id goes
    by its number. Raises ValueError when a line is none: half of a test is none either."""
    rows, bad = prompt_sets.read(path)
    if bad:
        raise ValueError(bad[min(bad)] + (f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""))
    found = {row.number: Prompt(row.id or f"{row.number:04d}", _words(row)) for row in rows}
    for number, prompt in found.items():
        if not 0 < len(prompt.text) <= LONGEST_PROMPT:
            raise ValueError(f"{path} line {number}: raters can be shown 1 to {LONGEST_PROMPT} letters")
    return found


def clips_of(folder: Path, prompts: Mapping[int, Prompt]) -> dict[str, Path]:
    """The clip of each prompt in a folder: a file named by the prompt's id, or whose name begins with the prompt's line
    number, as `songloom generate --prompts` names them."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder")
    found: dict[str, Path] = {}
    ids = {prompt.id for prompt in prompts.values()}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in AUDIO_SUFFIXES or path.name.startswith("."):
            continue
        number = re.match(r"\d+(?![^-_.])", path.name)
        prompt = prompts.get(int(number[0])) if number else None
        name = path.stem if path.stem in ids else prompt.id if prompt else None
        if name is None:
            continue
        if name in found:
            raise ValueError(f"{found[name]} and {path} are both clips of prompt {name!r}; a test needs one")
        found[name] = path
    if missing := [prompt.id for prompt in prompts.values() if prompt.id not in found]:
        shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise ValueError(f"{folder} has no clip for {len(missing)} of {len(prompts)} prompts ({shown})")
    return found


def _words(row: PromptRow) -> str:
    """What raters are shown of a prompt; of a story also what is to be heard from when on."""
    story = [f"from {second:g} s: {words}" for second, words in row.fields.get("story", ())]
    return " ".join("; ".join(text for text in (row.texts[0].strip(), *story) if text).split())
