"""How the studio looks in a real browser, and that it is all within reach: a phone, light and dark, the keyboard."""

from __future__ import annotations

import browser as web
import numpy as np
import pytest
from studio_steps import choose, drop, finished, opened

CONTROLS = "button, input:not([type=file]), select, textarea, summary, [role=slider]"
VISIBLE = "[...document.querySelectorAll(arguments[0])].filter((node) => node.checkVisibility() && !node.disabled)"

COLOURS = """let node = document.querySelector(arguments[0]);
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number), words = numbers(getComputedStyle(node).color);
    const ground = () => numbers(getComputedStyle(node).backgroundColor);
    while (ground()[3] === 0) node = node.parentElement;
    return [words.slice(0, 3), ground().slice(0, 3)]"""
"""The colour of an element's words, and of what lies under them."""


@pytest.fixture
def full(page: web.Browser) -> web.Browser:
    """A page with a take, a story, a sound, and everything unfolded."""
    finished(page, "a-very-long-word-that-nobody-would-break " * 3 + "warm lo-fi piano, 75 bpm")
    choose(page, "#model", "diffusion")
    drop(page, 0.3 * np.sin(np.arange(24000, dtype=np.float32) / 5), 8000)
    page.wait("document.querySelector('.sound')")
    choose(page, ".sound select", "remake")
    page.run("document.querySelectorAll('#form details').forEach((node) => { node.open = true; })")
    for _ in range(2):
        page.run("document.querySelector('#story > div > .row button').click()")
    return page


def test_nothing_is_wider_than_the_window(full: web.Browser) -> None:
    outside = "getBoundingClientRect().right > document.documentElement.clientWidth"
    for width in (320, 360, 768):
        full.look(dark=True, width=width, height=760)
        full.settle()
        assert full.run("return document.documentElement.scrollWidth") <= width
        assert (
            full.run(f"return {VISIBLE}.filter((node) => node.{outside}).map((node) => node.outerHTML)", CONTROLS) == []
        )
    full.run("document.getElementById('help').showModal()")
    assert full.run("return document.documentElement.scrollWidth") <= 768


def test_everything_can_be_touched_with_a_thumb_on_a_phone(full: web.Browser) -> None:
    full.look(dark=False, width=360, height=760)
    full.settle()
    small = f"{VISIBLE}.filter((node) => node.type !== 'checkbox' && node.offsetHeight < 40)"
    assert full.run(f"return {small}.map((node) => node.outerHTML)", CONTROLS) == []


def test_everything_has_a_name_and_is_reached_by_the_tab_key(full: web.Browser) -> None:
    nameless = "!(node.ariaLabel || node.labels?.[0]?.textContent.trim() || node.innerText.trim())"
    assert full.run(f"return {VISIBLE}.filter((node) => {nameless}).map((node) => node.outerHTML)", CONTROLS) == []
    full.run("""window.reached = new Set();
        document.addEventListener("focusin", (event) => reached.add(event.target));
        document.activeElement.blur();
        scrollTo(0, 0)""")
    count = full.run(f"return {VISIBLE}.length", CONTROLS)
    full.keys(web.TAB * (count + 20))
    missed = f"{VISIBLE}.filter((node) => !reached.has(node)).map((node) => node.outerHTML)"
    assert count > 30 and full.run(f"return {missed}", CONTROLS) == []


def test_a_take_is_heard_and_moved_along_by_keys(page: web.Browser) -> None:
    finished(page, "keys", 6)
    page.wait("document.querySelector('article:first-child audio').duration > 5")
    page.run("document.querySelector('article:first-child .picture').focus()")
    page.keys(3 * web.RIGHT + web.LEFT)
    page.wait("document.querySelector('article:first-child audio').currentTime === 2")
    page.run("document.querySelector('article:first-child audio').playbackRate = 0.1")  # it does not end meanwhile
    page.keys(" ")
    page.wait("document.querySelector('article:first-child audio').currentTime > 2.05")
    assert page.run("return document.querySelector('article:first-child .play').ariaPressed") == "true"
    page.keys(" ")
    page.wait("document.querySelector('article:first-child .play').ariaPressed === 'false'")
    page.run("document.activeElement.blur()")
    page.keys("?")
    assert page.run("return document.getElementById('help').open") and "make music" in page.text("#help")
    page.keys(web.ESCAPE)
    page.wait("!document.getElementById('help').open")


def test_colours_follow_the_system_until_others_are_chosen(page: web.Browser) -> None:
    ground = "return getComputedStyle(document.body).backgroundColor"
    light = page.run(ground)
    page.look(dark=True, width=1200, height=900)
    dark = page.run(ground)
    assert light != dark
    page.run("document.getElementById('theme').click()")
    assert page.run(ground) == light
    opened(page)
    assert page.run(ground) == light
    page.run("document.getElementById('theme').click()")
    assert page.run(ground) == dark and page.run("return localStorage.getItem('theme')") is None


@pytest.mark.parametrize("dark", [False, True])
def test_words_stand_out_from_their_ground(page: web.Browser, dark: bool) -> None:
    page.look(dark=dark, width=1200, height=900)
    for selector in ("h1", ".soft", "label > span", "#make", "#examples button", "summary"):
        words, ground = (luminance(colour) for colour in page.run(COLOURS, selector))
        assert (max(words, ground) + 0.05) / (min(words, ground) + 0.05) >= 4.5, selector  # WCAG 2.2, 1.4.3


def luminance(colour: list[float]) -> float:
    """Relative luminance of sRGB in 0..255 (WCAG 2.2)."""
    linear = [c / 3294.6 if c <= 10.31 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))
