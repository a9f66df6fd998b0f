"""Pictures of curves: what was asked for, what music did under them, and what it did without."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from songloom.audio.clip import Audio
from songloom.audio.features.key import PITCH_NAMES
from songloom.audio.spectrogram import Stft, mel_decibels, mel_filters
from songloom.conditioning.curves import RATE, Curve, Name

RATE_SHOWN = 32_000
DOTS = 70
ASKED, MADE, FREE = "0.75", "C0", "C3"


def draw_curves(path: Path, asked: Mapping[Name, Curve], made: Mapping[Name, Audio], free: Audio) -> None:
    """A row for each control: the curve that was asked for, under it what was heard with it and without."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8), layout="constrained")
    axes = figure.subplots(3, 2, sharex=True)
    for row, name in zip(axes, asked, strict=True):
        for place, audio, colour, how in ((row[0], made[name], MADE, "with"), (row[1], free, FREE, "without")):
            heard = Curve.of_audio(name, audio)
            PAINTERS[name](place, asked[name], heard, colour)
            place.set_title(f"{name} {how} its curve (grey: asked for)", fontsize=9)
    for place in axes[-1]:
        place.set_xlabel("seconds")
    figure.savefig(path, dpi=DOTS)


def _melody(axes: Any, asked: Curve, heard: Curve, colour: str) -> None:
    for curve, tint, size in ((asked, ASKED, 26), (heard, colour, 5)):
        known = curve.values.any(0)
        seconds = (np.arange(curve.frames) + 0.5) / RATE
        axes.scatter(seconds[known], curve.values.argmax(0)[known], c=tint, s=size, marker="s", linewidths=0)
    axes.set_yticks(range(12), PITCH_NAMES, fontsize=7)


def _dynamics(axes: Any, asked: Curve, heard: Curve, colour: str) -> None:
    level = heard.values[0, : asked.frames]
    gain = (asked.values[0, : len(level)] - level).median()  # as the error is counted: finishing sets the loudness
    axes.plot((np.arange(asked.frames) + 0.5) / RATE, asked.values[0], c=ASKED, lw=5)
    axes.plot((np.arange(len(level)) + 0.5) / RATE, level + gain, c=colour)
    axes.set_ylabel("dB", fontsize=8)


def _rhythm(axes: Any, asked: Curve, heard: Curve, colour: str) -> None:
    for curve, tint, up in ((asked, ASKED, 1), (heard, colour, -1)):
        seconds = (np.arange(curve.frames) + 0.5) / RATE
        axes.fill_between(seconds, 0, up * (curve.values[0] + curve.values[1]) / 2, color=tint)
    axes.set_yticks([])


PAINTERS = {"melody": _melody, "dynamics": _dynamics, "rhythm": _rhythm}


def draw_spectra(path: Path, sounds: Mapping[str, Audio]) -> None:
    """Mel spectrograms, one above the other, each as wide as it is long."""
    from matplotlib.figure import Figure

    longest = max(audio.seconds for audio in sounds.values())
    figure = Figure(figsize=(11, 2.4 * len(sounds)), layout="constrained")
    filters = mel_filters(RATE_SHOWN, 2048, 96)
    for axes, (name, audio) in zip(figure.subplots(len(sounds), 1, sharex=True), sounds.items(), strict=True):
        wave = audio.fitted(RATE_SHOWN, 1)[0]
        image = mel_decibels(Stft(2048, 640).magnitude(wave), filters).numpy()
        top = float(image.max())
        extent = (0, len(wave) / RATE_SHOWN, 0, 96)
        axes.imshow(image, origin="lower", aspect="auto", extent=extent, cmap="magma", vmin=top - 80, vmax=top)
        axes.set_xlim(0, longest)  # an image alone would cut the others to its own length
        axes.set_title(name, fontsize=16)
        axes.set_yticks([])
    axes.tick_params(labelsize=16)
    axes.set_xlabel("seconds", fontsize=16)
    figure.savefig(path, dpi=DOTS // 2)
