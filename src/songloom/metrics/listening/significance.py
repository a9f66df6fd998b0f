"""Whether one system is better than another: paired, without assuming a distribution, corrected for many questions.

A rater's difference between two systems on one prompt is free of how high that rater rates and of how well the prompt
is liked, the two biases that Rosenberg and Ramabhadran (Interspeech 2017) found larger than systems' differences. Means
of these differences by prompt, and by rater, are units that repeat nothing and so may be ranked (Wilcoxon 1945); one
test is about other prompts, the other about other raters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence

import numpy as np


def signed_rank(differences: Sequence[float], units: Sequence[Hashable]) -> float:
    """Two-sided p of Wilcoxon's signed-rank test over the units' mean differences, zeros ranked (Pratt 1959); 1 where
    there is no difference at all."""
    from scipy.stats import wilcoxon

    groups: defaultdict[Hashable, list[float]] = defaultdict(list)
    for difference, unit in zip(differences, units, strict=True):
        groups[unit].append(difference)
    means = np.asarray([np.mean(group) for group in groups.values()], np.float64)
    if not np.any(means):
        return 1.0
    return float(wilcoxon(means, zero_method="pratt").pvalue)


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
