"""Whether one system is better than another: paired, without assuming a distribution, corrected for many questions.

A rater's difference between two systems on one prompt is free of how high that rater rates and of how well the prompt
is liked, the two biases that Rosenberg and Ramabhadran (Interspeech 2017) found larger than systems' differences. Means
of these differences by prompt, and by rater, are units that repeat nothing and so may be ranked (Wilcoxon 1945); one
test is about other prompts for the same raters, the other about other raters of the same prompts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

MOST_EXACT = 200


def signed_rank(differences: Sequence[float], units: Sequence[Hashable]) -> float:
    """Two-sided p of Wilcoxon's signed-rank test over the units' mean differences, zeros ranked (Pratt 1959); 1 where
    there is no difference at all. Up to 200 units it is exact, whatever is tied (choices tie nearly always)."""
    from scipy.stats import rankdata, wilcoxon

    groups: defaultdict[Hashable, list[float]] = defaultdict(list)
    for difference, unit in zip(differences, units, strict=True):
        groups[unit].append(difference)
    means = np.asarray([np.mean(group) for group in groups.values()], np.float64)
    if len(means) > MOST_EXACT:
        return float(wilcoxon(means, zero_method="pratt").pvalue)
    doubled = np.rint(2 * rankdata(np.abs(means))).astype(int)  # middle ranks are halves
    seen = int(doubled[means > 0].sum())
    chances = _sums(doubled[means != 0])
    return min(1.0, 2 * float(min(chances[: seen + 1].sum(), chances[seen:].sum())))


def _sums(ranks: NDArray[np.int64]) -> NDArray[np.float64]:
    """The chance of each sum of the ranks that are positive, when every sign is a coin's: [0 .. sum of all]."""
    chances = np.zeros(int(ranks.sum()) + 1)
    chances[0] = 1.0
    for rank in ranks:
        chances[rank:] += chances[:-rank].copy()
        chances /= 2
    return chances


def least_p(units: int) -> float:
    """The smallest two-sided p that so many units can give: all of one sign, 2 of 2^n."""
    return 2.0 ** (1 - units) if units else 1.0


def holm(probabilities: Sequence[float]) -> list[float]:
    """p values corrected for their number, so that one false alarm among all stays below 5 % (Holm 1979)."""
    order = np.argsort(probabilities, kind="stable")
    corrected = [0.0] * len(probabilities)
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(probabilities) - rank) * probabilities[place]))
        corrected[place] = highest
    return corrected
