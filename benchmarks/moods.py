"""How well can anybody tell the band's moods? What a perfect listener hears of its scores, and what that says.

    python benchmarks/moods.py [--pieces 3000]

The band draws a mood, and by it a mode, a tempo, registers, density, touch and brightness, each with some chance; so
the same music can come of several moods. The first rows are exact: the likeliest mood when style, tempo and mode are
known (Bayes). The others are a small network that also knows the score's traits and, last, the tilt of the spectrum
that brightness gives the mix, blurred by the engineer's taste and by what else tilts a mix. They were learned from
four pieces of five and are told of the fifth. An ear that listens to sound cannot do better.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from statistics import fmean, median

import numpy as np
import torch
from figures import publish
from numpy.typing import NDArray
from rich.progress import track
from torch import nn
from torch.nn import functional

from songloom.band import corpus
from songloom.band.moods import MOODS
from songloom.band.piece import ROLES, Part, Piece
from songloom.band.styles.table import STYLES
from songloom.metrics.confidence import share
from songloom.metrics.ear import quarter
from songloom.metrics.mood_rules import LEAST, MODES, mood_rules

SEED = 777
NAMES, QUARTERS = tuple(MOODS), tuple(sorted({quarter(name) for name in MOODS}))
Rows = NDArray[np.float64]


def by_rules(pieces: Sequence[Piece]) -> tuple[Rows, Rows, Rows]:
    """Log chances [N, moods] of each mood in a piece's style, of the piece's tempo (whole beats per minute) in each
    mood, and of its mode in each mood."""
    rules = mood_rules(tuple(STYLES), NAMES)
    style = torch.tensor([tuple(STYLES).index(piece.style) for piece in pieces])
    mode = torch.tensor([MODES.index(piece.mode) for piece in pieces])
    beats = torch.tensor([piece.tempo for piece in pieces], dtype=torch.double)
    tempo = rules.tempo_chances(beats, 0.5)[torch.arange(len(pieces)), style]
    first, second, third = (
        rows.clamp_min(LEAST).log().numpy() for rows in (rules.taste[style], tempo, rules.modes[style, :, mode])
    )
    return first, second, third


def traits(piece: Piece) -> list[float]:
    """What a score shows besides style, tempo and mode: of each role register, span, density and touch."""
    first = {part.role: part for part in reversed(piece.parts)}
    return [value for role in ROLES for value in _played(first.get(role), piece.beats)]


def _played(part: Part | None, beats: int) -> list[float]:
    if part is None:
        return [0.0] * 6
    pitches, starts = [note.pitch for note in part.notes], [note.start for note in part.notes]
    gaps = [gap for gap in np.diff(starts) if gap > 0.05] or [1.0]
    touch = median(note.length for note in part.notes) / median(gaps)
    return [1.0, fmean(pitches) / 12, (max(pitches) - min(pitches)) / 12, len(pitches) / beats, touch, median(gaps)]


def learned(known: Rows, features: Rows, moods: NDArray[np.int64], taught: int, steps: int = 900) -> Rows:
    """Log chances [N, moods] by a network that corrects `known` by `features` [N, P], taught by the first rows."""
    torch.manual_seed(0)
    features = np.clip((features - features[:taught].mean(0)) / (features[:taught].std(0) + 1e-6), -4, 4)
    inputs, base = torch.from_numpy(np.concatenate([features, known], 1)).float(), torch.from_numpy(known).float()
    net = nn.Sequential(
        nn.Dropout(0.1), nn.Linear(inputs.shape[1], 96), nn.GELU(), nn.Dropout(0.4), nn.Linear(96, len(NAMES))
    )
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=0.1)
    target = torch.from_numpy(moods)
    for _ in range(steps):
        rows = torch.randint(taught, (256,))
        loss = functional.cross_entropy(base[rows] + net(inputs[rows]), target[rows])
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    net.eval()
    with torch.no_grad():
        found: Rows = (base + net(inputs)).double().numpy()
    return found


def judged(chances: Rows, moods: Sequence[int]) -> list[str]:
    """How often the likeliest mood, and the likeliest quarter of moods, is right."""
    member = np.array([[quarter(name) == one for one in QUARTERS] for name in NAMES], dtype=float)
    guess, place = chances.argmax(1), (np.exp(chances) @ member).argmax(1)
    quarters = [QUARTERS[one] == quarter(NAMES[mood]) for one, mood in zip(place, moods, strict=True)]
    return [str(share([bool(one == mood) for one, mood in zip(guess, moods, strict=True)])), str(share(quarters))]


def main() -> None:
    """Reads the options, composes, judges, prints."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pieces", type=int, default=3000)
    count = options.parse_args().pieces
    pieces = [corpus.compose_piece(SEED, index) for index in track(range(count), "composing")]
    moods = np.array([NAMES.index(piece.mood) for piece in pieces])
    style, tempo, mode = by_rules(pieces)
    score, taught = np.array([traits(piece) for piece in pieces]), 4 * count // 5
    rng = np.random.default_rng(0)
    tilt = np.array([[10.0 * piece.brightness] for piece in pieces]) + rng.uniform(-1.0, 1.0, (count, 1))
    known = style + tempo + mode
    rows = [
        ["style", *judged(style[taught:], moods[taught:])],
        ["style and mode", *judged((style + mode)[taught:], moods[taught:])],
        ["style and tempo", *judged((style + tempo)[taught:], moods[taught:])],
        ["style, tempo and mode", *judged(known[taught:], moods[taught:])],
        ["and the score", *judged(learned(known, score, moods, taught)[taught:], moods[taught:])],
    ]
    for blur in (3.0, 0.0):
        heard = np.concatenate([score, tilt + rng.normal(0.0, blur, tilt.shape)], 1)
        found = learned(known, heard, moods, taught)
        rows.append([f"and the tilt of the mix, blurred by {blur:g} dB", *judged(found[taught:], moods[taught:])])
    note = f"{count - taught} of {count} pieces; 95 % intervals in brackets; {len(NAMES)} moods, 4 quarters."
    publish("moods", ["what is known", "mood right", "quarter right"], rows, note)


if __name__ == "__main__":
    main()
