"""Captions of music that nobody described: what is heard in it with some confidence, in several wordings.

Styles, moods and instruments are an embedder's tags, tempo and key the estimators' own. What is doubtful is not said,
so a caption may be short; nothing is said of what is not heard.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields

from songloom.band.captions import filled, slots_of
from songloom.band.facts import joined, speeds
from songloom.band.words import MOODS, STYLES
from songloom.data.manifest import Caption
from songloom.inference.tagging import Tags

ESTIMATED = "estimated"
"""The source of such captions."""
SURE = {"styles": 0.4, "moods": 0.6, "instruments": 0.2}
"""Probabilities from which a tag is believed (docs/finetune.md has what they are worth)."""
MOST_INSTRUMENTS = 4
MINOR = ("minor", "dorian", "phrygian", "aeolian", "locrian")

PHRASES = (
    "{mood} {style} with {instruments}",
    "{style} with {instruments}",
    "{speed} {style} {thing}",
    "{mood} {style} {thing}",
    "{style} {thing} at {tempo}",
    "{speed} {mood} music",
    "{speed} music with {instruments}",
    "{quality} music with {instruments}",
    "music in {key}, {tempo}",
    "{speed} {quality} music",
    "{style} {thing}",
    "{mood} music",
    "{speed} music",
    "music with {instruments}",
    "music in {key}",
)
SENTENCES = (
    "A(n) {mood} {style} {thing} with {instruments} at {tempo}.",
    "A(n) {style} {thing} in {key} with {instruments}.",
    "This {style} {thing} is played on {instruments}, at {tempo}.",
    "A(n) {speed} {style} {thing} at {tempo} in {key}.",
    "A(n) {speed} {style} {thing} in {key}.",
    "A(n) {speed} piece of music in {key}, with {instruments}.",
    "Here {instruments} can be heard, at {tempo}.",
    "A(n) {mood} piece of music at {tempo} in {key}.",
    "A piece of music in {key} that moves at {tempo}.",
    "A(n) {speed} piece of music at {tempo}.",
    "A(n) {quality} piece of music with {instruments}.",
    "A(n) {style} {thing} with {instruments}.",
    "This {thing} is {style}.",
    "A piece of music with {instruments}.",
    "A piece of music in {key}.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What is believed of a piece: labels of the built-in sets, `tempo` in beats per minute, `key` as "A minor"."""

    style: str | None = None
    mood: str | None = None
    instruments: tuple[str, ...] = ()
    tempo: float | None = None
    key: str | None = None

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


def believed(tags: Tags, tempo: float | None, key: str | None) -> Heard:
    """What is sure enough of an embedder's tags, beside a tempo and a key that are."""

    def sure(name: str) -> list[str]:
        return [tag.label for tag in tags.get(name, ()) if tag.probability >= SURE[name]]

    style, mood = (next(iter(sure(name)), None) for name in ("styles", "moods"))
    named: list[str] = []
    for instrument in sure("instruments"):
        if not any(instrument in said for said in (style or "", *named)):  # no organ beside a church organ
            named.append(instrument)
    return Heard(style=style, mood=mood, instruments=tuple(named[:MOST_INSTRUMENTS]), tempo=tempo, key=key)


def wordings(heard: Heard, seed: str) -> tuple[Caption, ...]:
    """Tags, two phrases and two sentences, or as many different ones as what is heard gives; the same for one seed.
    None where nothing is heard."""
    if not heard:
        return ()
    rng = random.Random(seed)
    texts = {_tags(heard): "tags"}
    for kind, templates, count in (("phrase", PHRASES, 2), ("sentence", SENTENCES, 2)):
        for template in _telling(templates, heard, rng)[:count]:
            text = filled(template, _slots(heard, rng))
            texts.setdefault(text[:1].upper() + text[1:] if kind == "sentence" else text, kind)
    return tuple(Caption(kind, text, ESTIMATED) for text, kind in texts.items())


def _tags(heard: Heard) -> str:
    tempo = f"{heard.tempo:.0f} BPM" if heard.tempo else None
    return ", ".join(filter(None, (heard.style, heard.mood, *heard.instruments, tempo, heard.key)))


def _telling(templates: Sequence[str], heard: Heard, rng: random.Random) -> list[str]:
    """The templates whose slots are all known, those that tell most first."""
    known = _slots(heard, rng).keys()
    usable = [template for template in templates if known >= set(slots_of(template))]
    return sorted(usable, key=lambda template: (-len(slots_of(template)), rng.random()))


def _slots(heard: Heard, rng: random.Random) -> dict[str, str]:
    """A wording of each thing that is heard."""
    found = {"thing": "piece"}
    if heard.style:
        found |= {"style": rng.choice(STYLES[heard.style].words), "thing": rng.choice(STYLES[heard.style].things)}
    if heard.mood:
        found["mood"] = rng.choice(MOODS[heard.mood].words)
    if heard.instruments:
        found["instruments"] = joined(heard.instruments)
    if heard.tempo:
        found |= {"tempo": f"{heard.tempo:.0f} BPM", "speed": rng.choice(speeds(heard.tempo))}
    if heard.key:
        found |= {"key": heard.key, "quality": "minor-key" if heard.key.split()[-1] in MINOR else "major-key"}
    return found
