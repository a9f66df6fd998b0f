"""What may truly be said of a piece, as phrases ready for a sentence; every phrase is drawn from what is there.

A `Facts` object is one writer's view of one piece: it knows which slots a sentence may use ("tempo", "lead",
"meter", ...) and words each of them anew on every call, so two captions of a piece differ.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

from songloom.band.labels import is_pitched, sounding_parts
from songloom.band.piece import PITCH_NAMES, Part, Piece
from songloom.band.sounds import SOUNDS
from songloom.band.words import Wording, mood_wording, style_wording

OTHER_SPELLING = {"C#": "Db", "Eb": "D#", "F#": "Gb", "Ab": "G#", "Bb": "A#"}
MINOR_MODES = ("minor", "dorian", "phrygian", "harmonic minor", "melodic minor", "aeolian", "locrian")
SLOW, FAST = 84.0, 122.0

_SPEEDS = {
    "slow": ("slow", "slow-paced", "low-tempo", "unhurried", "slow-moving"),
    "mid": ("mid-tempo", "medium-tempo", "moderately paced", "moderate-tempo", "walking-pace"),
    "fast": ("fast", "fast-paced", "up-tempo", "quick", "uptempo"),
}
_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


class Facts:
    """Phrases of one piece; `held_out` takes style, mood and scene from the wordings that training never sees."""

    def __init__(self, piece: Piece, rng: random.Random, *, held_out: bool = False) -> None:
        self.piece, self.rng, self.held_out = piece, rng, held_out
        self.parts = sounding_parts(piece)
        self.style, self.mood = style_wording(piece.style, len(self.parts)), mood_wording(piece.mood)

    def slots(self) -> dict[str, str]:
        """Every phrase that is true of the piece, one random wording each, by slot name."""
        moods = self._words(self.mood)
        first, second = (self.rng.sample(moods, 2) * 2)[:2] if len(moods) > 1 else (moods[0], moods[0])
        filled = {
            "mood": first,
            "mood2": second,
            "style": self.rng.choice(self._words(self.style)),
            "thing": self.rng.choice(self.style.things),
            "speed": self.speed(),
            "tempo": self.tempo(),
            "key": self.key(),
            "quality": self.quality(),
            "instruments": joined(self.instruments()),
            "meter": self.meter(),
            "scene": self.scene(),
            "sound": self.sound(),
            "structure": self.structure(),
            "dynamics": self.dynamics(),
            "absence": self.absence("no drums", "no percussion", "no drums at all", "no beat"),
            "without": self.absence("without drums", "without percussion", "without a beat", "without any drums"),
            "banger": self.banger(),
            "rhythm": self.rhythm(),
            **self.players(),
        }
        return {name: phrase for name, phrase in filled.items() if phrase}

    def speed(self) -> str:
        """A word for the tempo."""
        return self.rng.choice(speeds(self.piece.tempo))

    def tempo(self) -> str:
        """The tempo in beats per minute, sometimes rounded to fives and then said to be so."""
        exact = round(self.piece.tempo)
        if self.rng.random() < 0.12:
            about = 5 * round(self.piece.tempo / 5)
            return self.rng.choice((f"around {about} BPM", f"about {about} bpm", f"roughly {about} BPM"))
        forms = (f"{exact} BPM", f"{exact} bpm", f"{exact} BPM", f"{exact}bpm", f"{exact} beats per minute")
        if self.rng.random() < 0.06:
            return f"{in_words(exact)} beats per minute"
        return self.rng.choice(forms)

    def key(self) -> str:
        """The key, where anything pitched plays: "A minor", "Am", "Bb major", "C sharp minor", "D dorian"."""
        if not is_pitched(self.piece):
            return ""
        name = PITCH_NAMES[self.piece.tonic]
        if name in OTHER_SPELLING and self.rng.random() < 0.4:
            name = OTHER_SPELLING[name]
        chance = self.rng.random()
        if chance < 0.15 and self.piece.mode == "minor":
            return f"{name}m"
        if chance < 0.3 and len(name) == 2:
            name = f"{name[0]} {'sharp' if name[1] == '#' else 'flat'}"
        if self.piece.mode in ("harmonic minor", "melodic minor") and self.rng.random() < 0.7:
            return f"{name} minor"
        return f"{name} {self.piece.mode}"

    def quality(self) -> str:
        """Whether the key is a minor or a major one, where anything pitched plays."""
        if not is_pitched(self.piece):
            return ""
        return "minor-key" if self.piece.mode in MINOR_MODES else "major-key"

    def instruments(self, most: int = 4) -> list[str]:
        """Some of the instruments, the most prominent first; those of the same plain name are named once."""
        chosen: dict[str, str] = {}
        count = self.rng.randint(1, most)
        for part in self.parts:
            chosen.setdefault(SOUNDS[part.sound].words[0], self._name(part))
        names = list(dict.fromkeys(chosen.values()))
        return names[:count] if self.rng.random() < 0.6 else self._some(names, count)

    def players(self) -> dict[str, str]:
        """Who plays which role, as "lead", "backing", "bass", "drums", and "alone" for a single player."""
        first: dict[str, Part] = {}
        for part in self.parts:
            first.setdefault(part.role, part)
        roles = {"lead": ("melody",), "backing": ("chords", "pad", "arpeggio"), "bass": ("bass",), "drums": ("drums",)}
        found = {}
        for slot, names in roles.items():
            player = next((first[name] for name in names if name in first), None)
            if player is not None:
                found[slot] = self._name(player)
        if len({part.sound for part in self.parts}) == 1:
            found["alone"] = self._name(self.parts[0])
        if found.get("lead") == found.get("backing"):
            found.pop("backing", None)
        return found

    def meter(self) -> str:
        """The meter where it is worth a word."""
        wordings = {
            "3/4": ("3/4", "waltz time", "three-four time", "3/4 time"),
            "6/8": ("6/8", "6/8 time", "six-eight time", "a lilting 6/8"),
            "4/4": ("4/4", "4/4 time", "common time"),
        }
        return self.rng.choice(wordings[self.piece.meter.name])

    def scene(self) -> str:
        """Where the music belongs, as an adverbial ("for studying")."""
        if self.held_out:
            scenes: Sequence[str] = self.mood.held_out_scenes
        else:
            scenes = (*self.mood.scenes, *self.style.scenes)
        return self.rng.choice(scenes) if scenes else ""

    def sound(self) -> str:
        """The colour of the sound, where brightness or intensity is marked."""
        bright, intense = self.piece.brightness, self.piece.intensity
        phrases = [
            *(("a bright sound", "crisp highs", "a shimmering top end") if bright >= 0.68 else ()),
            *(("a muted tone", "a dim, rounded sound", "soft highs") if bright <= 0.32 else ()),
            *(("a loud, forceful delivery", "a big, punchy mix", "hard-played notes") if intense >= 0.8 else ()),
            *(("a soft touch", "a delicate delivery", "a hushed, low-volume feel") if intense <= 0.28 else ()),
        ]
        return self.rng.choice(phrases) if phrases else ""

    def structure(self) -> str:
        """What the form does, as a clause without a subject ("opens with an intro")."""
        names = [section.name for section in self.piece.sections]
        clauses = [
            *(("opens with an intro", "begins with a short introduction") if names[:1] == ["intro"] else ()),
            *(("closes with an outro", "winds down in an outro") if names[-1:] == ["outro"] else ()),
            *(("builds up to a drop", "has a build-up and a drop") if {"build", "drop"} <= set(names) else ()),
            *(("strips down for a breakdown", "has a break before it comes back") if "break" in names else ()),
            *(("moves from a verse into a chorus", "alternates verse and chorus") if {"verse", "chorus"} <= set(names)
              else ()),
            *(("adds a bridge",) if "bridge" in names else ()),
        ]  # fmt: skip
        return self.rng.choice(clauses) if clauses else ""

    def dynamics(self) -> str:
        """How the energy moves, as a clause without a subject ("grows steadily fuller")."""
        energies = [section.energy for section in self.piece.sections]
        if not energies:
            return ""
        if max(energies) - min(energies) < 0.12:
            return self.rng.choice(("keeps an even level throughout", "stays at one level from start to end"))
        rising = all(later >= earlier - 0.03 for earlier, later in pairwise(energies))
        if rising:
            return self.rng.choice(("grows fuller towards the end", "builds step by step", "keeps gaining energy"))
        return self.rng.choice(("rises and falls in energy", "moves between fuller and thinner passages"))

    def absence(self, *wordings: str) -> str:
        """That there are no drums, when nothing is struck at all."""
        struck = any(SOUNDS[part.sound].family in ("drums", "percussion") for part in self.parts)
        if struck or any(part.role in ("drums", "percussion") for part in self.parts):
            return ""
        return self.rng.choice(wordings)

    def banger(self) -> str:
        """The held-out word for a track with force."""
        return "banger" if self.held_out and self.piece.intensity >= 0.5 and self.piece.tempo >= 100 else ""

    def rhythm(self) -> str:
        """Swing or straight time, where something keeps time."""
        if self.piece.swing >= 0.4:
            return self.rng.choice(("a swung rhythm", "a swinging feel", "swung eighth notes", "a shuffling feel"))
        if self.piece.has_drums and self.piece.swing < 0.1:
            return self.rng.choice(("a straight rhythm", "a steady beat", "a steady, straight groove"))
        return ""

    def _name(self, part: Part) -> str:
        words = SOUNDS[part.sound].words
        return words[0] if self.rng.random() < 0.5 else self.rng.choice(words)

    def _words(self, wording: Wording) -> tuple[str, ...]:
        return wording.held_out if self.held_out and wording.held_out else wording.words

    def _some(self, names: list[str], count: int) -> list[str]:
        kept = sorted(self.rng.sample(range(len(names)), min(count, len(names))))
        return [names[index] for index in kept]


def speeds(tempo: float) -> tuple[str, ...]:
    """The words for a tempo in beats per minute."""
    return _SPEEDS["slow" if tempo < SLOW else "fast" if tempo > FAST else "mid"]


def joined(names: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def in_words(number: int) -> str:
    """A whole number 0..999 in English: "one hundred and twenty-eight"."""
    if number < 20:
        return _SMALL[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return _TENS[tens] + (f"-{_SMALL[rest]}" if rest else "")
    hundreds, rest = divmod(number, 100)
    return f"{_SMALL[hundreds]} hundred" + (f" and {in_words(rest)}" if rest else "")
