"""What a listening test is made from: a file of prompts, and for each system a folder with one clip for each prompt."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from songloom.data.manifest import AUDIO_SUFFIXES
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
    """Prompts by line number. A line is a JSON object with a "prompt"; without an "id" its number stands for one."""
    found: dict[int, Prompt] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            found[number] = _prompt(line, f"{path} line {number}", number)
    ids = [prompt.id for prompt in found.values()]
    if not found:
        raise ValueError(f"{path} holds no prompt")
    if len(set(ids)) < len(ids):
        twice = next(name for name in ids if ids.count(name) > 1)
        raise ValueError(f"{path}: the id {twice!r} stands there twice")
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


def _prompt(line: str, where: str, number: int) -> Prompt:
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"{where}: not JSON ({error})") from None
    text = data.get("prompt") if isinstance(data, dict) else None
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_PROMPT:
        raise ValueError(f'{where}: needs a JSON object with a "prompt" of 1 to {LONGEST_PROMPT} letters')
    return Prompt(str(data.get("id", f"{number:04d}")), " ".join(text.split()))
