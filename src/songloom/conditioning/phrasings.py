"""The glossary as people would type it: its phrases alone, and among moods, instruments, tempo and key.

A prompt seldom holds nothing but the words for a style. A reader that learns them among other words finds them there.
The frames are none of those that captions or held-out prompts are made with.
"""

from __future__ import annotations

import random
from functools import lru_cache

from songloom.band.sounds import SOUNDS
from songloom.conditioning import glossary

SEED = 1
FRAMED_STYLES, FRAMED_MOODS = 2, 3
"""How often each phrase stands in a frame, beside once alone."""

_ANY = (
    "{style} with {players}",
    "{players} playing {style}",
    "{style} vibes",
    "a song that sounds like {style}",
    "{key}, {players}, {style}",
    "{pace}, {style}",
    "can you play {style} in {key}?",
    "{players} and a feeling of {style}",
    "some {style}, {pace}",
    "{style}; {pace}; {key}",
)
_MOODED = (
    "{style}, {mood}",
    "{mood} {style}",
    "{mood}, {players}, {style}",
    "I want {style}, {mood}, around {pace}",
    "make me some {style} that is {mood}",
    "a {mood} piece: {style}, {players}, {key}",
    "give me {players}. {mood}. {style}.",
    "music like {style}, but {mood}",
    "{mood} track in the spirit of {style}, {players} up front",
    "we need {style} for the video, {mood} please",
    "background music: {mood}, {style}",
    "my friend loves {style} and {mood} music",
    "{mood} mood with {style} in it at {pace}",
    "intro for a podcast, {style}, {mood}",
    "rather {mood}, with {players}, {style} if you can",
    "please write {style}. It should feel {mood}. Key: {key}.",
    "{players}: {mood}, something of {style}",
)
FRAMES = _ANY + _MOODED

Phrase = tuple[str, dict[str, str]]


@lru_cache(maxsize=4)
def phrasings(styles: tuple[str, ...], moods: tuple[str, ...]) -> tuple[Phrase, ...]:
    """Texts with the style and mood that they name; the same every time. Empty when the glossary knows none of the
    names."""
    rng = random.Random(SEED)
    of_style = [(phrase, name) for name in styles for phrase in glossary.STYLES.get(name, ())]
    of_mood = [(phrase, name) for name in moods for phrase in glossary.MOODS.get(name, ())]
    found: list[Phrase] = [(phrase, {"style": name}) for phrase, name in of_style]
    found += [(phrase, {"mood": name}) for phrase, name in of_mood]
    if of_style and of_mood:
        for chosen in of_style:
            found += [_framed(chosen, rng.choice(of_mood), rng, FRAMES) for _ in range(FRAMED_STYLES)]
        for chosen in of_mood:
            found += [_framed(rng.choice(of_style), chosen, rng, _MOODED) for _ in range(FRAMED_MOODS)]
    return tuple(found)


def _framed(style: tuple[str, str], mood: tuple[str, str], rng: random.Random, frames: tuple[str, ...]) -> Phrase:
    """One style and, where the frame has a place for it, one mood."""
    frame = rng.choice(frames)
    labels = {"style": style[1]} | ({"mood": mood[1]} if "{mood}" in frame else {})
    return frame.format(style=style[0], mood=mood[0], players=_players(rng), pace=_pace(rng), key=_key(rng)), labels


def _players(rng: random.Random) -> str:
    return ", ".join(rng.choice(sound.words) for sound in rng.sample(list(SOUNDS.values()), rng.randint(1, 3)))


def _pace(rng: random.Random) -> str:
    return f"{rng.randint(50, 190)} {rng.choice(('bpm', 'BPM', 'beats per minute'))}"


def _key(rng: random.Random) -> str:
    return f"{rng.choice('CDEFGAB')}{rng.choice(('', '#', 'b', ' flat'))} {rng.choice(('major', 'minor'))}"
