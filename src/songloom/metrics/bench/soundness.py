"""Figures that need nothing but the clips: level, faults, silence, stereo."""

from __future__ import annotations

from collections.abc import Sequence

from songloom.metrics.adherence import SILENT_SECONDS
from songloom.metrics.bench.clip_facts import ClipFacts
from songloom.metrics.bench.report import Figure, Section
from songloom.metrics.confidence import mean, share

CLIPPED = 1e-4
"""The share of samples in flat tops from which a clip counts as clipped."""
OVER = 0.0
"""dBTP above which a player may clip."""


def sound_section(facts: Sequence[ClipFacts]) -> Section:
    """Length, loudness, peaks, clipping, clicks, direct current, silence over all clips."""
    loud = [one.loudness for one in facts if not one.silent]
    figures = [
        Figure("length", mean([one.seconds for one in facts]), "s"),
        Figure("loudness", mean(loud), "LUFS"),
        Figure("true peak", mean([one.true_peak for one in facts if not one.silent]), "dBTP"),
        _share("true peak at 0 dBTP or under", [one.true_peak <= OVER for one in facts]),
        _share("free of clipping", [one.clipped < CLIPPED for one in facts]),
        _share("free of clicks", [one.clicks == 0 for one in facts]),
        _share("free of direct current", [one.direct_current < 1e-3 for one in facts]),
        _share(f"free of silence of {SILENT_SECONDS:g} s", [one.silence < SILENT_SECONDS for one in facts]),
        _share("not silent as a whole", [not one.silent for one in facts]),
    ]
    return Section("Sound", tuple(figures))


def stereo_section(facts: Sequence[ClipFacts]) -> Section | None:
    """Middle, side, phase and balance over the clips of two channels; None where there are none."""
    found = [one.stereo for one in facts if one.stereo is not None]
    if not found:
        return None
    figures = (
        Figure("side less middle", mean([one.side - one.mid for one in found]), "dB"),
        Figure("correlation of left and right", mean([one.correlation for one in found])),
        _share("in phase", [one.in_phase for one in found]),
        _share("both channels sound", [one.both_sound for one in found]),
        Figure("two equal channels (mono)", share([one.side - one.mid < -60 for one in found]), "%"),
    )
    mono = len(facts) - len(found)
    return Section("Stereo", figures, (f"{mono} clips have one channel or are silent",) if mono else ())


def _share(name: str, hits: Sequence[bool]) -> Figure:
    return Figure(name, share(hits), "%", "higher")
