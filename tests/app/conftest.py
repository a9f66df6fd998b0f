"""What tests of commands share: a tiny model, and a way to run the command line."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from browser import Browser, opened
from command_runs import Run

from songloom import checkpoint
from songloom.app import cli
from songloom.systems import registry


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of the tiny generator with random weights, its codec inside."""
    torch.manual_seed(0)
    _, settings = registry.preset("loom-tiny")
    folder = tmp_path_factory.mktemp("model") / "tiny"
    checkpoint.save(settings.build(), folder)
    return folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs the command line inside `tmp_path`; gives exit code, standard output and error output."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["songloom", *map(str, words)])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium, where there is one."""
    driver = shutil.which("chromedriver")
    if driver is None:
        pytest.skip("no chromedriver; `make browser` installs it")
    with opened(driver) as window:
        yield window
