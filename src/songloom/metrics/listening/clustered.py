"""The mean of ratings with an interval for new raters and new prompts: ratings of one rater, or of one prompt, are not
independent.

Two-way cluster-robust variance of a mean: that of clusters by rater, plus by prompt, less that of their cells (Cameron,
Gelbach and Miller 2011, Journal of Business & Economic Statistics 29:2), but never below either alone
(MacKinnon, Nielsen and Webb 2024, arXiv 2406.08880). The crossing is that of Ribeiro et al. 2011 (CrowdMOS, ICASSP).
Degrees of freedom are the fewer clusters less one (Cameron and Miller 2015, Journal of Human Resources 50:2).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from songloom.metrics.confidence import Estimate

Floats = NDArray[np.float64]


def clustered_mean(values: Sequence[float], raters: Sequence[Hashable], prompts: Sequence[Hashable]) -> Estimate:
    """The mean of `values` and its 95 % interval over raters and prompts, given for each value. Where there is only
    one rater (or prompt), the interval is over prompts (or raters) alone; of one of each it is open."""
    from scipy.stats import t

    if not len(values):
        return Estimate(math.nan, math.nan, math.nan, 0)
    mean, error, freedom = _spread(values, raters, prompts)
    half = float(t.ppf(0.975, freedom)) * error if freedom else math.inf
    return Estimate(mean, mean - half, mean + half, len(values))


def clustered_p(values: Sequence[float], raters: Sequence[Hashable], prompts: Sequence[Hashable]) -> float:
    """Two-sided p of a mean that is 0 for all raters and prompts, by the same variance: at most 0.05 where the interval
    of `clustered_mean` leaves 0 out; 1 where there is nothing to tell from."""
    from scipy.stats import t

    mean, error, freedom = _spread(values, raters, prompts) if len(values) else (0.0, 0.0, 0)
    if not mean or not freedom:
        return 1.0
    return float(2 * t.sf(abs(mean) / error, freedom)) if error else 0.0


def _spread(
    values: Sequence[float], raters: Sequence[Hashable], prompts: Sequence[Hashable]
) -> tuple[float, float, int]:
    """Mean, standard error, and degrees of freedom (0: the error is not known)."""
    array = np.asarray(values, np.float64)
    mean, rests = float(array.mean()), array - array.mean()
    ways = [way for way in (list(raters), list(prompts)) if len(set(way)) > 1]
    if not ways:
        return mean, math.inf, 0
    variances = [_variance(rests, way) for way in ways]
    if len(ways) == 2:
        variances.append(sum(variances) - _variance(rests, list(zip(*ways, strict=True))))
    return mean, math.sqrt(max(variances)), min(len(set(way)) for way in ways) - 1


def _variance(rests: Floats, clusters: Sequence[Hashable]) -> float:
    """Variance of the mean when what is left of the values [n] moves together within each of G clusters: G/(G-1) times
    the squared sums of clusters over n squared."""
    names = {name: place for place, name in enumerate(dict.fromkeys(clusters))}
    sums = np.bincount([names[name] for name in clusters], weights=rests)
    return float(len(sums) / (len(sums) - 1) * (sums**2).sum() / len(rests) ** 2)
