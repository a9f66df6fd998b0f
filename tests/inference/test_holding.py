"""A model that is held in bytes never has its float32 weights in memory, from the folder to the first codes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from songloom import checkpoint
from songloom.conditioning.t5 import T5
from songloom.conditioning.token_text import SPELLED
from songloom.inference import song
from songloom.layers.matrices import BYTES, Packed, Precision
from songloom.systems import registry
from songloom.systems.generators.musicgen import Musicgen

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
ROOM = 24 * 2**20
"""Bytes for what is not weights: one matrix in float32, libraries that are first used, threads."""


def memory(kind: str) -> int:
    """Bytes in memory now (VmRSS), or the most since the peak was reset (VmHWM)."""
    rows = STATUS.read_text(encoding="utf-8").splitlines()
    return next(1024 * int(row.split()[1]) for row in rows if row.startswith(kind))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of some 140 MB."""
    settings: Any = registry.presets()["musicgen-tiny"]
    path = tmp_path_factory.mktemp("model") / "wide"
    checkpoint.save(replace(settings, width=512, depth=8, heads=8, hidden=2048).build(), path)
    return path


@pytest.mark.skipif(not RESET.is_file(), reason="the system does not tell the most memory that was used")
@pytest.mark.parametrize("precision", ["int8", "bfloat16", "float32"])
def test_loading_takes_the_memory_of_the_precision_and_little_more(folder: Path, precision: Precision) -> None:
    size = folder.joinpath("model.safetensors").stat().st_size
    for warm in (True, False):  # libraries are loaded at the first use
        before = memory("VmRSS")
        RESET.write_text("5", encoding="utf-8")
        system = song.open_model(str(folder), precision=precision).system
        song.opened.cache_clear()
        taken = memory("VmHWM") - before
        assert isinstance(system, Musicgen)
        held = sum(part.nbytes for part in system.modules() if isinstance(part, Packed))
        assert held == pytest.approx(size * BYTES[precision] / 4, rel=0.05)
        assert warm or taken < 1.3 * held + ROOM
        del system


@torch.no_grad()
def test_what_was_built_from_a_folder_and_what_is_held_draw_alike(folder: Path) -> None:
    plain = checkpoint.load(folder)
    held = song.open_model(str(folder), precision="float32").system
    song.opened.cache_clear()
    assert isinstance(held, Musicgen)
    codes = torch.randint(held.lm.codebook_size, (1, held.lm.streams, 12))
    conditions = plain.by_attention(["a harp"])
    torch.testing.assert_close(held.lm(codes, conditions), plain.lm(codes, conditions), atol=1e-4, rtol=1e-4)


@pytest.mark.skipif(not RESET.is_file(), reason="the system does not tell the most memory that was used")
@torch.no_grad()
def test_the_text_encoder_of_a_held_model_is_read_matrix_by_matrix_from_the_disk(tmp_path: Path) -> None:
    settings: Any = registry.presets()["musicgen-tiny"]
    text = T5.Config(spelled=True, vocabulary=SPELLED, width=512, depth=4, heads=8, hidden=2048)
    checkpoint.save(replace(settings, text=text).build(), tmp_path / "model")
    system = song.open_model(str(tmp_path / "model")).system
    song.opened.cache_clear()
    assert isinstance(system, Musicgen)
    size = sum(weight.nbytes for weight in system.text.parameters())
    system.by_attention(["warm", "cold"])  # libraries are loaded at the first use
    before = memory("VmRSS")
    RESET.write_text("5", encoding="utf-8")
    first = system.by_attention(["a harp"]).cross
    assert size > 40e6
    assert memory("VmHWM") - before < 0.3 * size
    again = system.by_attention(["a harp"]).cross
    assert first is not None and again is not None and torch.equal(first, again)
