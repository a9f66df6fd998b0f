"""What musical conditions need beside what a folder tells of its music: keys as numbers, and where the beats fall.

A key is written as a musician writes it; a tempo without its beats would make a metronome out of step. So the beats of
clips that have a tempo and no beats are heard once, near that tempo, and kept under the data set's `.cache`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from songloom.audio import files
from songloom.audio.features.beats import track_beats
from songloom.audio.features.downbeats import track_downbeats
from songloom.conditioning.musical import key_number
from songloom.conditioning.notes import normal_key
from songloom.data import sources
from songloom.data.manifest import Clip, write_atomically
from songloom.data.shards import cache_folder
from songloom.data.waves import Progress
from songloom.data.workers import HERE, Workers, mapped

VERSION = 1
"""Of how beats are heard."""
NAME = "beats.json"
SLOWEST, FASTEST = 20.0, 400.0
Beats = dict[str, list[float]]


def completed(
    clips: Sequence[Clip], folder: Path, *, workers: Workers = HERE, progress: Progress | None = None
) -> list[Clip]:
    """The clips, with `tonic` and `mode` in the labels of those that tell a `key`, and `beats` and `downbeats`
    (seconds) in those that tell a `tempo`. What a clip tells itself stays. `progress` hears (clips heard, clips to
    hear). Raises ValueError, with the clip's name, for a key or a tempo that is none."""
    told = [replace(clip, labels={**_key(clip), **clip.labels}) for clip in clips]
    silent = [clip for clip in told if _tempo(clip) and not (clip.labels.get("beats") or clip.labels.get("downbeats"))]
    if not silent:
        return told
    found = _heard(silent, Path(folder), workers, progress)
    return [replace(clip, labels={**clip.labels, **found.get(clip.id, {})}) for clip in told]


def _key(clip: Clip) -> dict[str, Any]:
    key = clip.labels.get("key")
    if key is None or clip.labels.get("tonic") is not None:
        return {}
    try:
        number = key_number(normal_key(str(key)))
    except ValueError as error:
        raise ValueError(f"{clip.audio}: {error}") from None
    return {"tonic": number % 12, "mode": "minor" if number >= 12 else "major"}


def _tempo(clip: Clip) -> float | None:
    tempo = clip.labels.get("tempo")
    if tempo is None:
        return None
    known = isinstance(tempo, int | float) and not isinstance(tempo, bool) and math.isfinite(tempo)
    if not known or not SLOWEST <= tempo <= FASTEST:
        raise ValueError(f"{clip.audio}: tempo must be a number from {SLOWEST:g} to {FASTEST:g} BPM, not {tempo!r}")
    return float(tempo)


def _heard(clips: Sequence[Clip], folder: Path, workers: Workers, progress: Progress | None) -> dict[str, Beats]:
    """Beats by clip, from the cache where it is."""
    settings = {"kind": "beats", "version": VERSION, "tempi": [_tempo(clip) for clip in clips]}
    place = cache_folder(folder, clips, settings)
    sources.check(place, folder, clips, settings)
    kept = place / NAME
    if kept.is_file():
        known: dict[str, Beats] = json.loads(kept.read_text(encoding="utf-8"))
        return known
    found = {}
    made = mapped(heard, {clip.id: (clip, folder) for clip in clips}, workers)
    for done, (identity, beats) in enumerate(made, start=1):
        found[identity] = beats
        if progress:
            progress(done, len(clips))
    write_atomically(kept, json.dumps(found))
    return found


def heard(clip: Clip, folder: Path) -> Beats:
    """`beats` and `downbeats` of a clip near its own tempo, in seconds of its recording, where any are heard."""
    wave, rate = files.read(folder / clip.audio)
    beats, downbeats = track_downbeats(wave, rate, track_beats(wave, rate, tempo=_tempo(clip)))
    return {
        name: [round(clip.start + float(at), 4) for at in times]
        for name, times in (("beats", beats), ("downbeats", downbeats))
    }
