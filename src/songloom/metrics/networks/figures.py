"""Figures as published tools compute them: which network, which distance, over which rows, from which side.

The rows come from a network of `sources`, clip by clip; the sheet of facts of that network belongs to the figure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from songloom.metrics.class_chances import kl_divergence
from songloom.metrics.frechet import frechet_distance

UNDER_THE_LOGARITHM = 1e-6
"""What the tools add to chances there."""
Clips = Sequence[np.ndarray]
"""Rows of each clip, [n, E] or [n, classes]."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure called `name` that `tool` prints, made by `network` of its `rows`: `compute(reference, generated)`.
    `says` is the definition in one line. Where `paired`, both hold the same clips in the same order."""

    name: str
    tool: str
    network: str
    rows: Literal["embeddings", "chances"]
    paired: bool
    says: str
    compute: Callable[[Clips, Clips], float]


def frechet_of_frames(reference: Clips, generated: Clips) -> float:
    """The Fréchet distance of all rows of all clips, no mean over a clip taken before."""
    return frechet_distance(np.concatenate(reference), np.concatenate(generated))


def kl_generated(reference: Clips, generated: Clips) -> float:
    """Mean KL(generated || reference) over the clips, in nats: high for classes that the reference does not have."""
    _check_pairs(reference, generated)
    rows = kl_divergence(np.concatenate(generated), np.concatenate(reference), added=UNDER_THE_LOGARITHM)
    return float(rows.mean())


def kl_reference(reference: Clips, generated: Clips) -> float:
    """Mean KL(reference || generated) over all pieces, in nats: high where the reference's classes are missing."""
    return kl_generated(generated, reference)


def _check_pairs(reference: Clips, generated: Clips) -> None:
    """Raises ValueError unless clips and their pieces pair up."""
    if len(reference) != len(generated) or not reference:
        raise ValueError(f"{len(reference)} reference and {len(generated)} generated clips; KL needs pairs")
    for place, (one, two) in enumerate(zip(reference, generated, strict=True), start=1):
        if len(one) != len(two):
            said = f"{len(one)} pieces in the reference and {len(two)} as generated"
            raise ValueError(f"clip {place} has {said}; cut both to one length")


def _frechet(name: str, tool: str, network: str, says: str) -> Figure:
    return Figure(
        name=name,
        tool=tool,
        network=network,
        rows="embeddings",
        paired=False,
        says=f"Fréchet distance of {says}",
        compute=frechet_of_frames,
    )


def _kl(name: str, tool: str, network: str, compute: Callable[[Clips, Clips], float]) -> Figure:
    direction = "generated || reference" if compute is kl_generated else "reference || generated"
    return Figure(
        name=name,
        tool=tool,
        network=network,
        rows="chances",
        paired=True,
        says=f"mean KL({direction}) in nats, {UNDER_THE_LOGARITHM:g} under the logarithm",
        compute=compute,
    )


STABLE_AUDIO, AUDIOCRAFT, AUDIOLDM = "stable-audio-metrics", "audiocraft", "audioldm_eval"
FIGURES = (
    _frechet("FAD", "fadtk", "vggish-fadtk", "all examples of 0.96 s"),
    *(
        _frechet("FAD", "fadtk", f"clap-{kind}-fadtk", "windows from every second")
        for kind in ("laion-audio", "laion-music", "2023")
    ),
    _frechet("FAD", AUDIOCRAFT, "vggish-audiocraft", "examples every 0.5 s"),
    *(
        _frechet("FD_openl3", STABLE_AUDIO, f"openl3-{content}{sort}", "all windows of 1 s")
        for content in ("music", "env")
        for sort in ("", "-mono")
    ),
    _kl("KL_passt", STABLE_AUDIO, "passt-stable-audio", kl_generated),
    _frechet("FAD", AUDIOLDM, "vggish-audioldm", "all examples of 0.96 s"),
    *(_frechet("FD", AUDIOLDM, f"panns-audioldm-{rate}", "one embedding for each clip") for rate in ("16k", "32k")),
    *(_kl("KL softmax", AUDIOLDM, f"panns-audioldm-{rate}", kl_reference) for rate in ("16k", "32k")),
    *(_kl("KLD", AUDIOCRAFT, f"passt-audiocraft-{seconds}s", kl_reference) for seconds in (10, 20, 30)),
)


def figures_of(network: str) -> tuple[Figure, ...]:
    """The published figures that a network of this name makes."""
    return tuple(figure for figure in FIGURES if figure.network == network)
