"""Prompts for measuring: a held-out piece, one wording of it, and which of its traits that wording names.

A generator is judged on what its prompt says, so tempo, key, style and mood count only where they are named.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from songloom.band.captions import captions, held_out_prompts
from songloom.band.facts import OTHER_SPELLING
from songloom.band.labels import is_pitched, sounding_parts
from songloom.band.piece import PITCH_NAMES, Piece
from songloom.band.sounds import SOUNDS
from songloom.band.words import mood_wording, style_wording
from songloom.conditioning.musical import is_minor

FACTS = frozenset({"tempo", "key", "style", "mood", "drums", "families"})
TRIES = 6
INSTRUMENTS = frozenset(word.lower() for sound in SOUNDS.values() for word in sound.words)
_BEATS = re.compile(r"\d\s?bpm\b|beats per minute", re.IGNORECASE)
_DRUMS = re.compile(
    r"\b(drums?|drum (kit|machine)|(no|without) percussion|brushes|breakbeats|no beat|without a beat)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt and the truth of the piece that it describes.

    `key` is "A minor" or "C major" (modes by their third), None for drums alone; `named` holds those of FACTS that
    the prompt speaks of; `named_families` are the families of the instruments in it. `drums` says whether any sound,
    be it a kit or congas: no prompt rules out drums of a piece with either.
    """

    prompt: str
    style: str
    mood: str
    tempo: float
    key: str | None
    drums: bool
    families: tuple[str, ...]
    named_families: tuple[str, ...]
    named: frozenset[str]


def caption_prompt(piece: Piece, seed: str) -> Asked:
    """One of the fullest of some captions of `piece`, in the words of training captions; drawn by `seed`."""
    rng = random.Random(f"caption {seed}")
    return fullest(piece, [caption.text for _ in range(TRIES) for caption in captions(piece, rng)], rng)


def held_out_prompt(piece: Piece, seed: str) -> Asked:
    """One of the fullest of some prompts of `piece` in wordings that no caption uses; drawn by `seed`."""
    rng = random.Random(f"held out {seed}")
    return fullest(piece, held_out_prompts(piece, rng, 6 * TRIES), rng)


def fullest(piece: Piece, texts: Sequence[str], rng: random.Random) -> Asked:
    """A random one of those texts that name the most of tempo, key, style and mood, and instruments."""
    read = [asked(piece, text) for text in dict.fromkeys(texts)]
    most = max(len(one.named) for one in read)
    return rng.choice([one for one in read if len(one.named) == most])


def asked(piece: Piece, prompt: str) -> Asked:
    """What `prompt`, which must be true of `piece`, names of it."""
    parts = sounding_parts(piece)
    sounds = [SOUNDS[part.sound] for part in parts]
    families = tuple(dict.fromkeys(sound.family for sound in sounds))
    spoken = tuple(dict.fromkeys(sound.family for sound in sounds if _says(prompt, sound.words)))
    style, mood = style_wording(piece.style, len(parts)), mood_wording(piece.mood)
    named = {
        "tempo": bool(_BEATS.search(prompt)),
        "key": is_pitched(piece) and bool(_key_pattern(piece).search(prompt)),
        "style": _says_itself(prompt, (*style.words, *style.held_out)),
        "mood": _says_itself(prompt, (*mood.words, *mood.held_out, *mood.scenes, *mood.held_out_scenes)),
        "drums": bool(_DRUMS.search(prompt)),
        "families": bool(spoken),
    }
    key = f"{PITCH_NAMES[piece.tonic]} {'minor' if is_minor(piece.mode) else 'major'}" if is_pitched(piece) else None
    return Asked(
        prompt,
        piece.style,
        piece.mood,
        piece.tempo,
        key,
        "drums" in families,
        families,
        spoken,
        frozenset(name for name, said in named.items() if said),
    )


def _says_itself(text: str, words: Sequence[str]) -> bool:
    """Whether one of the wordings stands in the text outside of the longer names of instruments: who asks for rock
    drums does not ask for rock."""
    for name in sorted(name for name in INSTRUMENTS if name in text.lower()):
        if any(name != word.lower() and _says(name, (word,)) for word in words if word.lower() in name):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", text, flags=re.IGNORECASE)
    return _says(text, words)


def _says(text: str, words: Sequence[str]) -> bool:
    """Whether one of the wordings stands in the text as whole words."""
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) for word in words)


def _key_pattern(piece: Piece) -> re.Pattern[str]:
    """The spellings of a piece's key: "Eb minor", "D# minor", "E flat minor", "Ebm"."""
    names = [PITCH_NAMES[piece.tonic]]
    names += [OTHER_SPELLING[name] for name in names if name in OTHER_SPELLING]
    names += [f"{name[0]} {'sharp' if name[1] == '#' else 'flat'}" for name in names if len(name) == 2]
    modes = sorted({piece.mode, "minor" if is_minor(piece.mode) else "major"}, key=len, reverse=True)
    spelled = "|".join(re.escape(name) for name in names)
    return re.compile(rf"(?<!\w)(?:{spelled})(?:m(?!\w)| (?:{'|'.join(modes)})(?!\w))", re.IGNORECASE)
