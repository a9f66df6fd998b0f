"""The studio's form in a real browser: what a model uses, bars, dropped sounds, a story."""

from __future__ import annotations

import browser as web
import numpy as np
import pytest
from studio_steps import NEWEST, choose, drop, fill, finished, state

from songloom.systems import registry
from songloom.systems.request import ALWAYS
from songloom.systems.roles import Generator

SOUNDS = {"init", "continuation", "inpaint"}
"""Fields of a request that the page asks for by a sound that is dropped."""
WITHOUT = SOUNDS | {"story", "init_strength", "prompt", "bars"}
"""Fields that have no input of their own, or only beside a sound, or instead of another."""
RATE = 16000


def tune(seconds: float) -> np.ndarray:
    """A tone."""
    return (0.3 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


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


def test_a_length_in_bars_needs_a_tempo_and_is_as_long_as_that_makes_it(page: web.Browser) -> None:
    choose(page, "#unit", "bars")
    page.wait("document.getElementById('estimate').textContent.includes('give a tempo')")
    page.run("document.getElementById('prompt').focus()")
    page.keys("waltz, 3/4, 90 bpm")
    fill(page, "bars", 4)
    page.wait("document.getElementById('estimate').textContent.startsWith('8 s of music')")
    assert state(page, "length") == pytest.approx(4 * 3 * 60 / 90)
    choose(page, "#unit", "seconds")
    assert page.run("return document.getElementsByName('bars').length") == 0
    assert page.run("return document.getElementsByName('seconds')[0].value") == "10"


def test_what_is_wrong_is_said_before_music_is_asked_for(page: web.Browser) -> None:
    fill(page, "seconds", 0)
    page.wait("document.getElementById('estimate').textContent.startsWith('Length: ')")
    fill(page, "seconds", 601)
    page.wait("document.getElementById('estimate').textContent === 'Refused: 601 s of music are asked; 600 may be.'")
    fill(page, "seconds", 2)
    page.run("document.querySelector('#more').open = true")
    fill(page, "guidance", 31)
    page.run("document.querySelector('#more').open = false")
    known = page.run("return document.querySelectorAll('article').length")
    page.run("document.getElementById('prompt').focus()")
    page.keys("harp")
    page.chord(web.CONTROL, web.ENTER)
    page.wait("document.querySelector('#more').open && document.activeElement.name === 'guidance'")
    assert page.text("#estimate").startswith("Strictness of the words: ")
    assert page.run("return document.querySelectorAll('article').length") == known


def test_examples_are_written_into_the_words(page: web.Browser) -> None:
    titles = page.run("return [...document.querySelectorAll('#examples button')].map((node) => node.title)")
    assert len(titles) == len(set(titles)) > 5
    for place in (0, len(titles) - 1):
        page.run("document.querySelectorAll('#examples button')[arguments[0]].click()", place)
        assert page.run("return document.getElementById('prompt').value") == titles[place] == state(page, "prompt")


def test_a_dropped_files_selection_is_what_the_music_goes_on_from(page: web.Browser) -> None:
    drop(page, np.zeros(8000), 8000)
    page.wait("document.getElementById('status').textContent.includes('begins from words only')")
    choose(page, "#model", "diffusion")
    drop(page, tune(4), RATE)
    page.wait("document.querySelector('.sound')")
    page.drag(".sound canvas", 0.25, 0.5)
    begin, end = (
        float(page.run(f"return document.getElementsByName('sound-{name}')[0].value")) for name in ("from", "to")
    )
    assert (begin, end) == pytest.approx((1, 2), abs=0.05)
    job = finished(page, "goes on")
    told = job["results"][0]["recipe"]["request"]["continuation"]
    assert told["seconds"] == pytest.approx(end - begin, abs=0.01)
    page.run(
        "[...document.querySelectorAll('article button')].find((node) => node.textContent === 'Start from it').click()"
    )
    page.wait("document.querySelectorAll('.sound').length === 2")
    page.run(f"{NEWEST}('button')].find((node) => node.textContent === 'Four variations').click()")
    page.wait("document.querySelector('article').take.job.request.candidates === 4")
    varied = page.run("return document.querySelector('article').take.job.request")
    assert varied == {**job["request"], "seed": job["request"]["seed"] + 1, "candidates": 4}
    page.run("document.querySelector('article:first-child .cancel')?.click()")
    assert state(page, "sounds[1].buffer.duration") == pytest.approx(job["results"][0]["seconds"], abs=0.01)


def test_what_goes_on_from_a_sound_is_made_longer_than_it(page: web.Browser) -> None:
    choose(page, "#model", "diffusion")
    drop(page, tune(11.5), RATE)
    page.wait("document.getElementsByName('seconds')[0].value === '22'")


def test_several_parts_of_one_sound_are_made_anew(page: web.Browser) -> None:
    choose(page, "#model", "diffusion")
    drop(page, tune(4), RATE)
    page.wait("document.querySelector('.sound')")
    choose(page, ".sound select", "remake")
    assert state(page, "sounds[0].regions") == [pytest.approx([4 / 3, 8 / 3])]
    page.drag(".sound canvas", 0.75, 0.9)
    page.drag(".sound canvas", 0.1, 0.2)
    regions = state(page, "sounds[0].regions")
    assert [row[0] for row in regions] == pytest.approx([0.4, 4 / 3, 3], abs=0.05)
    page.run("document.querySelector(\"[aria-label='Remove selection 2']\").click()")
    page.run("document.querySelector(\"[aria-label='End of selection 1']\").focus()")
    page.keys(web.RIGHT)
    page.chord(web.SHIFT, web.RIGHT)
    grown = state(page, "sounds[0].regions")
    assert grown == [pytest.approx([regions[0][0], regions[0][1] + 0.55]), regions[2]]
    page.keys(100 * web.RIGHT)
    assert state(page, "sounds[0].regions[0][1]") == pytest.approx(regions[2][0])  # no part reaches into another
    fill(page, "sound-to", 1.5)
    job = finished(page, "made anew")
    assert job["request"]["seconds"] == pytest.approx(4, abs=0.001)
    assert job["request"]["inpaint"] == [pytest.approx([regions[0][0], 1.5]), pytest.approx(regions[2])]
    assert job["results"][0]["recipe"]["request"]["init"]["seconds"] == pytest.approx(4, abs=0.001)


def test_parts_that_are_drawn_into_each_other_are_one(page: web.Browser) -> None:
    choose(page, "#model", "diffusion")
    drop(page, tune(3), RATE)
    page.wait("document.querySelector('.sound')")
    choose(page, ".sound select", "remake")
    page.drag(".sound canvas", 0.1, 0.5)
    assert state(page, "sounds[0].regions") == [pytest.approx([0.3, 2], abs=0.05)]
    page.drag(".sound canvas", 0.8, 0.8)
    assert len(state(page, "sounds[0].regions")) == 1


def test_a_story_is_a_timeline_whose_sections_can_be_moved(page: web.Browser) -> None:
    fill(page, "seconds", 4)
    page.run("document.querySelector('#story').open = true; document.querySelector('#story button').click()")
    page.keys("calm piano")
    page.run("document.querySelector('#story > div > .row button').click()")
    page.keys("drums enter")
    assert state(page, "story.map((one) => one.at)") == [0, 2]
    page.run("document.querySelectorAll('.timeline .grip')[1].focus()")
    page.keys(web.RIGHT)
    assert state(page, "story[1].at") == 2.5
    blocks = "[...document.querySelectorAll('.timeline .section')].map((node) => node.offsetWidth)"
    before = page.run(f"return {blocks}")
    page.drag(".timeline .grip:nth-child(4)", 0.5, 0.5 - 0.25 * sum(before) / 24)
    assert state(page, "story[1].at") == pytest.approx(1.5, abs=0.5)
    assert page.run(f"return {blocks}")[0] < before[0]
    fill(page, "seconds", 4)
    page.run("document.querySelectorAll('.timeline .grip')[1].focus()")
    page.keys(2 * web.RIGHT)
    at = state(page, "story[1].at")
    job = finished(page, "evening", 4)
    assert job["request"]["story"] == [[0, "calm piano"], [at, "drums enter"]] and 2 <= at <= 3
