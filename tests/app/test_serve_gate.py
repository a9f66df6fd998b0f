"""The gate in front of a server: tokens, rates, bodies, and figures of what it answered."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from songloom.app.service.bounds import Bounds
from songloom.app.service.figures import Figures
from songloom.app.service.gate import Gate, Rate, Tokens

FIRST, SECOND = "first-token-of-16-characters", "second-token-of-16-characters"


async def whose(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the owner that the gate found."""
    await Request(scope, receive).body()
    await PlainTextResponse(scope.get("owner", "nobody"))(scope, receive, send)


def ask(gate: Gate, *headers: dict[str, str], path: str = "/v1/jobs") -> list[httpx.Response]:
    async def answers() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url="http://server") as client:
            return [await client.get(path, headers=one) for one in headers]

    return asyncio.run(answers())


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_each_token_is_an_owner_and_strangers_stay_outside() -> None:
    gate = Gate(whose, Tokens([FIRST, SECOND]), Bounds(), Figures())
    first, again, second, *others = ask(
        gate, bearer(FIRST), {"Authorization": f"bearer  {FIRST}"}, bearer(SECOND), {}, bearer(FIRST[:-1]),
        {"Authorization": f"Basic {FIRST}"}, {"Authorization": FIRST},
    )  # fmt: skip
    assert first.text == again.text != second.text and FIRST not in first.text
    assert {(one.status_code, one.headers["WWW-Authenticate"]) for one in others} == {(401, "Bearer")}
    assert ask(gate, {}, path="/health")[0].text == "nobody"
    assert ask(Gate(whose, Tokens(), Bounds(), Figures()), {})[0].text == ""


@pytest.mark.parametrize("token", ["short", "ä" * 20, "a b\n" * 10])
def test_a_token_that_could_be_guessed_or_not_be_sent_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="at least 16 characters"):
        Tokens([token])


def test_a_rate_allows_a_burst_and_then_one_at_a_time() -> None:
    rate = Rate(2.0, 3)
    assert [rate.wait("a", 10.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert rate.wait("b", 10.0) == 0.0
    assert rate.wait("a", 10.25) == 0.25 and rate.wait("a", 10.5) == 0.0
    assert [rate.wait("a", 1000.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def test_who_asks_too_often_waits_and_guessing_tokens_counts_too() -> None:
    gate = Gate(whose, Tokens([FIRST]), Bounds(rate=0.1, burst=2), Figures())
    answers = ask(gate, *[bearer("a wrong token of some length")] * 3, bearer(FIRST))
    assert [one.status_code for one in answers] == [401, 401, 429, 200]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 10


def test_so_many_requests_are_open_at_once_and_places_become_free() -> None:
    going_on = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await going_on.wait()
        await PlainTextResponse("done")(scope, receive, send)

    gate = Gate(slow, Tokens(), Bounds(open=2), Figures())

    async def run() -> tuple[list[int], int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url="http://server") as client:
            first = [asyncio.create_task(client.get("/v1/jobs")) for _ in range(3)]
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            going_on.set()
            codes = sorted([(await one).status_code for one in first])
            return codes, (await client.get("/v1/jobs")).status_code

    assert asyncio.run(run()) == ([200, 200, 429], 200)


def test_figures_are_lines_that_prometheus_reads() -> None:
    figures = Figures()
    for seconds in (0.01, 0.3, 100.0):
        figures.answered("GET", "/v1/jobs", 200, seconds)
    figures.answered("BREW", 'a "route"\\', 405, 0.0)
    lines = figures.text({"done": 2}, {"loom": "ready"}).splitlines()
    assert 'songloom_requests_total{method="GET",route="/v1/jobs",status="200"} 3' in lines
    assert 'songloom_requests_total{method="other",route="a \\"route\\"\\\\",status="405"} 1' in lines
    buckets: dict[str, Any] = {
        line.split('le="')[1].split('"')[0]: int(line.split()[-1])
        for line in lines
        if line.startswith('songloom_request_seconds_bucket{method="GET"')
    }
    assert buckets == {"0.005": 0, "0.02": 1, "0.1": 1, "0.5": 2, "2": 2, "10": 2, "60": 2, "+Inf": 3}
    assert 'songloom_request_seconds_sum{method="GET",route="/v1/jobs"} 100.31' in lines
    assert 'songloom_jobs{state="done"} 2' in lines and 'songloom_model_ready{model="loom"} 1' in lines


def test_a_bound_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="rate is 0; a bound is above 0"):
        Bounds(rate=0.0)
