"""The embedder that ships with the package: small, and its texts find the band's music.

These tests wait for the weights, which `make weights` makes.
"""

from __future__ import annotations

import random
from functools import cache

import pytest
import torch
from torch import Tensor

from songloom.audio.resample import resample
from songloom.band.captions import captions
from songloom.band.composer import draw
from songloom.band.piece import Piece
from songloom.band.render import render
from songloom.conditioning import glossary
from songloom.metrics.retrieval import average_precision, chance_precision
from songloom.systems import registry
from songloom.systems.roles import Embedder

NAME, SECONDS = "shuttle", 12.0
pytestmark = pytest.mark.skipif(NAME not in registry.embedded(), reason=f"the weights of {NAME} are not made yet")


@cache
def embedder() -> Embedder:
    torch.set_num_threads(1)
    system: Embedder = registry.load(NAME)
    return system


@cache
def music() -> tuple[list[Piece], Tensor]:
    """Pieces of twelve styles that no training has seen, and their vectors."""
    pieces: dict[str, Piece] = {}
    seed = 77_000_001
    while len(pieces) < 12:
        piece = draw(seed, seconds=SECONDS)
        pieces.setdefault(piece.style, piece)
        seed += 1
    rows = []
    for piece in pieces.values():
        audio = render(piece)
        mono = torch.from_numpy(audio.mix).mean(0, keepdim=True)
        rows.append(embedder().embed_audio(resample(mono, audio.sample_rate, embedder().sample_rate)[None]))
    return list(pieces.values()), torch.cat(rows)


def test_its_weights_are_small() -> None:
    size = sum(path.stat().st_size for path in registry.locate(NAME).rglob("*") if path.is_file())
    assert size < 25e6


def test_it_says_what_it_is() -> None:
    system = embedder()
    assert system.sample_rate == 16_000 and system.window_seconds == 10.0
    assert (registry.locate(NAME) / "README.md").is_file()


def test_captions_find_their_music_far_above_chance() -> None:
    pieces, vectors = music()
    texts = [[caption.text for caption in captions(piece, random.Random(0))] for piece in pieces]
    flat = [text for own in texts for text in own]
    right = torch.tensor([[text in own for own in texts] for text in flat])
    found = embedder().embed_text(flat) @ vectors.T
    assert float(average_precision(found, right, 10).mean()) > 1.7 * float(chance_precision(right, 10).mean())
    assert float(average_precision(found.T, right.T, 10).mean()) > 1.7 * float(chance_precision(right.T, 10).mean())


def test_words_outside_captions_lie_near_the_style_that_they_mean() -> None:
    names = sorted(glossary.STYLES)
    phrases = [phrase for name in names for phrase in glossary.STYLES[name][::12]]
    meant = torch.tensor([names.index(name) for name in names for _ in glossary.STYLES[name][::12]])
    table = embedder().embed_text(phrases) @ embedder().embed_text(names).T
    right = (table.topk(3).indices == meant[:, None]).any(1).float().mean()
    assert float(right) > 5 * 3 / len(names)


def test_long_music_is_heard_in_windows_that_do_not_change() -> None:
    wave = 0.1 * torch.randn(1, 1, 400_000, generator=torch.Generator().manual_seed(0))
    assert torch.equal(embedder().embed_audio(wave), embedder().embed_audio(wave))
