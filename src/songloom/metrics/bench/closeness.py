"""Figures against a reference: distances of embeddings, and divergences of classes of paired clips."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

import numpy as np

from songloom.metrics.bench.embedding import Embedded
from songloom.metrics.bench.report import Figure, Section
from songloom.metrics.class_chances import divergences, inception_score
from songloom.metrics.confidence import Estimate, mean
from songloom.metrics.embeddings import Facts
from songloom.metrics.frechet import bootstrapped_distance, split_distance
from songloom.metrics.frechet_sizes import frechet_infinity
from songloom.metrics.kernel_distance import bootstrapped_kernel_distance, kernel_distance
from songloom.metrics.moments import Moments
from songloom.metrics.networks.figures import Figure as PublishedFigure
from songloom.metrics.networks.figures import figures_of

FEWEST_CLIPS = 4
"""Of either set, for halves that share no clip."""
WIDE = 1024
"""Dimensions from which on distances take seconds, so that fewer are computed."""
LEAST_ROWS = 500
"""Where the line of FAD-infinity begins, as in its paper's tool."""


def distance_section(facts: Facts, generated: Embedded, reference: Embedded) -> tuple[Section | None, list[str]]:
    """Distances of two sets by one network, and warnings. None where a set is too small for any."""
    warnings = [
        f"{facts.name}: {one.count} embeddings {of} are fewer than their {facts.width} dimensions; a Fréchet distance "
        f"of so few says little"
        for of, one in (("generated", generated), ("of the reference", reference))
        if one.count < facts.width
    ]
    if min(generated.count, reference.count) < 2 or min(len(generated.rows), len(reference.rows)) < 2:
        return None, [*warnings, f"{facts.name}: a distance needs at least 2 clips on both sides"]
    real, made = np.concatenate(reference.clips), np.concatenate(generated.clips)
    moments = Moments.of(real)
    figures = [Figure("Fréchet distance", bootstrapped_distance(moments, generated.clips), "", "lower")]
    if min(len(generated.rows), len(reference.rows)) >= FEWEST_CLIPS:
        rounds = max(4, min(30, int(4e9 / facts.width**3)))
        halves = split_distance(generated.clips, reference.clips, rounds=rounds)
        floor = split_distance(reference.clips, reference.clips, rounds=rounds).value
        figures.append(Figure("Fréchet distance, halves", halves, "", "lower", floor))
    if len(made) > LEAST_ROWS:
        found = frechet_infinity(moments, made, steps=25 if facts.width <= WIDE else 8)
        figures.append(Figure("FAD-infinity", Estimate(found.value, np.nan, np.nan, len(generated.rows)), "", "lower"))
    figures.append(_kernel_figure(real, generated, reference))
    notes = (
        f"{len(generated.rows)} clips with {generated.count} embeddings against {len(reference.rows)} with "
        f"{reference.count}; baseline: two halves of the reference",
        *(
            f"the Fréchet distance is the {one.name} of {one.tool}: {one.says}"
            for one in _published(facts, "embeddings")
        ),
    )
    return Section(f"Distance to the reference: {facts.name}", tuple(figures), notes), warnings


def _kernel_figure(real: np.ndarray, generated: Embedded, reference: Embedded) -> Figure:
    """KAD, and what it is between halves of the reference."""
    halves = reference.clips[::2], reference.clips[1::2]
    one, two = (np.concatenate(half) for half in halves)
    floor = kernel_distance(one, two) if min(len(one), len(two)) >= 2 else None
    return Figure("KAD", bootstrapped_kernel_distance(real, generated.clips), "", "lower", floor)


def class_section(
    facts: Facts, generated: Embedded, recording: Callable[[str], str], reference: Embedded | None
) -> Section | None:
    """KL divergences of paired clips (each made clip's `recording` by name) and the inception score; None where the
    network tells no classes."""
    if not generated.chances:
        return None
    made = generated.chances
    whole = np.stack([rows.mean(0) for rows in made.values()])
    figures = [Figure("inception score", _inception(whole), "", "higher")]
    pairs = paired_recordings(list(made), reference, recording)
    if reference is not None and pairs:
        both = [_pair_divergences(reference.chances[there], made[here]) for here, there in pairs]
        figures += [
            Figure("KL(reference || generated)", mean([one for one, _ in both]), "nats", "lower"),
            Figure("KL(generated || reference)", mean([two for _, two in both]), "nats", "lower"),
            *_published_divergences(
                facts, [reference.chances[there] for _, there in pairs], [made[here] for here, _ in pairs]
            ),
        ]
    notes = (f"{len(pairs)} clips have a reference of their own",)
    return Section(f"Classes: {facts.name}", tuple(figures), notes)


def _published(facts: Facts, rows: str) -> list[PublishedFigure]:
    return [one for one in figures_of(facts.name) if one.rows == rows]


def _published_divergences(facts: Facts, real: list[np.ndarray], made: list[np.ndarray]) -> list[Figure]:
    """What published tools print for pairs of one length."""
    if any(len(one) != len(two) for one, two in zip(real, made, strict=True)):
        return []
    return [
        Figure(
            f"{one.name} of {one.tool}", Estimate(one.compute(real, made), np.nan, np.nan, len(real)), "nats", "lower"
        )
        for one in _published(facts, "chances")
    ]


def paired_recordings(
    names: list[str], reference: Embedded | None, recording: Callable[[str], str]
) -> list[tuple[str, str]]:
    """Made clips with their own recording in the reference: of the name that the prompt gives, or of the same name."""
    if reference is None:
        return []
    stems = {PurePosixPath(name).name: name for name in reference.chances}
    found = [(name, stems.get(recording(name)) or stems.get(PurePosixPath(name).name)) for name in names]
    return [(here, there) for here, there in found if there is not None]


def _pair_divergences(real: np.ndarray, made: np.ndarray) -> tuple[float, float]:
    """Both divergences of one pair, [n, classes] each: the mean over its windows where both have as many, else those
    of the means."""
    if len(real) != len(made):
        real, made = real.mean(0, keepdims=True), made.mean(0, keepdims=True)
    both = divergences(_sums_to_one(real), _sums_to_one(made))
    return float(both.reference_generated.mean()), float(both.generated_reference.mean())


def _inception(chances: np.ndarray) -> Estimate:
    value, deviation = inception_score(_sums_to_one(chances), splits=min(10, max(1, len(chances) // 2)))
    return Estimate(value, value - 1.96 * deviation, value + 1.96 * deviation, len(chances))


def _sums_to_one(chances: np.ndarray) -> np.ndarray:
    """Chances of classes that do not exclude each other (sigmoids) as shares of their sum."""
    sums: np.ndarray = chances.sum(1, keepdims=True)
    return chances / np.maximum(sums, 1e-12)
