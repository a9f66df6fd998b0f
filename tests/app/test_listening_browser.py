"""A whole listening test in a real browser, by keyboard alone, over a reload and a server that is killed."""

from __future__ import annotations

import os
from pathlib import Path

import browser as web
import pytest
import tones
from served import Served, own_host

from songloom.metrics.listening.plan import plan

PICTURES = "SONGLOOM_PICTURES"
"""With this variable the pictures of docs/listening.md are taken anew, into the folder that it names."""


def test_ratings_by_keyboard_survive_a_reload_and_a_killed_server(browser: web.Browser, tmp_path: Path) -> None:
    test = tones.prepared(tmp_path, ["good", "bad"])
    with Served(tmp_path, "listen", "--host", own_host(), "--port", 0) as server:
        browser.look(dark=False, width=760, height=680)
        browser.open(server.url)
        browser.wait("!document.getElementById('welcome').hidden")
        assert browser.text("h1") == "Listening test"
        browser.keys(web.TAB + web.ENTER)
        browser.wait("!document.getElementById('trial').hidden")
        trials = plan(test.design, 0)
        expected = []
        for position, trial in enumerate(trials):
            assert browser.text("#count") == f"{position} of {len(trials)} done"
            assert browser.text("#prompt") == test.design.texts[trial.prompt]
            clip = test.design.by_id[trial.clips[0]]
            duration = browser.wait("document.querySelector('audio').duration")
            assert duration == pytest.approx(clip.seconds, abs=0.02)
            if position == 0:
                browser.keys(web.ENTER)
                browser.wait("/^(Listen first|Still open)/.test(document.getElementById('status').textContent)")
            tens = clip.beeps or position % 9 + 1
            browser.wait("document.querySelector('audio').ended || document.querySelector('audio').played.length")
            browser.keys(f"{tens}{web.RIGHT}{web.ENTER}{tens}")
            expected += [(position, "quality", 10 * tens + 1), (position, "relevance", 10 * tens)]
            browser.wait("document.getElementById('next').ariaDisabled === 'false'")
            if position == 2:
                browser.reload()
                browser.wait("document.querySelector('audio')")
                assert browser.text("#count") == f"2 of {len(trials)} done"
                browser.keys(f"{tens}{web.RIGHT}{web.DOWN}{tens}")
                browser.wait("document.getElementById('next').ariaDisabled === 'false'")
            if position == 3:
                server.kill()
            browser.keys(web.ENTER)
            if position == 3:
                browser.wait("document.getElementById('status').textContent.includes('trying again')")
                server = Served(tmp_path, "listen", "--host", own_host(), "--port", server.port)
                browser.complaints()
            browser.wait(f"document.getElementById('count').textContent.startsWith('{position + 1} of')")
        browser.wait("!document.getElementById('end').hidden")
        assert browser.complaints() == []
        server.kill()
    assert [(a.position, a.question, a.value) for a in test.answers()] == expected
    assert all(a.heard >= 0.35 for a in test.answers())


def test_choices_by_keyboard_are_those_in_the_database(browser: web.Browser, tmp_path: Path) -> None:
    test = tones.prepared(tmp_path, ["good", "bad"], 1, "preference")
    with Served(tmp_path, "listen", "--port", 0) as server:
        browser.open(server.url)
        browser.wait("!document.getElementById('welcome').hidden")
        browser.keys(web.TAB + web.ENTER)
        trials = plan(test.design, 0)
        for position in range(len(trials)):
            browser.wait(f"document.getElementById('count').textContent.startsWith('{position} of')")
            for place, key in enumerate("ab"):
                browser.keys(key)
                browser.wait(f"[...document.querySelectorAll('audio')][{place}].ended")
            browser.keys(f"{position % 3 + 1}{web.DOWN}3{web.ENTER}")
        browser.wait("!document.getElementById('end').hidden")
        assert browser.complaints() == []
    found = {(a.position, a.question): a.value for a in test.answers()}
    assert found == {
        (position, question): value
        for position in range(len(trials))
        for question, value in (("quality", (1, 0, -1)[position % 3]), ("relevance", -1))
    }


def test_the_page_fits_a_phone_and_follows_the_systems_colours(browser: web.Browser, tmp_path: Path) -> None:
    tones.prepared(tmp_path, ["good"], 1, seconds=12)
    with Served(tmp_path, "listen", "--port", 0) as server:
        grounds, pictures = [], os.environ.get(PICTURES)
        for dark in (False, True):
            browser.look(dark=dark, width=360, height=760)
            browser.open(server.url)
            browser.wait("!document.getElementById('welcome').hidden")
            grounds.append(browser.run("return getComputedStyle(document.body).backgroundColor"))
            browser.keys(web.TAB + web.ENTER)
            browser.wait("!document.getElementById('trial').hidden")
            assert browser.run("return document.documentElement.scrollWidth") <= 360
            assert browser.run("return document.querySelector('input').getBoundingClientRect().height") >= 40
            assert browser.run("return document.getElementById('next').getBoundingClientRect().height") >= 40
            browser.wait("!document.querySelector('audio').paused")
            assert browser.wait("document.querySelector('audio').duration") == pytest.approx(12, abs=0.02)
            for paused in ("true", "false"):
                browser.keys(" ")
                browser.wait(f"document.querySelector('audio').paused === {paused}")
            browser.keys(f"7{web.ENTER}4")
            if pictures and dark:
                browser.picture(Path(pictures) / "listening-phone.png")
            elif pictures:
                browser.look(dark=False, width=760, height=690)
                browser.picture(Path(pictures) / "listening.png")
            browser.forget()
        assert len(set(grounds)) == 2
