"""What tests of commands share: a tiny model, and a way to run the command line."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import studio_steps
import torch
from browser import Browser, opened
from command_runs import Run
from halting import can_halt
from served import Served

from songloom import checkpoint
from songloom.app import cli
from songloom.app.job_store import JobStore
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
def store(tmp_path: Path) -> JobStore:
    """Where jobs are kept, that takes them."""
    made = JobStore(tmp_path)
    made.open(yes=True)
    return made


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


@pytest.fixture(scope="session")
def studio(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A studio of tiny models: one of tokens, one that works by diffusion and so uses sounds, one that embeds."""
    places = [f"tokens={model}"]
    for name, preset in (("diffusion", "flow-tiny"), ("embedder", "shuttle-tiny")):
        torch.manual_seed(0)
        folder = tmp_path_factory.mktemp(name) / "tiny"
        checkpoint.save(registry.preset(preset)[1].build(), folder)
        places.append(f"{name}={folder}")
    words = [word for place in places for word in ("--model", place)]
    with pytest.MonkeyPatch.context() as patch:
        can_halt(patch)
        with Served(tmp_path_factory.mktemp("studio"), "studio", *words, "--port", 0, "--no-window") as server:
            yield server


@pytest.fixture
def page(browser: Browser, studio: Served) -> Browser:
    """The studio as a newcomer finds it, but for what others made."""
    browser.look(dark=False, width=1200, height=900)
    browser.open(studio.url)
    browser.run("localStorage.clear()")
    studio_steps.opened(browser)
    browser.complaints()
    return browser
