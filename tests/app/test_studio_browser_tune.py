"""One's own music in the studio: files are dropped, a caption is corrected, a model learns them and is chosen."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import browser as web
import pytest
import torch
from halting import Halt, can_halt
from served import Served

from songloom.audio import files
from songloom.client import Client

PATIENCE = 600.0


@pytest.fixture(scope="module")
def studio(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    words = ("--model", f"tiny={model}", "--port", 0, "--no-window")
    with pytest.MonkeyPatch.context() as patch:
        can_halt(patch)
        with Served(tmp_path_factory.mktemp("studio"), "studio", *words) as server:
            yield server


def sound(pitch: float) -> str:
    time = torch.arange(2 * 16_000) / 16_000
    wave = 0.4 * torch.sin(2 * torch.pi * pitch * time) * torch.exp(-6 * (time % 0.5))
    return base64.b64encode(files.encoded(wave[None], 16_000, ".wav")).decode()


def test_ones_own_music_becomes_a_model_of_the_page(browser: web.Browser, studio: Served) -> None:
    browser.look(dark=False, width=1200, height=900)
    browser.complaints()  # of pages that were open before
    browser.open(studio.url)
    browser.wait("document.body.dataset.ready")
    browser.run("localStorage.clear(); document.querySelector('#mine details').open = true")
    browser.run("document.getElementById('mine-name').focus()")
    browser.keys("rain")
    browser.run("document.getElementById('mine-steps').value = '100'")
    script = """const data = new DataTransfer();
        for (const [name, text] of Object.entries(arguments[0])) {
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          data.items.add(new File([bytes], name));
        }
        document.getElementById("mine").dispatchEvent(
          new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }))"""
    words = base64.b64encode(b"drops on a roof").decode()
    browser.run(script, {"a.wav": sound(220), "a.txt": words, "b.wav": sound(330), "notes.pdf": words})
    browser.wait("document.querySelector('.tuning')?.dataset.state === 'review'", PATIENCE)
    texts = browser.run("return [...document.querySelectorAll('.tuning textarea')].map((node) => node.value)")
    assert texts[0] == "drops on a roof" and len(texts) == 2
    browser.run("const node = document.querySelectorAll('.tuning textarea')[1]; node.focus(); node.select()")
    browser.keys("wind in the trees")
    browser.run("document.querySelector('.tuning input[type=number]').value = ''")
    client = Client(studio.url, timeout=PATIENCE)
    (told,) = client.ask("GET", "/v1/tunings")
    assert told["name"] == "rain" and sorted(told["files"]) == ["a.txt", "a.wav", "b.wav"]
    if pictures := os.environ.get("SONGLOOM_PICTURES"):
        browser.look(dark=False, width=440, height=1080)
        browser.run("document.getElementById('mine').scrollIntoView()")
        browser.settle()
        browser.picture(Path(pictures) / "studio-tune.png")
    halt = Halt(studio.kept)
    browser.run("document.querySelector('.tuning .learn').click()")
    halt.come()
    browser.wait("document.querySelector('.tuning').dataset.state === 'learning'", PATIENCE)
    browser.wait("document.querySelector('.tuning progress').value > 0.05", PATIENCE)
    halt.over()
    browser.wait("document.querySelector('.tuning').dataset.state === 'done'", PATIENCE)
    (told,) = client.ask("GET", "/v1/tunings")
    assert told["pieces"][1]["captions"] == ["wind in the trees"]
    assert len(browser.run("return [...document.querySelectorAll('.tuning table td')]")) == 3 * len(told["figures"])
    browser.run("document.querySelector('.tuning .choose').click()")
    browser.wait("document.getElementById('model').value === 'rain'")
    browser.run("document.getElementById('prompt').value = ''")
    browser.run("document.getElementById('prompt').focus()")
    browser.keys("roof")
    browser.run("document.getElementsByName('seconds')[0].focus(); document.getElementsByName('seconds')[0].select()")
    browser.keys("1")
    browser.chord(web.CONTROL, web.ENTER)
    browser.wait("document.querySelector('article')?.dataset.state === 'done'", PATIENCE)
    assert browser.run("return document.querySelector('article').take.job.model") == "rain"
    assert browser.complaints() == []
