"""What a person does on the studio's page."""

from __future__ import annotations

import base64
import io
from typing import Any

import browser as web
import numpy as np
import soundfile

SECONDS = 3.0
NEWEST = "[...document.querySelector('article').querySelectorAll"
"""The beginning of a script about the latest take: what it holds, as a list."""


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


def make(page: web.Browser, prompt: str, seconds: float | None = SECONDS) -> None:
    """Asks for music by keyboard alone, and waits until it is the newest of the takes; None leaves the length alone."""
    if seconds is not None:
        fill(page, "seconds", seconds)
    page.run("document.getElementById('prompt').focus(); document.getElementById('prompt').select()")
    page.keys(prompt)
    page.chord(web.CONTROL, web.ENTER)
    page.wait(f"document.querySelector('article:first-child h2')?.textContent.startsWith({prompt!r})")


def finished(page: web.Browser, prompt: str, seconds: float | None = SECONDS) -> dict[str, Any]:
    """Makes music; gives its job once it is done and drawn."""
    make(page, prompt, seconds)
    page.wait("document.querySelector('article').dataset.state === 'done'")
    page.wait("document.querySelector('article:first-child .candidate[data-drawn]')")
    return dict(page.run("return document.querySelector('article').take.job"))


def loudest(page: web.Browser) -> float:
    """The largest sample that comes out of the player that plays, within some seconds."""
    script = """const audio = document.querySelector("article:first-child audio");
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


def state(page: web.Browser, expression: str) -> Any:
    """A value out of what the page knows, as `story[1].at`."""
    return page.run(f"return (await import('/studio/state.js')).state.{expression}")


def facts(page: web.Browser, place: int = 0) -> dict[str, str]:
    """What stands beside a candidate of the latest take, by name."""
    script = f"""const [node] = {NEWEST}('.candidate')].slice(arguments[0]);
        const facts = [...node.querySelectorAll("[data-fact]")];
        return facts.map((one) => [one.dataset.fact, one.lastElementChild.textContent])"""
    return dict(page.run(script, place))
