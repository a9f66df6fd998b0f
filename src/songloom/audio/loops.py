"""Loops: the end of a piece passes into what was heard before its beginning, so that it can go round for ever."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

WINDOW_SECONDS = 0.02
FLOOR = 1e-6
"""Power beside which less is not heard."""


def looped(pieces: Iterable[Tensor], lead: int, size: int, fade: int) -> Iterator[Tensor]:
    """Music of `lead` + `size` samples [..., T] in pieces -> a loop of `size` samples, in pieces.

    Its last `fade` samples pass into the last of the lead: the music that led to the loop's first sample leads to it
    again from its end. Raises ValueError unless 0 < fade <= lead and size, and where another number of samples comes.
    """
    if not 0 < fade <= min(lead, size):
        raise ValueError(f"a fade of {fade} samples, a lead of {lead}, a loop of {size}; needs a fade within both")
    held: Tensor | None = None
    before: Tensor | None = None
    passed, fixed = 0, lead + size - fade
    for piece in pieces:
        held = piece if held is None else torch.cat([held, piece], dim=-1)
        passed += piece.shape[-1]
        if before is None and passed >= lead:
            first = held.shape[-1] - (passed - lead)
            before, held = held[..., first - fade : first], held[..., first:]
        if before is not None:
            ready = max(0, min(held.shape[-1], fixed - passed + held.shape[-1]))
            if ready:
                yield held[..., :ready]
                held = held[..., ready:]
    if held is None or before is None or passed != lead + size:
        raise ValueError(f"{passed} samples came; a loop of {size} with a lead of {lead} needs {lead + size}")
    yield passage(held, before)


def passage(first: Tensor, second: Tensor) -> Tensor:
    """One sound [..., T] passing into another at a steady level: linear weights, divided by the level that two sounds
    as alike as these have in such a mixture."""
    size = first.shape[-1]
    weight = torch.arange(1, size + 1, device=first.device, dtype=first.dtype) / (size + 1)
    powers = first.square().sum() * second.square().sum()
    alike = ((first * second).sum() / powers.clamp_min(1e-20).sqrt()).clamp(0, 1)
    level = ((1 - weight).square() + weight.square() + 2 * alike * weight * (1 - weight)).sqrt()
    return ((1 - weight) * first + weight * second) / level


def fitted_circle(wave: Tensor, size: int) -> Tensor:
    """One round [..., T] of a periodic wave in `size` samples instead: what it is between them is known exactly."""
    if wave.shape[-1] == size:
        return wave
    return torch.fft.irfft(torch.fft.rfft(wave), n=size) * (size / wave.shape[-1])


def roughness(wave: Tensor, sample_rate: int, places: Tensor) -> Tensor:
    """How far the spectrum goes around each of N `places` (samples) of a wave [C, T] taken as a loop: the mean over
    frequency of the steps, in dB [N], from 20 ms before to 20 ms centred there to 20 ms after. A click is in the middle
    one alone, and a cut between the others."""
    size = max(16, round(WINDOW_SECONDS * sample_rate))
    offsets = torch.arange(-size, size)
    windows = wave.mean(0)[(places[:, None] + offsets) % wave.shape[-1]].unfold(-1, size, size // 2)[:, :3]
    power = torch.fft.rfft(windows * torch.hann_window(size)).abs().square() / size
    return (10 * torch.log10(power + FLOOR)).diff(dim=1).abs().mean(-1).sum(-1)


def seam(wave: Tensor, sample_rate: int, beat: float) -> float:
    """The share, 0..1, of the other beats of a loop [C, T], so many seconds apart, where the spectrum changes less than
    at its seam: .5 is a beat like any other, and near 1 the seam stands out."""
    count = max(2, round(wave.shape[-1] / sample_rate / beat))
    beats = torch.arange(count) * wave.shape[-1] / count
    found = roughness(wave, sample_rate, beats.round().long())
    return float((found[1:] < found[0]).float().mean())
