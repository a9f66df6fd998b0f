"""The characters of melodies: which rhythms, how wide, how smooth, how much repeated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Character:
    """A melodic manner. `schemes` are four-bar plans: letters are ideas, "+" and "-" after one sequence it a
    step up or down, "." is a silent bar, "c" a cadence. `span` is the ambitus in semitones, `legato` the share
    of a note that sounds, `leap` the chance of a leap, `approach` that of a chromatic approach note, `pickup`
    that of an upbeat, `vary` the share of a returning section that changes; a `broken` melody runs through chord
    tones as a prelude does; `colour` is the scale: "full", "pentatonic" or "blues"."""

    family: str
    schemes: tuple[str, ...]
    span: int = 14
    legato: float = 0.95
    leap: float = 0.25
    approach: float = 0.0
    pickup: float = 0.3
    vary: float = 0.25
    broken: bool = False
    colour: str = "full"


_PERIODS = ("a b a c", "a a+ b c", "a b b- c", "a a b c", "a b a+ c")
_RIFFS = ("a a a b", "a b a b", "a a b a", "a b a c")
_CALLS = ("a . a c", "a . b .", "a b . c", "a . a+ .")

CHARACTERS: dict[str, Character] = {
    "singing": Character("lyrical", _PERIODS, 14, 1.0, 0.25),
    "pop": Character("pop", _PERIODS, 12, 0.9, 0.2, colour="pentatonic"),
    "anthem": Character("anthem", _PERIODS, 14, 1.0, 0.35, pickup=0.4),
    "folk": Character("folk", _PERIODS, 14, 0.9, 0.25, pickup=0.5),
    "fiddle": Character("sixteenths", ("a b a c", "a a+ b c"), 16, 0.85, 0.3),
    "swing": Character("swing", ("a b a c", "a a+ b c", "a . b c"), 15, 0.85, 0.25, approach=0.25, vary=0.4),
    "bebop": Character("swing", ("a b d c", "a b d e"), 19, 0.85, 0.3, approach=0.35, vary=0.7),
    "blues": Character("swing", _CALLS, 14, 0.9, 0.25, approach=0.2, vary=0.4, colour="blues"),
    "latin": Character("latin", _PERIODS, 14, 0.85, 0.25, approach=0.1),
    "soul": Character("pop", _CALLS, 14, 0.9, 0.3, approach=0.12, pickup=0.5, colour="pentatonic"),
    "funk riff": Character("funk", _RIFFS, 12, 0.6, 0.3, approach=0.1, vary=0.15, colour="pentatonic"),
    "rock riff": Character("driving", _RIFFS, 12, 0.8, 0.3, approach=0.05, vary=0.15, colour="pentatonic"),
    "solo": Character("sixteenths", ("a b d c", "a a+ b c"), 20, 0.95, 0.3, vary=0.5, colour="pentatonic"),
    "hook": Character("hook", _RIFFS, 12, 0.8, 0.3, vary=0.15, colour="pentatonic"),
    "rap hook": Character("triplet flow", _RIFFS, 10, 0.85, 0.2, vary=0.2, colour="pentatonic"),
    "sparse": Character("sparse", ("a . b .", "a b . c", "a b a c"), 14, 1.0, 0.35, pickup=0.0),
    "classical": Character("lyrical", ("a b a c", "a a+ b c", "a b d c"), 16, 0.97, 0.3, pickup=0.4, vary=0.35),
    "virtuoso": Character("sixteenths", ("a b d c", "a a+ a- c", "a b a c"), 22, 0.9, 0.3, vary=0.35),
    "lullaby": Character("folk", ("a a b c", "a b a c"), 12, 1.0, 0.2, pickup=0.1, vary=0.15),
    "hymn": Character("chorale", _PERIODS, 12, 1.0, 0.15, pickup=0.0, vary=0.15),
    "prelude": Character("figuration", ("a a b c", "a b a c", "a a+ b c"), 22, 0.95, 0.1, pickup=0.0, broken=True),
    "jig": Character("jig", ("a b a c", "a a+ b c"), 15, 0.85, 0.3, pickup=0.4),
    "chip": Character("sixteenths", _RIFFS, 17, 0.7, 0.35, vary=0.2),
}
