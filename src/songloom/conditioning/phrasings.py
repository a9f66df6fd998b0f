"""The glossary as people would type it: its phrases alone, and among moods, instruments, tempo and key.

A prompt seldom holds nothing but the words for a style. A reader that learns them among other words finds them there;
where those are a clip's own (`worded`), it also learns what goes together. The frames are none of those that captions
or held-out prompts are made with.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from songloom.band.sounds import BEATEN, SOUNDS
from songloom.band.words import mood_wording, style_wording
from songloom.conditioning import associations, glossary

SEED = 1
FRAMED_STYLES, FRAMED_MOODS = 2, 3
"""How often each phrase stands in a frame, beside once alone."""
KNOWN, UNDRUMMED = 0.25, 0.3
"""How often a clip is worded in a caption's words, and how often it is said that one without drums has none."""
ABSENCES = ("no drums", "without percussion", "drumless", "no drum kit", "nothing struck or drummed", "without a beat")

_ANY = (
    "{style} with {players}",
    "{players} playing {style}",
    "{players}, {style}",
    "{style} music",
    "{style} number",
    "{style} type of thing, {key}",
    "a song that sounds like {style}",
    "{key}, {players}, {style}",
    "{pace}, {style}",
    "can you play {style} in {key}?",
    "{players} and a feeling of {style}",
    "some {style}, {pace}",
    "{style} groove at {pace}",
    "{style}; {pace}; {key}",
)
_MOODED = (
    "{style}, {mood}",
    "{mood}, {style}",
    "{mood} {style}",
    "{mood}, {players}, {style}",
    "I want {style}, {mood}, around {pace}",
    "make me some {style} that is {mood}",
    "a {mood} piece: {style}, {players}, {key}",
    "give me {players}. {mood}. {style}.",
    "music like {style}, but {mood}",
    "{mood} track in the manner of {style}, {players} up front",
    "we need {style} for the video, {mood} please",
    "background music: {mood}, {style}",
    "my friend is into {style} and {mood} tunes",
    "{mood} mood with {style} in it at {pace}",
    "intro for a podcast, {style}, {mood}",
    "rather {mood}, with {players}, {style} if you can",
    "please play {style}. It should feel {mood}. Key: {key}.",
    "{players}: {mood}, something of {style}",
    "line-up: {players}. mood: {mood}. genre: {style}.",
    "style: {style} / feeling: {mood} / scale: {key} / speed: {pace}",
    "{style} influences, {mood} undertones",
    "a hint of {style}, {mood} atmosphere, root note {key}",
    "{style} energy, {mood} colour",
    "no singing, {style} overtones, {mood} air",
    "it is {mood} and it reminds me of {style}",
)
_UNNAMED = (
    "scored for {players}, tempo {pace}, {mood}",
    "instrumentation {players}; {pace}; {mood}",
    "instrumental for {players}, {mood}, {pace}",
    "only {players}, {mood}",
    "as {mood} as possible, {players}",
    "{mood} soundtrack of my day",
)
"""They name no style: what is heard of it is in the instruments."""
FRAMES = _ANY + _MOODED + _UNNAMED

Phrase = tuple[str, dict[str, Any]]


def of_styles(name: str) -> tuple[str, ...]:
    """All phrases for a style; none for an unknown one."""
    return (*glossary.STYLES.get(name, ()), *associations.STYLES.get(name, ()))


def of_moods(name: str) -> tuple[str, ...]:
    """All phrases for a mood; none for an unknown one."""
    return (*glossary.MOODS.get(name, ()), *associations.MOODS.get(name, ()))


def alone(styles: tuple[str, ...], moods: tuple[str, ...]) -> list[Phrase]:
    """Every phrase by itself with the style or mood that it names."""
    found: list[Phrase] = [(phrase, {"style": name}) for name in styles for phrase in of_styles(name)]
    return found + [(phrase, {"mood": name}) for name in moods for phrase in of_moods(name)]


@lru_cache(maxsize=4)
def phrasings(styles: tuple[str, ...], moods: tuple[str, ...]) -> tuple[Phrase, ...]:
    """Texts with the style and mood that they name; the same every time. Empty when the glossary knows none of the
    names."""
    rng = random.Random(SEED)
    of_style = [(phrase, name) for name in styles for phrase in of_styles(name)]
    of_mood = [(phrase, name) for name in moods for phrase in of_moods(name)]
    found = alone(styles, moods)
    if of_style and of_mood:
        for chosen in of_style:
            found += [_framed(chosen, rng.choice(of_mood), rng, _ANY + _MOODED) for _ in range(FRAMED_STYLES)]
        for chosen in of_mood:
            found += [_framed(rng.choice(of_style), chosen, rng, _MOODED) for _ in range(FRAMED_MOODS)]
    return tuple(found)


def worded(labels: Mapping[str, Any], rng: random.Random) -> Phrase | None:
    """What somebody may type for a clip with these labels, and what is to be read in it: its style and mood in words of
    the glossary, or now and then of captions, among its own instruments, tempo and key. None for a clip without style,
    mood or instruments."""
    style, mood, players = (
        labels.get("style"),
        labels.get("mood"),
        [str(one) for one in labels.get("instruments") or ()],
    )
    if not (style and mood and players):
        return None
    frame = rng.choice(FRAMES)
    some = rng.sample(players, rng.randint(1, min(4, len(players))))
    text = frame.format(
        style=_said(of_styles(style), style_wording(style, len(players)).words, rng),
        mood=_said(of_moods(mood), mood_wording(mood).words, rng),
        players=_listed(some, rng),
        pace=f"{round(labels['tempo'])} {rng.choice(_PACES)}" if labels.get("tempo") else _pace(rng),
        key=labels.get("key") or _key(rng),
    )
    if not BEATEN & set(labels.get("families") or ("drums",)) and rng.random() < UNDRUMMED:
        text = rng.choice((f"{text}, {rng.choice(ABSENCES)}", f"{rng.choice(ABSENCES)}, {text}"))
    heard = {"style": "{style}" in frame or "{players}" in frame, "mood": "{mood}" in frame, "families": True}
    return text, {name: labels[name] for name, said in heard.items() if said and labels.get(name)}


def _said(phrases: tuple[str, ...], words: tuple[str, ...], rng: random.Random) -> str:
    return rng.choice(words if not phrases or rng.random() < KNOWN else phrases)


def _framed(style: tuple[str, str], mood: tuple[str, str], rng: random.Random, frames: tuple[str, ...]) -> Phrase:
    """One style and, where the frame has a place for it, one mood, among anything."""
    frame = rng.choice(frames)
    labels = {"style": style[1]} | ({"mood": mood[1]} if "{mood}" in frame else {})
    return frame.format(style=style[0], mood=mood[0], players=_players(rng), pace=_pace(rng), key=_key(rng)), labels


def _players(rng: random.Random) -> str:
    return ", ".join(rng.choice(sound.words) for sound in rng.sample(list(SOUNDS.values()), rng.randint(1, 3)))


def _listed(names: list[str], rng: random.Random) -> str:
    """ "a, b, c" or "a, b and c"."""
    if len(names) < 2 or rng.random() < 0.5:
        return ", ".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


_PACES = ("bpm", "BPM", "beats per minute")


def _pace(rng: random.Random) -> str:
    return f"{rng.randint(50, 190)} {rng.choice(_PACES)}"


def _key(rng: random.Random) -> str:
    return f"{rng.choice('CDEFGAB')}{rng.choice(('', '#', 'b', ' flat'))} {rng.choice(('major', 'minor'))}"
