"""All parts of a pass run, each once, on torch's threads, and what one raises is raised."""

from __future__ import annotations

import pytest
import torch

from songloom.layers import team


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_part_runs_once(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    seen: list[tuple[int, int]] = []
    team.together(lambda *part: seen.append(part), numbers=team.WORTH)
    parts = len(seen)
    assert 1 <= parts <= threads
    assert sorted(seen) == [(part, parts) for part in range(parts)]


@pytest.mark.parametrize("broken", [KeyboardInterrupt, ValueError])
def test_what_a_part_raises_is_raised(broken: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)

    def kernel(part: int, parts: int) -> None:
        if part == parts - 1:
            raise broken("last")

    with pytest.raises(broken, match="last"):
        team.together(kernel, numbers=team.WORTH)


@pytest.mark.parametrize("lacking", [True, False])
def test_few_numbers_and_other_libraries_take_one_thread(lacking: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    if lacking:
        monkeypatch.setattr(team, "openmp", lambda: None)
    seen = []
    team.together(lambda *parts: seen.append(parts), numbers=team.WORTH - (not lacking))
    assert seen == [(0, 1)]
