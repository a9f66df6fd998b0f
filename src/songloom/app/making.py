"""How `songloom generate` makes a piece: by which model, the best of how many, how loud, and what is told of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from songloom.app.screen import bar, errors
from songloom.app.wishes import CONTROLS, Whole
from songloom.systems.request import Request

if TYPE_CHECKING:
    from songloom.audio.clip import Audio
    from songloom.inference.ranking import Scorer
    from songloom.inference.song import Model

Precision = Literal["float32", "bfloat16", "int8"]
Rank = Literal["both", "controls", "text"]
Flag = Annotated[bool, Parameter(negative="")]
DEFAULT_LOUDNESS = -16.0


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Making:
    """The options that say how each piece is made."""

    model: str | None = None
    """An embedded model's name (songloom list), a checkpoint folder (ours or a published one), or the hub id of
    a published model that was downloaded, as facebook/musicgen-small. Without it that of the --lora,
    else flow, or loom for guidance, a negative prompt, boldness and pieces of more than 36 s."""
    lora: Annotated[tuple[str, ...], Parameter(negative="")] = ()
    "FILE or FILE:STRENGTH of songloom finetune, as runs/mine:0.8 (1 is as it was trained); several add up."
    precision: Precision | None = None
    """What the weights are held in, where a model has a choice: float32 is exact, bfloat16 half as large, int8 a
    quarter and the fastest. Without it int8 for loom, float32 for others."""
    candidates: Whole | None = None
    """Make so many, 1 to 64 (with seeds seed, seed+1, ...), and keep the best. Without it as many as the model usually
    tries of a piece of up to a minute."""
    rank: Rank = "both"
    """What is best: controls measures which is closest to what is asked of tempo, key, drums and curves; text, which
    sounds most like the prompt to an embedder; both adds the two."""
    embedder: str | None = None
    "The embedder of --rank: a folder, ours or published, or a hub id. Without it the embedded one."
    keep_all: Flag = False
    "Write every candidate, best first: rain.wav, rain-2.wav, ..."
    compare: Flag = False
    "Also make the first candidate without its curves, and tell how far that is from them."
    loudness: float = DEFAULT_LOUDNESS
    "Integrated loudness of the result in LUFS, -70 to 0."
    json_line: Annotated[bool, Parameter(name="--json", negative="")] = False
    "Print one JSON line for each file: request, recipe and what was measured."

    @property
    def least(self) -> int:
        """Candidates of a request before its model says how many it usually tries."""
        return 1 if self.candidates is None else self.candidates

    def check(self, request: Request) -> None:
        """Raises ValueError for a comparison without anything to compare."""
        if self.compare and not any(getattr(request, name) for name in CONTROLS):
            raise ValueError(f"--compare needs a curve: one of --{', --'.join(CONTROLS)}")

    def name(self, requests: Sequence[Request]) -> str:
        """The model that is asked for, or the one that is usual for such requests."""
        from songloom.systems.usual import model_for

        return self.model or model_for(requests, self.lora)

    def open(self, name: str) -> Model:
        """The model of a name, its LoRAs merged, in its precision."""
        with errors.status(f"loading {name}"):
            from songloom.inference.song import open_model

            return open_model(name, self.lora, self.precision)

    def used(self) -> dict[str, Any]:
        """What a dry run tells of these options, where they are not the usual ones. Raises ValueError for a LoRA that
        is not there."""
        from songloom.systems.loras import Strength

        loras = [Strength.of(text).told() for text in self.lora]
        told = {"lora": loras, "precision": self.precision, "rank": None if self.rank == "both" else self.rank}
        return {name: value for name, value in told.items() if value}

    def scorer(self) -> Scorer | None:
        """What ranks candidates; None is the usual one. Raises ValueError when there is no such embedder."""
        if self.rank == "both" and self.embedder is None:
            return None
        from songloom.inference.candidates import agreement
        from songloom.inference.embedding import open_space
        from songloom.inference.ranking import Closeness
        from songloom.inference.text_similarity import TextSimilarity

        if self.rank == "controls":
            return agreement
        with errors.status("loading the embedder"):
            similarity = TextSimilarity(open_space(self.embedder))
        return similarity if self.rank == "text" else Closeness(similarity)

    def targets(self, path: Path, request: Request) -> list[Path]:
        """The files of a request, the best candidate's first: all of them, or that one."""
        count = request.candidates if self.keep_all else 1
        return [path, *(path.with_name(f"{path.stem}-{place}{path.suffix}") for place in range(2, count + 1))]

    def write(self, model: Model, request: Request, path: Path, best: Scorer | None) -> list[Path]:
        """Generates, ranks, writes and tells; returns the files, best first."""
        from songloom.inference import candidates, song
        from songloom.inference.ranking import ranked

        with bar(path.name) as report:
            made = song.make(model, request, loudness=self.loudness, progress=report)
        free = song.uncontrolled(model, request, self.loudness) if self.compare else {}
        paths = self.targets(path, request)
        for target, audio in zip(paths, ranked(made, request, best), strict=False):
            audio.save(target)
            measured = candidates.heard(audio, request) | free
            line = {"file": str(target), **audio.recipe, "measured": measured}
            print(json.dumps(line, ensure_ascii=False) if self.json_line else _sentence(target, audio, measured))
        return paths


USUAL = Making()


def tried(model: Model, asked: Sequence[tuple[Request, int | None]], best: Scorer | None) -> list[Request]:
    """The requests with as many candidates as each asks for, or as the model usually tries. Raises ValueError where
    there is nothing to rank."""
    from songloom.inference import ranking

    found = [ranking.tried(model.system, request, candidates) for request, candidates in asked]
    if best is not None and all(one.candidates == 1 for one in found):
        raise ValueError("--rank and --embedder need several --candidates")
    return found


def tell(model: Model, request: Request) -> None:
    """A line on everything of a request that its model takes in another form or not whole."""
    from songloom.inference.taken import notes

    for line in notes(request, model.system):
        errors.print(line, markup=False, highlight=False, soft_wrap=True)


def slug(prompt: str) -> str:
    """A file name of a prompt: its first words, in letters, digits and hyphens."""
    words = "".join(c.lower() if c.isalnum() else " " for c in prompt).split()
    return "-".join(words)[:48].strip("-") or "song"


def _sentence(path: Path, audio: Audio, measured: dict[str, Any]) -> str:
    heard = f"{measured['tempo']:.0f} bpm, {measured['key']}, {measured['loudness']:.1f} LUFS"
    for name, error in measured.get("control_error", {}).items():
        heard += f", {name} {f'{error:.1f} dB' if name == 'dynamics' else f'{100 * error:.0f} %'} off"
        free = measured.get("control_error_uncontrolled", {}).get(name)
        if free is not None:
            heard += f" (uncontrolled {f'{free:.1f} dB' if name == 'dynamics' else f'{100 * free:.0f} %'})"
    ranked = audio.recipe.get("ranked")
    if ranked and ranked["by"] == "text":
        heard += f", similarity to the text {ranked['score']:.2f}"
    which = f"seed {audio.recipe['request']['seed']}"
    if ranked:
        which += f", best of {ranked['of']}"
    return f"{path}: {audio.seconds:.1f} s, {which}; measured {heard}"
