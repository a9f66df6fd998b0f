"""How well music follows its curves: that of a model which takes curves, heard beside its runs without them.

    songloom data band --out corpus --hours 2 --seed 1
    python benchmarks/controls.py corpus --model flow --pieces 12 --out runs/controls --docs docs/controls.md

Without --model a small Music ControlNet is trained beside a small flow first.

Curves are those of whole held-out pieces, each prompt one of the piece's captions: what a model makes begins and ends,
and so does what it is held against. Every run under curves has a twin of the same seed without them, and the errors of
both are told, beside those of the pieces' own copies by the codec, which no run can beat by much. Levels are told
before the fader too, and of music without curves behind the fader. What is there in --out already is not made again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cyclopts
import torch
from control_pictures import draw_curves, draw_spectra
from machine import machine
from rich.console import Console

from songloom.audio.clip import Audio
from songloom.conditioning.curve_errors import control_errors
from songloom.conditioning.curve_texts import read_curve
from songloom.conditioning.curves import NAMES, RATE, Curve, Name
from songloom.data import manifest
from songloom.data.manifest import Clip, write_atomically
from songloom.metrics.confidence import mean
from songloom.metrics.report import markdown_table, put_between
from songloom.systems import registry
from songloom.systems.controls import at_levels
from songloom.systems.generators.music_controlnet import MusicControlNet
from songloom.systems.latent_generator import LatentGenerator
from songloom.systems.request import Request
from songloom.systems.roles import Generator
from songloom.training import session
from songloom.training.trainer import Pace

SMALL = {
    "shape.width": "128",
    "shape.depth": "4",
    "shape.heads": "4",
    "shape.hidden": "352",
    "shape.context_width": "128",
    "text_tokens": "32",
    "curves": "null",
    "recipe.curves": "false",
    "recipe.seconds": "4",
    "recipe.crop": "anywhere",
    "recipe.batch_size": "10",
    "recipe.ema": "0.98",
    "recipe.warmup": "20",
}
"""A flow that learns something in minutes."""
BESIDE = {
    "copied": "3",
    "recipe.seconds": "4",
    "recipe.batch_size": "10",
    "recipe.optimizer": "muon",
    "recipe.learning_rate": "2e-3",
    "recipe.muon_rate": "0.01",
    "recipe.ema": "0.98",
    "recipe.warmup": "20",
}
DRAWN: dict[Name, str] = {
    "melody": "C G Am F 120 bpm",
    "dynamics": "0:-45 {most}:-15 {seconds}:-15",
    "rhythm": "120 bpm",
}
UNITS: dict[Name, str] = {
    "melody": "melody off, share of the time",
    "dynamics": "dynamics off, dB",
    "rhythm": "rhythm off, 1 - F of beats",
}
screen = Console()


@dataclass(frozen=True)
class Piece:
    """A held-out piece: what it is like in words, its sound, what it does, and its seed."""

    text: str
    audio: Audio
    curves: Mapping[Name, Curve]
    seed: int


def main(
    corpus: Path,
    /,
    *,
    out: Path = Path("runs/controls"),
    model: str | None = None,
    clips: int = 160,
    base_steps: int = 500,
    steps: int = 500,
    pieces: int = 12,
    seconds: float | None = None,
    sampling_steps: int | None = None,
    docs: Path | None = None,
) -> None:
    """Make music under curves and without them by a model, or by a Music ControlNet trained first; measure both.

    Parameters
    ----------
    corpus:
        A corpus of the band: its training pieces train, its held-out pieces are what curves are taken from.
    model:
        A model that takes curves, embedded or a checkpoint's folder, instead of training one.
    clips:
        Training pieces, the corpus's first ones.
    base_steps:
        Steps of the base's training.
    steps:
        Steps of the ControlNet's training.
    pieces:
        Held-out pieces.
    seconds:
        Cuts the pieces, for a model that cannot make them whole: what it makes then ends where they do not.
    sampling_steps:
        Steps of sampling; the model's own number without it.
    docs:
        The page whose table (and the pictures beside it) are written anew.
    """
    out.mkdir(parents=True, exist_ok=True)
    system = registry.load(model or str(train(few(corpus, out / "corpus", clips, pieces), out, base_steps, steps)))
    if not isinstance(system, Generator) or not system.uses >= set(NAMES):
        raise ValueError(f"{model} takes no curves: it is a {type(system).__name__}")
    held = [held_out(corpus, clip, number, seconds) for number, clip in enumerate(others(corpus, pieces))]
    studio = Studio(system, out / "made", sampling_steps)
    rows = measure(studio, held)
    lengths = [piece.audio.seconds for piece in held]
    report = {"machine": machine(), "pieces": len(held), "seconds": lengths, "rows": told(rows)}
    write_atomically(out / "controls.json", json.dumps(report, indent=1))
    table = markdown_table(["run", *UNITS.values()], [[name, *cells(row)] for name, row in rows.items()])
    screen.print(table, markup=False)
    pictures = docs.parent / "pictures" if docs else out / "pictures"
    draw(studio, held[0], pictures)
    if docs:
        put_between(docs, "controls", table)


def few(corpus: Path, folder: Path, clips: int, valid: int) -> Path:
    """A folder with the first clips of a corpus, their sounds linked."""
    folder.mkdir(exist_ok=True)
    link = folder / "audio"
    if not link.exists():
        link.symlink_to((corpus / "audio").resolve())
    chosen = [clip for clip in manifest.read(corpus) if clip.split == "train"][:clips]
    manifest.write(folder, [*chosen, *others(corpus, valid)])
    return folder


def others(corpus: Path, count: int) -> list[Clip]:
    """The first clips that no training sees."""
    return [clip for clip in manifest.read(corpus) if clip.split == "valid"][:count]


def train(data: Path, out: Path, base_steps: int, steps: int) -> Path:
    """The checkpoint of a ControlNet beside a base, both trained here unless they are."""
    run("flow", data, out / "base", SMALL | {"recipe.steps": str(base_steps)}, {"codec": "spectral-codec"})
    base = str(out / "base" / "checkpoint")
    run("music-controlnet", data, out / "control", BESIDE | {"recipe.steps": str(steps)}, {"base": base})
    return out / "control" / "checkpoint"


def run(system: str, data: Path, folder: Path, changes: Mapping[str, str], parts: Mapping[str, str]) -> None:
    """One training, gone on with where it stopped."""
    resume = (folder / "checkpoint" / "config.json").is_file()
    plan = session.resumed_plan(folder, system, changes) if resume else session.plan(system, None, changes, parts)
    pace = Pace(log_steps=20, valid_steps=100, sample_steps=0, save_minutes=2.0)
    trainer = session.start(plan, data, folder, resume=resume, pace=pace)
    last = plan.recipe.steps

    def tell(report: Any) -> None:
        if report.step % 50 == 0 or report.step == last:
            shown = ", ".join(f"{name} {value:.3g}" for name, value in report.losses.items() if "explained" in name)
            screen.print(f"{system} {report.step}/{last} {shown} {report.seconds_left / 60:.1f} min left", markup=False)

    trainer.run(tell=tell)


def held_out(corpus: Path, clip: Clip, number: int, seconds: float | None) -> Piece:
    """A clip, or so much of its beginning: its words, its sound and its curves."""
    audio = Audio.load(corpus / clip.audio)
    if seconds is not None:
        audio = Audio(audio.wave[:, : round(seconds * audio.sample_rate)], audio.sample_rate)
    text = next((caption.text for caption in clip.captions if caption.kind == "sentence"), "")
    return Piece(text, audio, {name: Curve.of_audio(name, audio) for name in NAMES}, number)


@dataclass(frozen=True)
class Studio:
    """Makes pieces, or finds those that it made before."""

    system: LatentGenerator | MusicControlNet
    folder: Path
    steps: int | None

    def request(self, piece: Piece, curves: Mapping[Name, Curve]) -> Request:
        """The piece's prompt, length and seed under curves."""
        asked: dict[str, Any] = dict(curves)
        return Request(prompt=piece.text, seconds=piece.audio.seconds, seed=piece.seed, steps=self.steps, **asked)

    def play(self, run_name: str, piece: Piece, curves: Mapping[Name, Curve]) -> Audio:
        """What the network makes of it, before its levels are met."""
        path = self.folder / run_name.replace(" ", "-").replace(",", "") / f"{piece.seed:03d}.wav"
        if not path.exists():
            request = self.request(piece, curves)
            self.system.check(request)
            with torch.no_grad():
                made = self.system.finished(replace(request, dynamics=None), self.system.pieces(request, piece.seed))
                wave = torch.cat(list(made), dim=-1)[0]
            path.parent.mkdir(parents=True, exist_ok=True)
            Audio(wave, self.system.sample_rate).save(path)
        return Audio.load(path)

    def finish(self, played: Audio, piece: Piece, curves: Mapping[Name, Curve]) -> Audio:
        """What a listener gets of it under curves."""
        wave = at_levels(played.wave[None], played.sample_rate, self.request(piece, curves)).clamp(-1, 1)
        return Audio(wave[0], played.sample_rate)

    def make(self, run_name: str, piece: Piece, curves: Mapping[Name, Curve]) -> Audio:
        """The piece under curves, as a listener gets it."""
        return self.finish(self.play(run_name, piece, curves), piece, curves)

    def copy(self, audio: Audio) -> Audio:
        """What the codec makes of a sound."""
        codec = self.system.codec
        with torch.no_grad():
            wave = audio.fitted(codec.sample_rate, codec.channels)[None]
            return Audio(codec.decode(codec.encode(wave), length=wave.shape[-1])[0].clamp(-1, 1), codec.sample_rate)


def runs(piece: Piece) -> dict[str, Mapping[Name, Curve]]:
    """What is asked of each run."""
    seconds = piece.audio.seconds
    texts = {name: text.format(most=0.7 * seconds, seconds=seconds) for name, text in DRAWN.items()}
    drawn = {name: read_curve(name, text, seconds) for name, text in texts.items()}
    return {
        "no curves": {},
        **{f"{name} alone": {name: piece.curves[name]} for name in NAMES},
        "all three": piece.curves,
        "all three, first half": {name: half(curve) for name, curve in piece.curves.items()},
        **{f"drawn {name}": {name: curve} for name, curve in drawn.items()},
    }


def half(curve: Curve) -> Curve:
    """A curve that asks for its first half."""
    return Curve(curve.name, curve.values, torch.arange(curve.frames) < curve.frames // 2)


def rest(curve: Curve) -> Curve:
    """A curve that asks for its second half, half a second after the first one's end."""
    return Curve(curve.name, curve.values, torch.arange(curve.frames) >= curve.frames // 2 + round(RATE / 2))


Errors = dict[Name, list[float]]


def measure(studio: Studio, held: Sequence[Piece]) -> dict[str, Errors]:
    """Errors of every run, with those of the runs without curves against the same curves."""
    rows: dict[str, Errors] = {}

    def note(row: str, found: Mapping[Name, float]) -> None:
        for name, error in found.items():
            rows.setdefault(row, {}).setdefault(name, []).append(error)

    for piece in held:
        asked = runs(piece)
        free = studio.make("no curves", piece, {})
        note("the piece itself by the codec", control_errors(piece.curves, studio.copy(piece.audio)))
        for row, curves in asked.items():
            made = studio.make(row, piece, curves)
            note(row, control_errors(curves or piece.curves, made))
            if row == "all three, first half":
                beyond = {name: rest(curve) for name, curve in piece.curves.items()}
                note("the same, second half (nothing asked)", control_errors(beyond, made))
            if row.startswith("drawn"):
                note("drawn curves, not given", control_errors(curves, free))
            if set(curves) == {"dynamics"}:
                note(f"{row}, before the fader", control_errors(curves, studio.play(row, piece, curves)))
                note(f"{row}, by the fader alone", control_errors(curves, studio.finish(free, piece, curves)))
        screen.print(f"piece {piece.seed + 1} of {len(held)}")
    return rows


def told(rows: Mapping[str, Errors]) -> dict[str, dict[str, Any]]:
    """Every figure with its interval."""
    return {row: {name: asdict(mean(values)) for name, values in errors.items()} for row, errors in rows.items()}


def cells(errors: Errors) -> list[str]:
    """Means of a row's errors with their intervals, a dash where nothing was asked."""
    return [str(mean(errors[name])) if name in errors else "-" for name in NAMES]


def draw(studio: Studio, piece: Piece, folder: Path) -> None:
    """Pictures of one piece: under its own curves, and under drawn ones."""
    folder.mkdir(parents=True, exist_ok=True)
    asked, free = runs(piece), studio.make("no curves", piece, {})
    for kind, row in (("heard", "{} alone"), ("drawn", "drawn {}")):
        curves = {name: asked[row.format(name)][name] for name in NAMES}
        made = {name: studio.make(row.format(name), piece, {name: curve}) for name, curve in curves.items()}
        draw_curves(folder / f"controls-{kind}.png", curves, made, free)
    together = studio.make("all three", piece, piece.curves)
    draw_spectra(
        folder / "controls-spectra.png",
        {"the curves' piece": piece.audio, "under its three curves": together, "without curves": free},
    )


if __name__ == "__main__":
    cyclopts.run(main)
