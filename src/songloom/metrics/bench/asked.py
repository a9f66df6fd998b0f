"""What was asked of which file: prompts by id, file name or number, or by the recipe inside the file."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from songloom.audio.features.key import key_name
from songloom.data.prompt_sets import PromptRow
from songloom.metrics.bench.listening import Sound
from songloom.metrics.chords import triad
from songloom.metrics.control_accuracy import Wanted
from songloom.systems.controls import curves_of
from songloom.systems.request import Request
from songloom.systems.wants import named

RECIPE_FIELDS = ("prompt", "story", "seconds", "tempo", "key", "drums")
"""Of a recipe's request: what can be asked again without its audio and curves."""


@dataclass(frozen=True, eq=False)
class Asked:
    """One prompt: the `number` of its line, its `id` ("": none), its `texts` (the first one is what was asked, others
    are captions that are as true), the `file` that it names itself, the name of the `recording` that it describes, and
    what it wants in numbers."""

    number: int
    id: str
    texts: tuple[str, ...]
    file: str = ""
    recording: str = ""
    wanted: Wanted = field(default_factory=Wanted)


def wanted_of(request: Request, chords: Sequence[tuple[float, float, str]] = ()) -> Wanted:
    """What a request names in fields, words and curves; of a story only what holds throughout."""
    sections = named(request)
    first = sections[0]

    def throughout(name: str) -> Any:
        value = getattr(first, name)
        return value if all(getattr(section, name) == value for section in sections) else None

    key = throughout("key")
    return Wanted(
        tempo=throughout("tempo"),
        key=None if key is None else key_name(key % 12, "minor" if key >= 12 else "major"),
        drums=throughout("drums"),
        chords=tuple(chords),
        curves=curves_of(request),
    )


def chords_of(row: PromptRow) -> tuple[list[tuple[float, float, str]], PromptRow]:
    """The chords that a row asks for as [from, to, "Am7"] in seconds, and the row without them. Raises ValueError for
    what are no chords."""
    fields = dict(row.fields)
    chords = fields.pop("chords", [])
    if not isinstance(chords, list) or not all(isinstance(one, list) and len(one) == 3 for one in chords):
        raise ValueError(f'chords are a list of [from, to, "Am7"] in seconds, not {chords!r}')
    found = []
    for start, end, symbol in chords:
        if not all(isinstance(at, int | float) for at in (start, end)) or not 0 <= start < end < math.inf:
            raise ValueError(f"a chord is from one second to a later one, not from {start!r} to {end!r}")
        triad(str(symbol))
        found.append((float(start), float(end), str(symbol)))
    return found, replace(row, fields=fields)


def of_recipes(sounds: Sequence[Sound]) -> dict[str, Asked]:
    """What each file says that it was made from, by the sound's name; files without a prompt are left out."""
    found: dict[str, Asked] = {}
    for number, sound in enumerate(sounds, start=1):
        request = request_of_recipe(sound.facts.recipe)
        if request is not None and request.sections[0].prompt.strip():
            texts = (request.sections[0].prompt,)
            found[sound.name] = Asked(number, sound.name, texts, wanted=wanted_of(request))
    return found


def request_of_recipe(recipe: Mapping[str, Any]) -> Request | None:
    """The request of a file's recipe without sounds and curves; None where there is none, or it is another
    program's."""
    try:
        return Request(**{name: recipe[name] for name in RECIPE_FIELDS if recipe.get(name) is not None})
    except ValueError:
        return None


def paired(prompts: Sequence[Asked], sounds: Sequence[Sound]) -> tuple[dict[str, Asked], list[Asked]]:
    """Prompts by the names of their sounds, and those that have none. A sound is a prompt's by the file that the
    prompt names, by its id, or by its number, with which `songloom generate --prompts` begins its names."""
    names = {sound.name for sound in sounds}
    stems: dict[str, str] = {}
    for name in sorted(names, reverse=True):
        stems[PurePosixPath(name).name] = name
    numbered = {int(number[1]): name for stem, name in stems.items() if (number := re.match(r"(\d{4,})(?!\d)", stem))}
    found: dict[str, Asked] = {}
    missing: list[Asked] = []
    for prompt in prompts:
        named_file = PurePosixPath(prompt.file).with_suffix("").as_posix() if prompt.file else ""
        wanted = named_file or prompt.id
        whole = named_file if named_file in names else None
        match = whole or (stems.get(wanted) if wanted else numbered.get(prompt.number))
        if match is None:
            missing.append(prompt)
        else:
            found[match] = prompt
    return found, missing
