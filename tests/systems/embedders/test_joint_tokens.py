"""Tokens of the joint space: those of a text and of its music agree, and more books say more."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from embedder_toys import TEXTS, settings_of, sounds, taught

from songloom import checkpoint
from songloom.systems import registry
from songloom.systems.embedders.joint_tokens import JointTokens


@pytest.fixture(scope="module")
def tokens() -> JointTokens:
    torch.set_num_threads(1)
    made = JointTokens(JointTokens.Config(embedder=settings_of("shuttle-tiny"), streams=3, codebook_size=8))
    teacher = taught("shuttle-tiny", steps=60)
    made.embedder.load_state_dict(teacher.state_dict())
    wave = sounds(teacher, 500, 8).wave
    assert wave is not None
    torch.manual_seed(0)
    made.fit(made.embedder.embed_audio(wave))
    return made


def test_tokens_of_a_text_and_its_music_agree_more_than_those_of_others(tokens: JointTokens) -> None:
    wave = sounds(tokens.embedder, 999, 4).wave
    assert wave is not None
    heard, read = tokens.of_audio(wave), tokens.of_text(TEXTS)
    assert heard.shape == (24, 3) and read.shape == (6, 3) and heard.dtype == torch.int64
    alike = (heard[:, None] == read[None]).float().mean(-1)
    own = torch.arange(24)[:, None] % 6 == torch.arange(6)
    assert float(alike[own].mean()) > 2 * float(alike[~own].mean())
    assert float((heard[:, 0] == read[torch.arange(24) % 6, 0]).float().mean()) > 0.4  # one in 8 by chance


def test_more_books_come_nearer_to_the_point(tokens: JointTokens) -> None:
    wave = sounds(tokens.embedder, 500, 8).wave
    assert wave is not None
    points = tokens.embedder.embed_audio(wave)
    errors = [float((tokens.points(tokens.quantize(points)[:, :k]) - points).square().mean()) for k in (1, 2, 3)]
    assert errors[2] < errors[1] < errors[0] < float((points - points.mean(0)).square().mean())


def test_they_are_saved_with_their_embedder(tokens: JointTokens, tmp_path: Path) -> None:
    registry.discover()
    checkpoint.save(tokens, tmp_path / "tokens")
    loaded = checkpoint.load(tmp_path / "tokens")
    assert torch.equal(loaded.of_text(TEXTS), tokens.of_text(TEXTS))


def test_tokens_without_books_and_too_few_points_are_refused() -> None:
    fresh = JointTokens(JointTokens.Config(embedder=settings_of("shuttle-tiny"), streams=2, codebook_size=8))
    with pytest.raises(ValueError, match="no books yet"):
        fresh.of_text(["piano"])
    with pytest.raises(ValueError, match="N at least 8"):
        fresh.fit(torch.zeros(4, 16))
