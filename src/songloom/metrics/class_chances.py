"""What a classifier hears, compared: the KL divergence of class probabilities in both directions, and the inception
score."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Divergences(NamedTuple):
    """Both directions for each pair [N], in nats. Papers seldom say which they mean.

    `reference_generated` is KL(reference || generated): high where the reference's classes are missing (audiocraft's
    `kld`, AudioLDM's `kl_softmax`). `generated_reference` is KL(generated || reference): high where classes are heard
    that the reference does not have (stable-audio-metrics).
    """

    reference_generated: np.ndarray
    generated_reference: np.ndarray


def divergences(reference: np.ndarray, generated: np.ndarray, *, added: float = 0.0) -> Divergences:
    """Both divergences of paired class probabilities [N, C]. Raises ValueError for unequal shapes or rows that do
    not sum to 1; `added` as in `kl_divergence`."""
    return Divergences(
        kl_divergence(reference, generated, added=added), kl_divergence(generated, reference, added=added)
    )


def kl_divergence(first: np.ndarray, second: np.ndarray, *, added: float = 0.0) -> np.ndarray:
    """KL(first || second) = sum p (ln p - ln(q + added)) of each row of [N, C], in nats; 0 for equal rows.

    `added` is what published tools put under the logarithm (1e-6 in audiocraft, stable-audio-metrics and
    audioldm_eval); it makes equal rows of C classes about -C * 1e-6. Without it chances are at least 1e-30.
    """
    p, q = _checked(first), _checked(second)
    if p.shape != q.shape:
        raise ValueError(f"class probabilities are {p.shape} and {q.shape}; pairs need equal shapes")
    below = q + added if added else np.maximum(q, 1e-30)
    values: np.ndarray = np.where(p > 0, p * (np.log(np.maximum(p, 1e-30)) - np.log(below)), 0.0).sum(1)
    return values


def inception_score(chances: np.ndarray, *, splits: int = 10, seed: int = 0) -> tuple[float, float]:
    """exp(mean KL(p || mean p)) of class probabilities [N, C], shuffled and in `splits` parts (Salimans et al. 2016,
    arXiv 1606.03498): its mean and deviation over the parts. 1 where all clips sound like one class or like all, C
    where each is surely of another class. Raises ValueError for fewer clips than parts."""
    p = _checked(chances)
    if not 1 <= splits <= len(p):
        raise ValueError(f"{splits} parts of {len(p)} clips; needs 1 part to one for each clip")
    shuffled = p[np.random.default_rng(seed).permutation(len(p))]
    parts = np.array_split(shuffled, splits)
    scores = [np.exp(kl_divergence(part, np.broadcast_to(part.mean(0), part.shape)).mean()) for part in parts]
    return float(np.mean(scores)), float(np.std(scores))


def _checked(chances: np.ndarray) -> np.ndarray:
    exact = np.asarray(chances, np.float64)
    if exact.ndim != 2 or not exact.size:
        raise ValueError(f"class probabilities are {exact.shape}; needs [N, C] with at least one row")
    if not (exact >= 0).all() or not np.allclose(exact.sum(1), 1.0, atol=1e-3):
        raise ValueError("class probabilities must be 0 or more and sum to 1 in each row")
    return exact
