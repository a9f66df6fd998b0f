"""A browser takes the pieces of a FLAC stream: the same samples, and the length from the first of them."""

from __future__ import annotations

import base64

import browser as web
import numpy as np
import pytest

from songloom.audio.flac_stream import FlacStream

RATE, SECONDS = 16_000, 3
DECODED = """return (async () => { const bytes = Uint8Array.from(atob(arguments[0]), (letter) => letter.charCodeAt(0));
    const heard = await new OfflineAudioContext(2, 1, arguments[1]).decodeAudioData(bytes.buffer);
    return [heard.length, Array.from(heard.getChannelData(1).slice(0, 2000))] })()"""
DURATION = """return new Promise((told, failed) => {
    const audio = new Audio("data:audio/flac;base64," + arguments[0]);
    audio.onloadedmetadata = () => told(audio.duration);
    audio.onerror = () => failed(audio.error.message);
})"""


def test_a_browser_hears_the_samples_and_knows_the_length(browser: web.Browser) -> None:
    times = np.arange(RATE * SECONDS) / RATE
    samples = (20_000 * np.sin(2 * np.pi * np.outer(times, [220, 330]))).astype(np.int16)
    stream = FlacStream(RATE, 2, len(samples))
    pieces = [*(stream.add(part) for part in np.array_split(samples, 7)), stream.end()]
    whole, begun = (base64.b64encode(b"".join(part)).decode() for part in (pieces, pieces[:4]))
    browser.open("about:blank")
    length, right = browser.run(DECODED, whole, RATE)
    assert length == len(samples) and np.allclose(right, samples[:2000, 1] / 2**15, atol=1e-4)
    for data in (whole, begun):
        assert browser.run(DURATION, data) == pytest.approx(SECONDS, abs=0.01)
