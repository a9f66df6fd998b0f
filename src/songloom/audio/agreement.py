"""How well a measured tempo or key agrees with the one that was asked for."""

from __future__ import annotations

from typing import Final, Literal

TEMPO_TOLERANCE: Final = 0.04
OCTAVES: Final = (1.0, 2.0, 0.5, 3.0, 1.0 / 3.0)
Relation = Literal["same", "fifth above", "relative", "parallel", "other"]
KEY_WEIGHTS: Final[dict[Relation, float]] = {
    "same": 1.0,
    "fifth above": 0.5,
    "relative": 0.3,
    "parallel": 0.2,
    "other": 0.0,
}
_TONICS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SIGNS: Final = {"#": 1, "b": -1}


def tempo_agrees(measured: float, asked: float, *, octaves: bool = False, tolerance: float = TEMPO_TOLERANCE) -> bool:
    """Whether `measured` is within `tolerance` (relative) of `asked` beats per minute; with `octaves` also of
    its double, half, triple or third (MIREX Accuracy 1 and 2, Gouyon et al. 2006)."""
    factors = OCTAVES if octaves else (1.0,)
    return any(abs(measured - asked * factor) <= tolerance * asked * factor for factor in factors)


def parse_key(key: str) -> tuple[int, bool]:
    """("F# minor") -> (tonic pitch class 0..11, whether minor). Raises ValueError for other spellings."""
    name, _, mode = key.partition(" ")
    if name[:1] not in _TONICS or name[1:] not in ("", "#", "b") or mode not in ("major", "minor"):
        raise ValueError(f"key {key!r} is not spelled as in 'F# minor' or 'Bb major'")
    return (_TONICS[name[0]] + _SIGNS.get(name[1:], 0)) % 12, mode == "minor"


def key_relation(measured: str, asked: str) -> Relation:
    """What `measured` is to the key that was asked for, both as in "F# minor"."""
    (tonic, minor), (wanted, wanted_minor) = parse_key(measured), parse_key(asked)
    up = (tonic - wanted) % 12
    if minor == wanted_minor:
        return "same" if up == 0 else "fifth above" if up == 7 else "other"
    if up == (3 if wanted_minor else 9):
        return "relative"
    return "parallel" if up == 0 else "other"


def key_score(measured: str, asked: str) -> float:
    """MIREX weighted key score: 1 the same, 0.5 a fifth above, 0.3 relative, 0.2 parallel, else 0."""
    return KEY_WEIGHTS[key_relation(measured, asked)]
