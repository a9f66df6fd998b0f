"""One call from words to audio: `songloom.generate`."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

from songloom.audio.clip import Audio
from songloom.conditioning.curves import Curve
from songloom.inference.ranking import Scorer, ranked, tried
from songloom.inference.song import DEFAULT_LOUDNESS, make, open_model
from songloom.inference.taken import notes
from songloom.layers.matrices import Precision
from songloom.systems.loras import Strength
from songloom.systems.request import DEFAULT_SECONDS, Request
from songloom.systems.roles import Progress
from songloom.systems.usual import model_for


def generate(
    prompt: str = "",
    *,
    model: str | Path | None = None,
    loras: Sequence[Strength | str] = (),
    precision: Precision | None = None,
    story: Sequence[tuple[float, str]] = (),
    negative_prompt: str | None = None,
    seconds: float = DEFAULT_SECONDS,
    bars: int | None = None,
    loop: bool = False,
    seed: int = 0,
    guidance: float | None = None,
    steps: int | None = None,
    temperature: float | None = None,
    top_k: int | None = None,
    top_p: float | None = None,
    tempo: float | None = None,
    key: str | None = None,
    drums: bool | None = None,
    candidates: int | None = None,
    init: Audio | None = None,
    init_strength: float | None = None,
    inpaint: Sequence[tuple[float, float]] = (),
    continuation: Audio | None = None,
    melody: Audio | Curve | None = None,
    dynamics: Audio | Curve | None = None,
    rhythm: Audio | Curve | None = None,
    scorer: Scorer | None = None,
    loudness: float = DEFAULT_LOUDNESS,
    progress: Progress | None = None,
) -> Audio:
    """Music from text, with the embedded model that suits the request unless one is named, with LoRAs (as "FILE:0.8"),
    its weights held in float32, bfloat16 or int8 where it has a choice. The other fields are those of `Request`.

    Of several candidates (None: as many as the model usually tries) it is the one that `scorer` likes best: by default
    that which comes closest to the tempo, key, drums and curves that are asked and sounds most like the prompt.
    `progress` is called with the part that is done, 0..1, and may raise to cancel.

    Returns an `Audio`: `.save(path)`, `.plot()`, `.wave` [C, T] in [-1, 1], `.sample_rate` in Hz; in a
    notebook it shows a player. Warns of what the model takes in another form or not whole, as of a prompt that is
    longer than it reads. Raises ValueError for a request that cannot be met.
    """
    request = Request(
        prompt=prompt,
        story=tuple(story),
        negative_prompt=negative_prompt,
        seconds=seconds,
        bars=bars,
        loop=loop,
        seed=seed,
        guidance=guidance,
        steps=steps,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        tempo=tempo,
        key=key,
        drums=drums,
        init=init,
        init_strength=init_strength,
        inpaint=tuple(inpaint),
        continuation=continuation,
        melody=melody,
        dynamics=dynamics,
        rhythm=rhythm,
    )
    opened = open_model(str(model or model_for([request], loras)), loras, precision)
    for note in notes(request, opened.system):
        warnings.warn(note, stacklevel=2)
    asked = tried(opened.system, request, candidates)
    return ranked(make(opened, asked, loudness=loudness, progress=progress), asked, scorer)[0]
