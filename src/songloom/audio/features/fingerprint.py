"""Fingerprints: pairs of spectral peaks that another encoding, loudness or cut of one recording still has.

After Wang, "An industrial-strength audio search algorithm" (ISMIR 2003): peaks of a spectrogram, each paired with a few
later ones; a pair's two frequencies and the time between them are its hash. Copies share hashes at one offset in time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.features.signal import ANALYSIS_RATE, analysis_signal
from songloom.audio.spectrogram import Stft

STFT = Stft(2048, 512)
FRAME_RATE = ANALYSIS_RATE / STFT.hop_length
LOWEST_BIN, BINS = 8, 504  # about 86 to 5,500 Hz
REACH = (9, 7)  # bins and frames around a peak in which nothing is stronger
FLOOR = 1e-3  # of the strongest peak
PEAKS_PER_SECOND = 16
PARTNERS = 4
LONGEST_PAIR = 64  # frames
REPEATS = 4  # of one hash in one recording that are kept
MOST_SHARED = 64  # neighbours with one hash that are compared
LEAST_VOTES, LEAST_SHARE = 12, 0.1
"""Of the built-in band's pieces no two share more than 0.01; copies as MP3, cut, louder or in noise 0.2 and more."""


@dataclass(frozen=True)
class Fingerprint:
    """`hashes` [N] uint32 and the frame of each pair's first peak, `times` [N] int32, in order of time."""

    hashes: np.ndarray
    times: np.ndarray

    def __len__(self) -> int:
        return len(self.hashes)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Recordings `first` and `second` (their numbers) share `share` of the hashes of the one that has fewer, at one
    offset: what `first` has at time t, `second` has `seconds` later."""

    first: int
    second: int
    share: float
    seconds: float


def fingerprint(wave: Tensor, sample_rate: int) -> Fingerprint:
    """The fingerprint of a wave [C, T]; silence has an empty one."""
    frame, place = spectral_peaks(STFT.magnitude(analysis_signal(wave, sample_rate)))
    order = np.lexsort((place, frame))
    frame, place = frame[order], place[order]
    hashes, times = [], []
    for partner in range(1, PARTNERS + 1):
        gap = frame[partner:] - frame[:-partner]
        near = (gap > 0) & (gap < LONGEST_PAIR)
        hashes.append(((place[:-partner] << 15) | (place[partner:] << 6) | gap)[near])
        times.append(frame[:-partner][near])
    found, at = np.concatenate(hashes).astype(np.uint32), np.concatenate(times).astype(np.int32)
    order = np.lexsort((at, found))
    found, at = found[order], at[order]
    few = np.ones(len(found), bool)
    few[REPEATS:] = found[REPEATS:] != found[:-REPEATS]
    order = np.argsort(at[few], kind="stable")
    return Fingerprint(found[few][order], at[few][order])


def joined(parts: Sequence[tuple[Fingerprint, float]]) -> Fingerprint:
    """One fingerprint of the parts of a recording, each with the second where it begins."""
    times = [one.times + round(start * FRAME_RATE) for one, start in parts]
    return Fingerprint(np.concatenate([one.hashes for one, _ in parts]), np.concatenate(times).astype(np.int32))


def spectral_peaks(magnitude: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Frames and bins [P] of the peaks of magnitudes [bins, F]: the strongest of their surroundings, as many as
    PEAKS_PER_SECOND allows in each second."""
    seen = magnitude[LOWEST_BIN : LOWEST_BIN + BINS]
    kernel = (2 * REACH[0] + 1, 2 * REACH[1] + 1)
    highest = functional.max_pool2d(seen[None], kernel, 1, REACH)[0]
    bins, frames = torch.nonzero((seen == highest) & (seen > FLOOR * seen.amax()), as_tuple=True)
    strength = seen[bins, frames].numpy()
    place, frame = bins.numpy(), frames.numpy()
    second = (frame / FRAME_RATE).astype(np.int64)
    order = np.lexsort((-strength, second))
    rank = np.arange(len(order)) - np.searchsorted(second[order], second[order])
    kept = order[rank < PEAKS_PER_SECOND]
    return frame[kept], place[kept]


def alike(prints: Sequence[Fingerprint]) -> list[Likeness]:
    """Pairs of recordings that are the same music in the same performance, or one of which is a part of the other."""
    sizes = np.array([len(one) for one in prints])
    if not sizes.sum():
        return []
    hashes = np.concatenate([one.hashes for one in prints])
    times = np.concatenate([one.times for one in prints]).astype(np.int64)
    owners = np.repeat(np.arange(len(prints)), sizes)
    order = np.argsort(hashes, kind="stable")
    hashes, times, owners = hashes[order], times[order], owners[order]
    votes = []
    for step in range(1, min(MOST_SHARED, len(hashes) - 1) + 1):
        same = np.flatnonzero(hashes[step:] == hashes[:-step])
        if not len(same):
            break
        same = same[owners[same] != owners[same + step]]
        pair = owners[same] * len(prints) + owners[same + step]
        votes.append(np.stack([pair, times[same + step] - times[same]]))
    return _agreed(np.concatenate(votes, axis=1), sizes) if votes else []


def _agreed(votes: np.ndarray, sizes: np.ndarray) -> list[Likeness]:
    """The pairs for which enough of the votes [2, N] (pair, offset in frames) fall on two neighbouring offsets."""
    found, counts = np.unique(votes, axis=1, return_counts=True)
    counts = counts.astype(np.int64)
    beside = (found[0, 1:] == found[0, :-1]) & (found[1, 1:] == found[1, :-1] + 1)
    both = counts + np.concatenate([counts[1:] * beside, [0]])
    best: dict[int, tuple[int, int]] = {}
    for place in np.flatnonzero(both >= LEAST_VOTES):
        pair = int(found[0, place])
        best[pair] = max(best.get(pair, (0, 0)), (int(both[place]), int(found[1, place])))
    agreed = []
    for pair, (count, offset) in sorted(best.items()):
        first, second = divmod(pair, len(sizes))
        share = min(1.0, count / min(sizes[first], sizes[second]))
        if share >= LEAST_SHARE:
            agreed.append(Likeness(first, second, float(share), offset / FRAME_RATE))
    return agreed
