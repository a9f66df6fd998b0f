"""The studio in a real browser: from words to music that is heard, over a cancel, a reload, a dropped file, a story."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import browser as web
import numpy as np
import pytest
import soundfile
import torch
from served import Served

from songloom import checkpoint
from songloom.systems import registry
from songloom.systems.request import ALWAYS
from songloom.systems.roles import Generator

PICTURES = "SONGLOOM_PICTURES"
"""With this variable the pictures of docs/studio.md are taken anew, into the folder that it names."""
SECONDS = 3.0
NEWEST = "[...document.querySelector('article').querySelectorAll"
"""The beginning of a script about the latest take: what it holds, as a list."""
SOUNDS = {"init", "continuation", "inpaint"}
"""Fields of a request that the page asks for by a sound that is dropped."""
WITHOUT = SOUNDS | {"story", "init_strength", "prompt", "bars"}
"""Fields that have no input of their own, or only beside a sound."""


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that works by diffusion and so uses sounds."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("flow") / "tiny"
    checkpoint.save(registry.preset("flow-tiny")[1].build(), folder)
    return folder


@pytest.fixture(scope="module")
def studio(model: Path, flow: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    words = ("--model", f"tokens={model}", "--model", f"diffusion={flow}", "--port", 0, "--no-window")
    with Served(tmp_path_factory.mktemp("studio"), "studio", *words) as server:
        yield server


@pytest.fixture
def page(browser: web.Browser, studio: Served) -> web.Browser:
    """The studio as a newcomer finds it, but for what others made."""
    browser.look(dark=False, width=1200, height=900)
    browser.open(studio.url)
    browser.run("localStorage.clear()")
    opened(browser)
    browser.complaints()
    return browser


def opened(page: web.Browser) -> None:
    page.reload()
    page.wait("document.body.dataset.ready")


def fill(page: web.Browser, name: str, value: object) -> None:
    page.run("const node = document.getElementsByName(arguments[0])[0]; node.focus(); node.select()", name)
    page.keys(str(value))


def choose(page: web.Browser, selector: str, value: str) -> None:
    script = """const node = document.querySelector(arguments[0]);
        node.value = arguments[1];
        node.dispatchEvent(new Event("change", { bubbles: true }))"""
    page.run(script, selector, value)


def make(page: web.Browser, prompt: str, seconds: float = SECONDS) -> None:
    """Asks for music by keyboard alone, and waits until it is the newest of the takes."""
    fill(page, "seconds", seconds)
    page.run("document.getElementById('prompt').focus(); document.getElementById('prompt').select()")
    page.keys(prompt)
    page.chord(web.CONTROL, web.ENTER)
    page.wait(f"document.querySelector('article h2')?.textContent.startsWith({prompt!r})")


def finished(page: web.Browser, prompt: str, seconds: float = SECONDS) -> dict[str, Any]:
    """Makes music; gives its job once it is done and drawn."""
    make(page, prompt, seconds)
    page.wait("document.querySelector('article').dataset.state === 'done'", 60)
    page.wait("document.querySelector('article .candidate[data-drawn]')")
    return dict(page.run("return document.querySelector('article').take.job"))


def loudest(page: web.Browser) -> float:
    """The largest sample that comes out of the player that plays, within some seconds."""
    script = """const audio = document.querySelector("article audio");
        window.meter ??= new AudioContext();
        const analyser = meter.createAnalyser();
        meter.createMediaElementSource(audio).connect(analyser);
        analyser.connect(meter.destination);
        window.peak = 0;
        const look = () => {
          const wave = new Float32Array(analyser.fftSize);
          analyser.getFloatTimeDomainData(wave);
          window.peak = Math.max(window.peak, ...wave.map(Math.abs));
          if (!audio.ended) requestAnimationFrame(look);
        };
        look()"""
    page.run(script)
    page.wait("window.peak > 0")
    return float(page.run("return window.peak"))


def drop(page: web.Browser, wave: np.ndarray, rate: int) -> None:
    """Drops a file of a wave [T] on the page."""
    file = io.BytesIO()
    soundfile.write(file, wave, rate, format="WAV")
    script = """const bytes = Uint8Array.from(atob(arguments[0]), (letter) => letter.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], "tune.wav", { type: "audio/wav" }));
        document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }))"""
    page.run(script, base64.b64encode(file.getvalue()).decode())


def test_words_become_music_that_is_heard_while_it_is_made_and_after_a_reload(page: web.Browser) -> None:
    page.run("""const { live } = await import("/studio/live.js");
        window.shown = new Set();
        window.early = 0;
        setInterval(() => {
          const bar = document.querySelector("article:first-child progress");
          if (bar) { shown.add(bar.value); early = live.frames; }
        }, 20)""")
    make(page, "slow strings", 8)
    page.wait("document.querySelector('article .candidate[data-drawn]')", 60)
    assert page.run("return document.querySelector('article audio').duration") == pytest.approx(8, abs=0.01)
    assert any(0 < part < 1 for part in page.run("return [...shown]")) and page.run("return early") > 0
    page.run("document.activeElement.blur()")
    page.keys("1")
    assert loudest(page) > 0.01
    page.keys(" ")
    page.wait("document.querySelector('article audio').paused")
    opened(page)
    page.wait("document.querySelector('article .candidate[data-drawn]')")
    assert page.text("article h2") == "slow strings"
    assert page.run("return document.querySelector('article audio').duration") == pytest.approx(8, abs=0.01)
    assert page.run("return document.getElementById('prompt').value") == "slow strings"
    assert page.complaints() == []


def test_what_is_cancelled_ends_and_stays_so(page: web.Browser) -> None:
    make(page, "for ever", 300)
    page.wait("document.querySelector('article').dataset.state === 'running'", 60)
    page.run("document.activeElement.blur()")
    page.keys(web.ESCAPE)
    page.wait("document.querySelector('article').dataset.state === 'cancelled'")
    assert page.run("return (await import('/studio/live.js')).live.take") is None
    opened(page)
    assert page.text("article").split("\n")[0] == "for ever"
    assert (
        "Cancelled." in page.text("article")
        and page.run("return document.querySelector('article:first-child audio')") is None
    )


@pytest.mark.parametrize(("name", "preset"), [("tokens", "loom-tiny"), ("diffusion", "flow-tiny")])
def test_the_page_has_the_controls_that_the_model_uses_and_no_others(page: web.Browser, name: str, preset: str) -> None:
    system, _ = registry.preset(preset)
    assert issubclass(system, Generator)
    uses = system.uses
    choose(page, "#model", name)
    names = page.run("return [...document.querySelectorAll('#fields [name], #fine [name]')].map((node) => node.name)")
    assert sorted(names) == sorted((uses | ALWAYS) - WITHOUT)
    assert page.run("return document.getElementById('sounds').hidden") is not bool(uses & SOUNDS)
    assert page.run("return document.getElementById('story').hidden") is ("story" not in uses)


def test_controls_reach_the_request_and_candidates_stand_side_by_side_with_what_is_measured(page: web.Browser) -> None:
    for name, value in (("tempo", 96), ("seed", 5), ("candidates", 2), ("negative_prompt", "noise")):
        fill(page, name, value)
    choose(page, "[name=key]", str(page.run("return (await import('/studio/fields.js')).KEYS.indexOf('A minor')")))
    job = finished(page, "harp")
    assert job["request"] == {
        "prompt": "harp",
        "negative_prompt": "noise",
        "seconds": SECONDS,
        "seed": 5,
        "candidates": 2,
        "tempo": 96,
        "key": "A minor",
    }
    page.wait("document.querySelectorAll('article:first-child .candidate[data-drawn]').length === 2")
    boxes = page.run(f"return {NEWEST}('.candidate')].map((node) => node.getBoundingClientRect())")
    assert boxes[0]["top"] == boxes[1]["top"] and boxes[0]["right"] < boxes[1]["left"]
    for place, result in enumerate(job["results"]):
        facts = page.run(
            f"return [...{NEWEST}('.facts')][arguments[0]].children].map((node) => node.textContent)",
            place,
        )
        assert f"seed {result['recipe']['request']['seed']}" in facts
        assert f"{result['measured']['loudness']:.1f} LUFS" in facts and result["measured"]["key"] in facts
    colours = (
        "new Set(document.querySelector('article canvas.%s').getContext('2d').getImageData(0, 0, 280, 80).data).size"
    )
    assert page.run(f"return {colours % 'waveform'}") > 2 and page.run(f"return {colours % 'spectrogram'}") > 20
    if pictures := os.environ.get(PICTURES):
        page.look(dark=False, width=1100, height=600)
        page.picture(Path(pictures) / "studio.png")
    page.run(f"{NEWEST}('button')].find((node) => node.textContent === 'Four variations').click()")
    page.wait("document.querySelector('article').take.job.request.candidates === 4")
    assert page.run("return document.querySelector('article').take.job.request.seed") == 7
    page.run("document.querySelector('article .cancel')?.click()")


def test_downloads_are_what_they_are_called(page: web.Browser) -> None:
    finished(page, "a bell")
    page.run("""const kept = URL.createObjectURL;
        URL.createObjectURL = (blob) => {
          blob.arrayBuffer().then((data) => { window.got = [...new Uint8Array(data)]; });
          return kept.call(URL, blob);
        };
        HTMLAnchorElement.prototype.click = function () { window.named = this.download; }""")
    for kind, format in (("wav", "WAV"), ("flac", "FLAC"), ("mp3", "MP3")):
        page.run(
            "window.got = null; document.querySelector(`article [aria-label='Download as ${arguments[0]}']`).click()",
            kind,
        )
        found = soundfile.info(io.BytesIO(bytes(page.wait("window.got"))))
        assert page.run("return window.named") == f"a-bell.{kind}" and found.format == format
        assert found.duration == pytest.approx(SECONDS, abs=0.1)


def test_a_dropped_files_selection_is_what_the_music_goes_on_from(page: web.Browser) -> None:
    drop(page, np.zeros(8000), 8000)
    page.wait("document.getElementById('status').textContent.includes('begins from words only')")
    choose(page, "#model", "diffusion")
    rate = 16000
    drop(page, 0.3 * np.sin(2 * np.pi * 440 * np.arange(4 * rate) / rate).astype(np.float32), rate)
    page.wait("document.querySelector('.sound')")
    page.drag(".sound canvas", 0.25, 0.5)
    begin, end = (
        float(page.run(f"return document.getElementsByName('sound-{name}')[0].value")) for name in ("from", "to")
    )
    assert (begin, end) == pytest.approx((1, 2), abs=0.05)
    job = finished(page, "goes on")
    told = job["results"][0]["recipe"]["request"]["continuation"]
    assert told["seconds"] == pytest.approx(end - begin, abs=0.01)
    fill(page, "sound-from", 1.5)
    choose(page, ".sound select", "remake")
    job = finished(page, "made anew")
    assert job["request"]["seconds"] == pytest.approx(4, abs=0.001)
    assert job["request"]["inpaint"] == [pytest.approx([1.5, end], abs=0.01)]
    assert job["results"][0]["recipe"]["request"]["init"]["seconds"] == pytest.approx(4, abs=0.001)


def test_a_story_is_a_timeline_whose_sections_can_be_moved(page: web.Browser) -> None:
    fill(page, "seconds", 4)
    page.run("document.querySelector('#story button').click()")
    page.keys("calm piano")
    page.run("document.querySelector('#story .row button').click()")
    page.keys("drums enter")
    assert page.run("return (await import('/studio/state.js')).state.story.map((one) => one.at)") == [0, 2]
    page.run("document.querySelectorAll('.timeline button')[1].focus()")
    page.keys(web.RIGHT)
    assert page.run("return (await import('/studio/state.js')).state.story[1].at") == 2.5
    job = finished(page, "evening", 4)
    assert job["request"]["story"] == [[0, "calm piano"], [2.5, "drums enter"]]


def test_the_studio_fits_a_phone_and_follows_the_systems_colours(page: web.Browser) -> None:
    finished(page, "warm lo-fi piano, 75 bpm")
    grounds, pictures = [], os.environ.get(PICTURES)
    for dark in (False, True):
        page.look(dark=dark, width=360, height=760)
        opened(page)
        page.wait("document.querySelector('article')")
        grounds.append(page.run("return getComputedStyle(document.body).backgroundColor"))
        assert page.run("return document.documentElement.scrollWidth") <= 360
        touched = "button, input:not([type=checkbox], [type=file]), select"
        small = (
            "[...document.querySelectorAll(arguments[0])].filter((node) => node.offsetParent && node.offsetHeight < 40)"
        )
        assert page.run(f"return {small}.map((node) => node.outerHTML)", touched) == []
        if pictures and dark:
            page.picture(Path(pictures) / "studio-phone.png")
    assert len(set(grounds)) == 2


def test_a_studio_for_others_asks_for_its_token(browser: web.Browser, model: Path, tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("correct horse battery\n")
    words = ("--model", f"tokens={model}", "--port", 0, "--no-window", "--tokens", tmp_path / "tokens")
    with Served(tmp_path, "studio", *words) as server:
        browser.open(server.url)
        for token in ("wrong", "correct horse battery"):
            browser.wait("document.getElementById('door').open")
            browser.run("document.getElementById('token').focus(); document.getElementById('token').select()")
            browser.keys(token + web.ENTER)
        browser.wait("document.body.dataset.ready")
        assert browser.text("#empty") == "What you make appears here, and stays."
