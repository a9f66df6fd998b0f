from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor

from songloom.conditioning.conditions import Conditions
from songloom.layers.decoder import Decoder
from songloom.tokens import patterns
from songloom.tokens.conditioned_lm import ConditionedLM
from songloom.tokens.generation import code_chunks
from songloom.tokens.patterns import Delay, Pattern
from songloom.tokens.sampling import Sampling, uniforms
from songloom.tokens.windows import Drawing, Window, windowed

V, K, D = 20, 3, 32
KINDS = [
    patterns.Parallel,
    patterns.Delay,
    patterns.PartialDelay,
    patterns.Flattening,
    patterns.PartialFlattening,
    patterns.CoarseFirst,
]
NOTHING = torch.zeros(1, K, 0, dtype=torch.int64)


def model() -> ConditionedLM:
    torch.manual_seed(0)
    decoder = Decoder(width=D, depth=2, heads=4, hidden=48)
    for parameter in decoder.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return ConditionedLM(decoder, streams=K, codebook_size=V, width=D).eval()


def plan(frames: int, *, context: int = 100, stride: int = 60, seeds: tuple[int, ...] = (7,)) -> Drawing:
    return Drawing(
        frames=frames,
        context=context,
        stride=stride,
        sampling=Sampling(top_k=8),
        guidance=3.0,
        seeds=seeds,
    )


def given(rows: int = 1) -> Conditions:
    return Conditions(cross=torch.randn(1, 4, D, generator=torch.Generator().manual_seed(1)).expand(rows, -1, -1))


def drawn(drawing: Drawing, known: Tensor = NOTHING, pattern: Pattern | None = None) -> Tensor:
    pattern = pattern or Delay(Delay.Config())
    return torch.cat(list(windowed(model(), pattern, [lambda *_: given()] * len(known), known, drawing)), -1)


def brute_force(frames: int, known: Tensor, pattern: Pattern) -> Tensor:
    """Without caches: at every step the whole grid is read again."""
    lm, numbers = model(), uniforms(7, frames, K)
    source = pattern.frame_of(K, frames)
    grid = torch.full((1, K, source.shape[1]), V)
    for step in range(source.shape[1]):
        with torch.no_grad():
            logits = lm(grid, given())[0, step]
        for stream in range(K):
            frame = int(source[stream, step])
            if frame >= 0 and frame < known.shape[-1]:
                grid[0, stream, step] = known[0, stream, frame]
            elif frame >= 0:
                values, tokens = logits[stream].topk(8)
                place = (values.softmax(0).cumsum(0) <= numbers[frame, stream]).sum()
                grid[0, stream, step] = tokens[place.clamp_max(7)]
    return pattern.collect(grid, frames)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("given_frames", [0, 4])
def test_every_pattern_draws_what_brute_force_draws(kind: type[Pattern], given_frames: int) -> None:
    pattern = kind.Config().build()
    known = torch.randint(V, (1, K, given_frames), generator=torch.Generator().manual_seed(3))
    found = drawn(plan(11), known, pattern)
    assert torch.equal(found[..., :given_frames], known)
    assert torch.equal(found, brute_force(11, known, pattern))


def test_an_item_of_a_batch_is_the_same_alone() -> None:
    nothing = NOTHING.expand(3, -1, -1)
    together = drawn(plan(12, seeds=(5, 7, 9)), nothing)
    alone = drawn(plan(12, seeds=(7,)))
    assert torch.equal(together[1:2], alone)
    assert not torch.equal(together[0], together[1])


def test_a_window_begins_with_the_last_frames_of_the_one_before() -> None:
    """The later windows are what a continuation of these frames is."""
    whole = drawn(plan(25, context=10, stride=6))
    first = drawn(plan(10))
    assert whole.shape[-1] == 25
    assert torch.equal(whole[..., :10], first)
    seen: list[tuple[int, int]] = []

    def conditions(begin: int, done: int) -> Conditions:
        seen.append((begin, done))
        return given()

    pattern, drawing = Delay(Delay.Config()), plan(25, context=10, stride=6)
    list(windowed(model(), pattern, [conditions], NOTHING, drawing))
    assert seen == [(0, 0), (6, 10), (12, 16), (18, 22)]


def test_a_continuation_longer_than_the_context_goes_on_from_its_end() -> None:
    known = torch.randint(V, (1, K, 14), generator=torch.Generator().manual_seed(3))
    other = known.clone()
    other[..., :10] = (other[..., :10] + 1) % V
    first, second = (drawn(plan(18, context=10, stride=6), start) for start in (known, other))
    assert torch.equal(first[..., :14], known)
    assert torch.equal(first[..., 14:], second[..., 14:])


def test_at_a_turn_a_window_begins_that_reads_the_kept_frames_under_other_conditions() -> None:
    pattern, seen = Delay(Delay.Config()), []
    other = Conditions(cross=-given().cross)  # type: ignore[operator]

    def conditions(begin: int, done: int) -> Conditions:
        seen.append((begin, done))
        return given() if done < 13 else other

    drawing = dataclasses.replace(plan(25, context=10, stride=6), turns=(13, 20), kept=2)
    whole = torch.cat(list(windowed(model(), pattern, [conditions], NOTHING, drawing)), -1)
    assert seen == [(0, 0), (6, 10), (11, 13), (18, 20)]
    assert torch.equal(whole[..., :10], drawn(plan(10)))
    # From the turn on: a continuation of the two kept frames, whose random numbers are those of its frames.
    numbers = uniforms(7, 25, K).T[None]
    window = Window(model(), pattern, [other], whole[..., 11:13], numbers[..., 11:20], drawing)
    assert torch.equal(next(code_chunks(window, [9], start=2)), whole[..., 13:20])


def test_turns_before_a_continuation_ends_are_past() -> None:
    known = torch.randint(V, (1, K, 8), generator=torch.Generator().manual_seed(3))
    found = drawn(dataclasses.replace(plan(20), turns=(5, 14)), known)
    assert torch.equal(found[..., :8], known) and found.shape[-1] == 20


def test_no_more_is_kept_than_a_window_holds() -> None:
    with pytest.raises(ValueError, match="kept is 10"):
        dataclasses.replace(plan(20, context=10, stride=6), kept=10)


def test_progress_rises_to_the_end_and_may_cancel() -> None:
    heard: list[float] = []
    pattern = Delay(Delay.Config())
    list(windowed(model(), pattern, [lambda *_: given()], NOTHING, plan(90, context=40, stride=30), heard.append))
    assert heard == sorted(heard) and heard[0] > 0 and 0.9 < heard[-1] <= 1

    class Stop(Exception):
        pass

    def cancel(done: float) -> None:
        raise Stop

    with pytest.raises(Stop):
        list(windowed(model(), pattern, [lambda *_: given()], NOTHING, plan(90), cancel))


def test_guidance_with_equal_halves_is_no_guidance() -> None:
    pattern = Delay(Delay.Config())
    both = given(2)
    guided = torch.cat(list(windowed(model(), pattern, [lambda *_: both], NOTHING, plan(12))), -1)
    assert torch.equal(guided, drawn(plan(12)))


@pytest.mark.parametrize("wrong", [{"stride": 0}, {"stride": 11, "context": 10}, {"frames": 0}])
def test_windows_that_cannot_be_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="stride"):
        plan(**({"frames": 5} | wrong))


def test_there_is_a_seed_for_each_item() -> None:
    with pytest.raises(ValueError, match="2 seeds and 1 conditions for 1"):
        drawn(plan(5, seeds=(1, 2)))
