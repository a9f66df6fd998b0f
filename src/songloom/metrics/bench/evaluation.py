"""One set of generated music measured by everything that applies: sound, stereo, prompts, a reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path, PurePosixPath

import numpy as np

from songloom.data.workers import HERE, Workers
from songloom.metrics.bench.asked import Asked, of_recipes, paired
from songloom.metrics.bench.closeness import class_section, distance_section
from songloom.metrics.bench.embedding import Embedded, embed_all
from songloom.metrics.bench.following import Followed, control_section, heard_of, text_section
from songloom.metrics.bench.listening import Progress, Sound, Unreadable, listen_to_all
from songloom.metrics.bench.report import Report, Row, Section
from songloom.metrics.bench.soundness import sound_section, stereo_section
from songloom.metrics.bench.store import Store
from songloom.metrics.control_accuracy import Heard
from songloom.metrics.embeddings import EmbedderNetwork, EmbeddingNetwork
from songloom.metrics.frechet_sizes import frechet_per_clip
from songloom.metrics.moments import Moments

Stage = Callable[[str], AbstractContextManager[Progress]]
"""Shows a piece of work by its title, and how far it is."""
NAMED_MISSING = 5


@dataclass(frozen=True, eq=False, kw_only=True)
class Bench:
    """How sets are measured: the `networks`, the `prompts` (None: each file's own recipe) and where they come from,
    the folder of the `reference`, the `store`, and who works."""

    networks: Sequence[EmbeddingNetwork] = ()
    prompts: Sequence[Asked] | None = None
    prompts_from: str = ""
    reference: Path | None = None
    store: Store = field(default_factory=lambda: Store(None))
    workers: Workers = HERE


@dataclass(frozen=True, eq=False)
class Against:
    """The reference, heard once for all systems: its sounds, what could not be read, embeddings by network."""

    sounds: Sequence[Sound]
    unreadable: Sequence[Unreadable]
    embedded: Mapping[str, Embedded]


def listen_to_reference(bench: Bench, stage: Stage) -> Against | None:
    """The reference by every network; None where there is none. Raises ValueError for a folder that cannot be one."""
    if bench.reference is None:
        return None
    with stage("listening to the reference") as report:
        sounds, unreadable = listen_to_all(bench.reference, bench.store, workers=bench.workers, progress=report)
    return Against(sounds, unreadable, _embedded(bench, sounds, "reference", stage))


def evaluate(folder: Path, bench: Bench, stage: Stage, against: Against | None = None) -> Report:
    """Everything that applies to the sound files of `folder`. Raises ValueError where nothing can be measured: no
    files, none that can be read, all silent, or prompts of which none has a file."""
    with stage(f"listening to {folder.name}") as report:
        sounds, unreadable = listen_to_all(folder, bench.store, workers=bench.workers, progress=report)
    asked, warnings = _asked(bench, sounds, folder)
    embedded = _embedded(bench, sounds, folder.name, stage)
    facts = [sound.facts for sound in sounds]
    sections = [sound_section(facts), stereo_section(facts)]
    with stage("prompts") as report:
        heard = _heard(sounds, asked, report)
    followed: list[Followed | None] = [control_section(asked, heard)]
    followed += [
        text_section(one, asked, embedded[one.name]) for one in bench.networks if isinstance(one, EmbedderNetwork)
    ]
    sections += [one.section for one in followed if one is not None]
    values: list[Mapping[str, Mapping[str, float]]] = [one.values for one in followed if one is not None]
    for network in bench.networks:
        with stage(f"distances, {network.name}"):
            found, told, own = _by_network(network, embedded[network.name], against, asked)
        sections += found
        warnings += told
        values.append(own)
    refused = [one for given in embedded.values() for one in given.refused]
    return Report(
        system=folder.name,
        generated=str(folder),
        reference=str(bench.reference or ""),
        prompts=bench.prompts_from if bench.prompts is not None else "recipes of the files" if asked else "",
        sections=tuple(one for one in sections if one is not None),
        rows=tuple(_row(sound, asked.get(sound.name), values) for sound in sounds),
        networks=tuple(network.facts for network in bench.networks),
        warnings=tuple(warnings),
        unreadable=(*unreadable, *refused, *(against.unreadable if against else ())),
        measured=tuple(sound.facts.to_json() for sound in sounds),
        tempo_pairs=tuple((t, h.tempo) for name, h in heard.items() if (t := asked[name].wanted.tempo) is not None),
        key_pairs=tuple((k, h.key or "none") for name, h in heard.items() if (k := asked[name].wanted.key) is not None),
        versions={name: version(name) for name in ("songloom", "torch", "numpy", "soxr")},
    )


def _asked(bench: Bench, sounds: Sequence[Sound], folder: Path) -> tuple[dict[str, Asked], list[str]]:
    """Prompts by the names of their sounds, and a warning for those that have none."""
    if bench.prompts is None:
        return of_recipes(sounds), []
    found, missing = paired(bench.prompts, sounds)
    if not found:
        first = missing[0].file or missing[0].id or f"{missing[0].number:04d}-..." if missing else "nothing"
        raise ValueError(f"{bench.prompts_from}: no prompt has its file in {folder}; the first asks for {first}")
    if not missing:
        return found, []
    names = [one.file or one.id or f"line {one.number}" for one in missing[:NAMED_MISSING]]
    more = f" and {len(missing) - len(names)} more" if len(missing) > len(names) else ""
    return found, [f"{len(missing)} of {len(bench.prompts)} prompts have no file: {', '.join(names)}{more}"]


def _embedded(bench: Bench, sounds: Sequence[Sound], what: str, stage: Stage) -> dict[str, Embedded]:
    found = {}
    for network in bench.networks:
        with stage(f"{network.name}: {what}") as report:
            found[network.name] = embed_all(network, sounds, bench.store, workers=bench.workers, progress=report)
    return found


def _heard(sounds: Sequence[Sound], asked: Mapping[str, Asked], report: Progress) -> dict[str, Heard]:
    by_name = {sound.name: sound for sound in sounds}
    found = {}
    for done, (name, one) in enumerate(asked.items(), start=1):
        found[name] = heard_of(by_name[name], one)
        report(done / len(asked))
    return found


def _by_network(
    network: EmbeddingNetwork, generated: Embedded, against: Against | None, asked: Mapping[str, Asked]
) -> tuple[list[Section | None], list[str], dict[str, dict[str, float]]]:
    """What one network says of the set: sections, warnings, and each clip's own distance."""
    reference = against.embedded[network.name] if against else None

    def recording(name: str) -> str:
        return asked[name].recording if name in asked else PurePosixPath(name).name

    classes = class_section(network.facts, generated, recording, reference)
    if reference is None:
        return [classes], [], {}
    distances, warnings = distance_section(network.facts, generated, reference)
    if distances is None:
        return [classes], warnings, {}
    own = frechet_per_clip(Moments.of(np.concatenate(reference.clips)), generated.clips)
    name = f"own Fréchet distance, {network.name}"
    return [distances, classes], warnings, {clip: {name: v} for clip, v in zip(generated.rows, own, strict=True)}


def _row(sound: Sound, asked: Asked | None, values: Sequence[Mapping[str, Mapping[str, float]]]) -> Row:
    wanted, facts = (asked.wanted if asked else None), sound.facts
    told = {
        "tempo": f"{wanted.tempo:g}" if wanted and wanted.tempo else "",
        "key": (wanted.key or "") if wanted else "",
        "drums": "" if wanted is None or wanted.drums is None else "yes" if wanted.drums else "no",
    }
    return Row(
        name=sound.name,
        file=str(sound.path),
        id=(asked.id or str(asked.number)) if asked else sound.name,
        prompt=asked.texts[0] if asked else "",
        asked={name: text for name, text in told.items() if text},
        heard={"tempo": f"{facts.tempo:.0f}", "key": facts.key or "none", "drums": "yes" if facts.drums else "no"},
        values={name: value for one in values for name, value in one.get(sound.name, {}).items()},
    )
