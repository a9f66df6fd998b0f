"""A headless Chromium that tests drive by the WebDriver protocol (https://www.w3.org/TR/webdriver2/)."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

CONTROL, SHIFT, ESCAPE = "\ue009", "\ue008", "\ue00c"
ENTER, TAB, LEFT, UP, RIGHT, DOWN = "\ue007", "\ue004", "\ue012", "\ue013", "\ue014", "\ue015"
SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--autoplay-policy=no-user-gesture-required",  # what plays does not depend on what the window has seen before
)
CAPABILITIES = {
    "goog:chromeOptions": {"args": list(SWITCHES)},
    "goog:loggingPrefs": {"browser": "ALL"},
}


class Browser:
    """One window."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        made = client.post("/session", json={"capabilities": {"alwaysMatch": CAPABILITIES}}).json()["value"]
        self._session = f"/session/{made['sessionId']}"

    def open(self, url: str) -> None:
        self._post("url", url=url)

    def reload(self) -> None:
        self._post("refresh")

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns in the page."""
        return self._post("execute/sync", script=script, args=list(arguments))

    def text(self, selector: str) -> str:
        """The visible text of the first element that fits."""
        return str(self.run("return document.querySelector(arguments[0]).innerText", selector))

    def keys(self, text: str) -> None:
        """Types, as a person does, into whatever has the focus."""
        strokes = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self._post("actions", actions=[{"type": "key", "id": "keyboard", "actions": strokes}])

    def chord(self, *keys: str) -> None:
        """Presses keys together, as Ctrl and Enter."""
        down = [{"type": "keyDown", "value": key} for key in keys]
        up = [{"type": "keyUp", "value": key} for key in reversed(keys)]
        self._post("actions", actions=[{"type": "key", "id": "keyboard", "actions": down + up}])

    def drag(self, selector: str, begin: float, end: float) -> None:
        """Draws the pointer over an element, from one part of its width to another, which may lie outside."""
        script = """const node = document.querySelector(arguments[0]);
            node.scrollIntoView({ block: "center", behavior: "instant" });
            const box = node.getBoundingClientRect();
            return [box.left, box.top + box.height / 2, box.width]"""
        left, y, width = self.run(script, selector)
        places = [{"type": "pointerMove", "x": round(left + part * width), "y": round(y)} for part in (begin, end)]
        down, up = ({"type": f"pointer{way}", "button": 0} for way in ("Down", "Up"))
        moves = [places[0], down, places[1], up]
        self._post("actions", actions=[{"type": "pointer", "id": "mouse", "actions": moves}])

    def wait(self, condition: str, seconds: float = 600.0) -> Any:
        """Waits until an expression of the page is true, and gives it."""
        end = time.monotonic() + seconds
        while not (found := self.run(f"return {condition}")):
            assert time.monotonic() < end, f"{condition} did not come true; the page says: {self.text('body')}"
            time.sleep(0.05)
        return found

    def look(self, *, dark: bool, width: int, height: int) -> None:
        """The window's size in CSS pixels, and which colours the system prefers."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self._chromium("Emulation.setEmulatedMedia", features=features)
        self._chromium(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def picture(self, path: Path) -> None:
        """Writes a small PNG of the window: 256 colours are enough for a document."""
        data = base64.b64decode(self._client.get(f"{self._session}/screenshot").json()["value"])
        Image.open(io.BytesIO(data)).convert("RGB").quantize(256).save(path, optimize=True)

    def settle(self) -> None:
        """Waits until what was changed is painted."""
        self.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def complaints(self) -> list[str]:
        """What the page wrote to its console since the last time: errors, refused scripts, failed requests."""
        return [entry["message"] for entry in self._post("se/log", type="browser")]

    def forget(self) -> None:
        """Deletes the cookies of the page that is open."""
        self._client.delete(f"{self._session}/cookie")

    def close(self) -> None:
        self._client.delete(self._session)

    def _chromium(self, command: str, **parameters: Any) -> Any:
        return self._post("goog/cdp/execute", cmd=command, params=parameters)

    def _post(self, command: str, **parameters: Any) -> Any:
        answer = self._client.post(f"{self._session}/{command}", json=parameters)
        value = answer.json()["value"]
        assert answer.status_code == 200, value
        return value


@contextmanager
def opened(driver: str) -> Iterator[Browser]:
    """A browser of its own, by the chromedriver at a path."""
    run = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert run.stdout is not None
        port = next(
            found[1] for line in run.stdout if (found := re.search(r"started successfully on port (\d+)", line))
        )
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=300) as client:
            browser = Browser(client)
            yield browser
            browser.close()
    finally:
        run.terminate()
        run.wait()
