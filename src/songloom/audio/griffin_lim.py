"""Phase from magnitudes: a sinusoidal first guess, then fast Griffin-Lim, whole or as a stream.

The first guess lets every spectral peak advance at its interpolated frequency and its neighbours follow it
(single-pass spectrogram inversion, Beauregard, Harish & Wyse 2015). The iterations are the fast
Griffin-Lim of Perraudin, Balazs & Sondergaard 2013, with momentum. On true magnitudes of music, 4
iterations after the guess are closer than 32 from random phases; nothing here is random.

A stream freezes all but the last `lookahead` frames of what it was given, so that the next frames can still
change these; frozen frames act on later ones through their overlapping samples alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from songloom.audio.spectrogram import Stft, overlap_add

RESTART = 8.0  # a bin that grows by this factor within one hop starts a new note: its old phase means nothing
BLOCK_FRAMES = 256  # a clip is worked on in blocks, which stay in the cache


@dataclass(frozen=True)
class PhaseTracks:
    """What the guess of the next frame needs: the last frame's magnitude, phase advance and phase, each
    [B, bins] (radians; phases refer to the middle of the frame)."""

    magnitude: Tensor
    advance: Tensor
    phase: Tensor


def peak_owners(magnitude: Tensor, stft: Stft) -> tuple[Tensor, Tensor]:
    """The peak that each bin belongs to, and the phase advance per hop there; both like magnitude [..., F, bins]."""
    bins = torch.arange(magnitude.shape[-1], device=magnitude.device)
    below, here, above = magnitude[..., :-2], magnitude[..., 1:-1], magnitude[..., 2:]
    peak = torch.zeros_like(magnitude, dtype=torch.bool)
    peak[..., 1:-1] = (here > below) & (here >= above)
    left = torch.where(peak, bins, -1).cummax(-1).values
    far = 4 * magnitude.shape[-1]
    right = torch.where(peak, bins, far).flip(-1).cummin(-1).values.flip(-1)
    owner = torch.where((left < 0) | (right - bins < bins - left), right, left)
    owner = torch.where(owner >= magnitude.shape[-1], bins, owner)
    logs = (magnitude + 1e-8).log()
    low, mid, high = logs[..., :-2], logs[..., 1:-1], logs[..., 2:]
    offset = torch.zeros_like(magnitude)  # the vertex of the parabola through three log magnitudes
    offset[..., 1:-1] = (0.5 * (low - high) / (low - 2 * mid + high).clamp_max(-1e-6)).clamp(-0.5, 0.5)
    advance = (bins + offset) * (2 * math.pi * stft.hop_length / stft.n_fft)
    return owner, advance.gather(-1, owner)


def guess_phases(magnitude: Tensor, stft: Stft, before: PhaseTracks | None = None) -> tuple[Tensor, PhaseTracks]:
    """Phases [B, F, bins] (radians at the frames' middles) of magnitudes [B, F, bins] that follow `before`."""
    owner, advance = peak_owners(magnitude, stft)
    start = before or PhaseTracks(magnitude[:, 0], advance[:, 0], torch.zeros_like(magnitude[:, 0]))
    earlier = torch.cat([start.advance[:, None], advance[:, :-1]], 1).gather(-1, owner)
    previous = torch.cat([start.magnitude[:, None], magnitude[:, :-1]], 1)
    goes_on = (magnitude < RESTART * previous).to(magnitude)
    step = 0.5 * (earlier + advance) * goes_on
    goes_on = goes_on.gather(-1, owner)
    phases = torch.empty_like(magnitude)
    phase = start.phase
    for frame in range(magnitude.shape[1]):
        phase = torch.addcmul(step[:, frame], phase.gather(-1, owner[:, frame]), goes_on[:, frame])
        phases[:, frame] = phase
    return phases, PhaseTracks(magnitude[:, -1], advance[:, -1], phase.remainder(2 * math.pi))


class GriffinLimStream:
    """Magnitudes [B, bins, F] in pieces of any length to waves [B, T] without seams; memory does not grow."""

    def __init__(self, stft: Stft, iterations: int = 12, momentum: float = 0.99, lookahead: int = 8) -> None:
        if iterations < 0 or not 0 <= momentum < 1 or lookahead < 0:
            raise ValueError(
                f"iterations {iterations}, momentum {momentum}, lookahead {lookahead}; needs 0 or more, 0..1, 0 or more"
            )
        self.stft, self.iterations, self.momentum, self.lookahead = stft, iterations, momentum, lookahead
        self.tail_hops = math.ceil(stft.n_fft / stft.hop_length) - 1
        self.tracks: PhaseTracks | None = None
        self.magnitude: Tensor | None = None  # [B, F, bins] not frozen yet
        self.units: Tensor | None = None  # their phases as complex numbers of length 1
        self.tail: Tensor | None = None  # what frozen frames add to coming samples
        self.tail_envelope: Tensor | None = None
        self.frames = 0
        self.emitted = -stft.lead

    @torch.no_grad()
    def push(self, magnitude: Tensor) -> Tensor:
        """The samples [B, T] that are final once `magnitude` [B, bins, F] is added."""
        if magnitude.ndim != 3 or magnitude.shape[1] != self.stft.bins:
            raise ValueError(f"magnitudes are {tuple(magnitude.shape)}; needs [B, {self.stft.bins}, F]")
        if not magnitude.shape[2]:
            return magnitude.new_zeros(magnitude.shape[0], 0)
        self._append(magnitude.transpose(1, 2).contiguous())
        self._refine()
        return self._freeze(max(self._pending() - self.lookahead, 0))

    @torch.no_grad()
    def finish(self, samples: int | None = None) -> Tensor:
        """The remaining samples [B, T], so that all together are `samples` (default: the frames' own length)."""
        if self.tail is None:
            raise ValueError("no magnitudes came before the end of the stream")
        length = self.stft.samples(self.frames) if samples is None else samples
        if length < self.emitted:
            raise ValueError(f"{length} samples wanted; the stream has already given {self.emitted}")
        ended = self._freeze(self._pending())
        assert self.tail_envelope is not None
        rest = self.tail / self.tail_envelope.clamp_min(1e-8)
        rest = torch.cat([ended, rest[:, max(-self.emitted, 0) :]], 1)
        wanted = length - (max(self.emitted, 0) - ended.shape[1])
        return torch.nn.functional.pad(rest, (0, wanted - rest.shape[1]))

    def _pending(self) -> int:
        return 0 if self.magnitude is None else self.magnitude.shape[1]

    def _append(self, magnitude: Tensor) -> None:
        phases, self.tracks = guess_phases(magnitude, self.stft, self.tracks)
        # A frame's spectrum refers to its first sample, half a period of bin 1 before its middle.
        phases += math.pi * (torch.arange(self.stft.bins, device=phases.device) % 2)
        units = torch.polar(torch.ones_like(phases), phases)
        self.frames += magnitude.shape[1]
        if self.magnitude is None or self.units is None:
            self.magnitude, self.units = magnitude, units
            self.tail = magnitude.new_zeros(magnitude.shape[0], self.tail_hops * self.stft.hop_length)
            self.tail_envelope = torch.zeros_like(self.tail[0])
        else:
            self.magnitude = torch.cat([self.magnitude, magnitude], 1)
            self.units = torch.cat([self.units, units], 1)

    def _overlapped(self, frames: Tensor, squares: Tensor) -> tuple[Tensor, Tensor]:
        """Summed frames and summed squared windows, what the frozen frames left included."""
        assert self.tail is not None and self.tail_envelope is not None
        total, envelope = overlap_add(frames, self.stft.hop_length), overlap_add(squares, self.stft.hop_length)
        total[:, : self.tail.shape[1]] += self.tail
        envelope[: self.tail.shape[1]] += self.tail_envelope
        return total, envelope

    def _refine(self) -> None:
        assert self.magnitude is not None and self.units is not None and self.tail is not None
        window = self.stft.window(self.magnitude)
        frames = torch.empty(*self.magnitude.shape[:2], self.stft.n_fft).to(self.magnitude)
        spectrum, previous = torch.empty_like(self.units), None
        size = torch.empty_like(self.magnitude)
        _, envelope = self._overlapped(torch.zeros_like(frames), self._squares(frames.shape[1], window))
        inverse_envelope = envelope.clamp_min_(1e-8).reciprocal_()
        for _ in range(self.iterations):
            torch.mul(self.units, self.magnitude, out=spectrum)
            torch.fft.irfft(spectrum, self.stft.n_fft, out=frames)
            wave = overlap_add(frames.mul_(window), self.stft.hop_length)
            wave[:, : self.tail.shape[1]] += self.tail
            wave *= inverse_envelope
            hops = wave.unfold(-1, self.stft.n_fft, self.stft.hop_length)[:, : frames.shape[1]]
            consistent = torch.fft.rfft(torch.mul(hops, window, out=frames))
            if previous is None:
                spectrum.copy_(consistent)
            else:
                torch.add(consistent, consistent - previous, alpha=self.momentum, out=spectrum)
            previous = consistent
            parts = torch.view_as_real(spectrum)
            torch.mul(parts[..., 0], parts[..., 0], out=size).addcmul_(parts[..., 1], parts[..., 1])
            torch.mul(spectrum, size.add_(1e-16).rsqrt_(), out=self.units)

    def _squares(self, frames: int, window: Tensor) -> Tensor:
        return window.square().expand(frames, self.stft.n_fft)

    def _freeze(self, count: int) -> Tensor:
        """Settle the first `count` pending frames; gives the samples [B, T] that no later frame touches."""
        assert self.magnitude is not None and self.units is not None
        window = self.stft.window(self.magnitude)
        spectrum = self.units[:, :count] * self.magnitude[:, :count]
        if not count:
            return self.magnitude.new_zeros(self.magnitude.shape[0], 0)
        frames = torch.fft.irfft(spectrum, self.stft.n_fft).mul_(window)
        total, envelope = self._overlapped(frames, self._squares(count, window))
        size = count * self.stft.hop_length
        wave = total[:, :size] / envelope[:size].clamp_min(1e-8)
        self.tail, self.tail_envelope = total[:, size:].clone(), envelope[size:].clone()
        self.magnitude, self.units = self.magnitude[:, count:], self.units[:, count:]
        skipped = min(max(-self.emitted, 0), size)
        self.emitted += size
        return wave[:, skipped:]


def griffin_lim(
    magnitude: Tensor, stft: Stft, *, iterations: int = 12, momentum: float = 0.99, samples: int | None = None
) -> Tensor:
    """Waves [B, T] whose spectra have nearly the magnitudes [B, bins, F]; T is `samples` or the frames' own length.

    On a CPU one clip is worked on at a time, which keeps its spectra in the cache.
    """
    if magnitude.ndim != 3 or not magnitude.shape[2]:
        raise ValueError(f"magnitudes are {tuple(magnitude.shape)}; needs [B, {stft.bins}, F] with at least one frame")
    if magnitude.device.type == "cpu" and len(magnitude) > 1:
        clips = [
            griffin_lim(clip, stft, iterations=iterations, momentum=momentum, samples=samples)
            for clip in torch.split(magnitude, 1)
        ]
        return torch.cat(clips)
    stream = GriffinLimStream(stft, iterations, momentum)
    pieces = [stream.push(block) for block in torch.split(magnitude, BLOCK_FRAMES, dim=2)]
    return torch.cat([*pieces, stream.finish(samples)], 1)
