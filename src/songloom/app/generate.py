"""`songloom generate`: text to a sound file, a folder of them, or a stream."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal

from cyclopts import Parameter

from songloom.app.prompt_files import read_prompts
from songloom.app.screen import bar, errors
from songloom.app.wishes import CONTROLS, NO_WISH, Whole, Wish, shown
from songloom.systems.request import Request

if TYPE_CHECKING:
    from songloom.audio.clip import Audio
    from songloom.inference.ranking import Scorer
    from songloom.inference.song import Model

Precision = Literal["float32", "bfloat16", "int8"]
Rank = Literal["both", "controls", "text"]
PLAYERS = (("ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet"), ("paplay",), ("aplay", "-q"), ("afplay",))


def generate(
    prompt: str | None = None,
    *,
    output: Annotated[str | None, Parameter(name=["--output", "-o"], allow_leading_hyphen=True)] = None,
    wish: Wish = NO_WISH,
    model: str | None = None,
    lora: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    precision: Precision | None = None,
    candidates: Whole | None = None,
    rank: Rank = "both",
    embedder: str | None = None,
    keep_all: Annotated[bool, Parameter(negative="")] = False,
    compare: Annotated[bool, Parameter(negative="")] = False,
    prompts: Path | None = None,
    out: Path | None = None,
    loudness: float = -16.0,
    stream: Annotated[bool, Parameter(negative="")] = False,
    play: Annotated[bool, Parameter(negative="")] = False,
    json_line: Annotated[bool, Parameter(name="--json", negative="")] = False,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Music from text.

    songloom generate "warm lo-fi piano, 75 bpm" -o rain.wav --seconds 30 --seed 7

    songloom generate "house, 124 bpm" --loop --bars 8

    songloom generate --at 0 "calm piano" --at 15 "drums enter" --seconds 30

    songloom generate "ambient pads" --seconds 600 --stream -o - | ffplay -

    A model takes the controls that songloom show NAME lists, and refuses others.

    Parameters
    ----------
    prompt:
        What to hear, in any words: style, mood, instruments, tempo, key.
    output:
        The sound file: .wav, .flac, .ogg, .mp3; "-" with --stream writes WAV to the standard output.
        Without it the name is made from the prompt.
    model:
        An embedded model's name (songloom list), a checkpoint folder (ours or a published one), or the hub id of
        a published model that was downloaded, as facebook/musicgen-small. Without it that of the --lora,
        else flow, or loom for guidance, a negative prompt, boldness and pieces of more than 36 s.
    lora:
        FILE or FILE:STRENGTH of songloom finetune, as runs/mine:0.8 (1 is as it was trained); several add up.
    precision:
        What the weights are held in, where a model has a choice: float32 is exact, bfloat16 half as large, int8 a
        quarter and the fastest. Without it int8 for loom, float32 for others.
    candidates:
        Make so many, 1 to 64 (with seeds seed, seed+1, ...), and keep the best. Without it as many as the model usually
        tries of a piece of up to a minute.
    rank:
        What is best: controls measures which is closest to what is asked of tempo, key, drums and curves; text, which
        sounds most like the prompt to an embedder; both adds the two.
    embedder:
        The embedder of --rank: a folder, ours or published, or a hub id. Without it the embedded one.
    keep_all:
        Write every candidate, best first: rain.wav, rain-2.wav, ...
    compare:
        Also make the first candidate without its curves, and tell how far that is from them.
    prompts:
        A file with one JSON object a line, as in {"prompt": "calm harp", "seconds": 20}, a .txt with a prompt a line,
        or the .csv of MusicCaps, Song Describer, AudioCaps or Clotho; needs --out.
    out:
        The folder for --prompts.
    loudness:
        Integrated loudness of the result in LUFS, -70 to 0.
    stream:
        Write the audio as it is made (one candidate, the model's own level).
    play:
        Play the result with a player of this machine.
    json_line:
        Print one JSON line for each file: request, recipe and what was measured.
    overwrite:
        Replace a file that is there.
    dry_run:
        Check everything, print the requests, make nothing.
    """
    if not -70.0 <= loudness <= 0.0:
        raise ValueError(f"loudness must be from -70 to 0 LUFS, not {loudness:g}")
    if (prompt is None and not wish.at) == (prompts is None):
        raise ValueError("give a prompt, sections with --at, or a file of prompts with --prompts")
    _refuse(
        "--stream",
        stream,
        {
            "--keep-all": keep_all,
            "--json": json_line,
            "--play": play,
            "--compare": compare,
            "--loudness": loudness != -16.0,
            "--rank": rank != "both",
            "--embedder": embedder,
        },
    )
    _refuse(
        "--prompts",
        prompts is not None,
        {"--output": output, "--stream": stream, "--play": play, "--keep-all": keep_all, "--compare": compare},
    )
    _refuse("--rank controls", rank == "controls", {"--embedder": embedder})
    if prompts is not None:
        best = None if dry_run else _scorer(rank, embedder)
        _make_many(
            prompts, out, wish, (model, lora, precision), candidates, best, loudness, json_line, overwrite, dry_run
        )
        return
    request = wish.request(prompt or "", 1 if candidates is None else candidates)
    if compare and not any(getattr(request, name) for name in CONTROLS):
        raise ValueError(f"--compare needs a curve: one of --{', --'.join(CONTROLS)}")
    target = output or f"{slug(request.sections[0].prompt)}.wav"
    if target != "-":
        _check_target(Path(target), overwrite)
    elif not stream:
        raise ValueError('output "-" needs --stream')
    model = model or _usual([request], lora)
    if dry_run:
        _open(model, lora, precision).system.check(request)
        used: dict[str, Any] = {"lora": _told(lora)} if lora else {}
        used |= {"precision": precision} if precision else {}
        used |= {"rank": rank} if rank != "both" else {}
        print(json.dumps({"output": target, "model": model, **used, "request": shown(request)}, ensure_ascii=False))
        return
    best = _scorer(rank, embedder)
    opened = _open(model, lora, precision)
    _tell(opened, request)
    if stream:
        _stream(opened, request, target)
    else:
        (request,) = _tried(opened, [(request, candidates)], best)
        for path in _make_one(opened, request, Path(target), best, loudness, keep_all, json_line, compare):
            if play:
                _play(path)


def _refuse(option: str, given: bool, others: Mapping[str, object]) -> None:
    """Raises ValueError for an option that would be ignored beside `option`."""
    ignored = [name for name, value in others.items() if value]
    if given and ignored:
        raise ValueError(f"{option} does not go with {', '.join(ignored)}")


def slug(prompt: str) -> str:
    """A file name of a prompt: its first words, in letters, digits and hyphens."""
    words = "".join(c.lower() if c.isalnum() else " " for c in prompt).split()
    return "-".join(words)[:48].strip("-") or "song"


def _check_target(path: Path, overwrite: bool) -> None:
    from songloom.audio.files import checked_suffix

    checked_suffix(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder; a file name is needed")
    if path.exists() and not overwrite:
        raise ValueError(f"{path} exists; choose another name or add --overwrite")
    if not path.parent.is_dir():
        raise ValueError(f"{path.parent} is no folder; make it first")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ValueError(f"{path.parent} cannot be written to; choose another folder")


def _usual(requests: Sequence[Request], lora: Sequence[str]) -> str:
    from songloom.systems.usual import model_for

    return model_for(requests, lora)


def _open(name: str, lora: Sequence[str] = (), precision: Precision | None = None) -> Model:
    with errors.status(f"loading {name}"):
        from songloom.inference.song import open_model

        return open_model(name, lora, precision)


def _tell(model: Model, request: Request) -> None:
    """A line on everything of a request that its model takes in another form or not whole."""
    from songloom.inference.taken import notes

    for line in notes(request, model.system):
        errors.print(line, markup=False, highlight=False, soft_wrap=True)


def _scorer(rank: Rank, embedder: str | None) -> Scorer | None:
    """What ranks candidates; None is the usual one. Raises ValueError when there is no such embedder."""
    if rank == "both" and embedder is None:
        return None
    from songloom.inference.candidates import agreement
    from songloom.inference.embedding import open_space
    from songloom.inference.ranking import Closeness
    from songloom.inference.text_similarity import TextSimilarity

    if rank == "controls":
        return agreement
    with errors.status("loading the embedder"):
        similarity = TextSimilarity(open_space(embedder))
    return similarity if rank == "text" else Closeness(similarity)


def _tried(model: Model, asked: Sequence[tuple[Request, int | None]], best: Scorer | None) -> list[Request]:
    """The requests with as many candidates as each asks for, or as the model usually tries. Raises ValueError where
    there is nothing to rank."""
    from songloom.inference.ranking import tried

    found = [tried(model.system, request, candidates) for request, candidates in asked]
    if best is not None and all(one.candidates == 1 for one in found):
        raise ValueError("--rank and --embedder need several --candidates")
    return found


def _told(lora: Sequence[str]) -> list[dict[str, Any]]:
    """LoRAs as recipes name them. Raises ValueError where there is none."""
    from songloom.systems.loras import Strength

    return [Strength.of(text).told() for text in lora]


def _make_one(
    model: Model,
    request: Request,
    path: Path,
    best: Scorer | None,
    loudness: float,
    keep_all: bool,
    json_line: bool,
    compare: bool,
) -> list[Path]:
    """Generates, ranks and writes; returns the files, best first."""
    from songloom.inference import candidates, song
    from songloom.inference.ranking import ranked

    with bar(path.name) as report:
        made = song.make(model, request, loudness=loudness, progress=report)
    free = song.uncontrolled(model, request, loudness) if compare else {}
    paths = []
    for place, audio in enumerate(ranked(made, request, best)[: None if keep_all else 1]):
        target = path if place == 0 else path.with_name(f"{path.stem}-{place + 1}{path.suffix}")
        audio.save(target)
        paths.append(target)
        measured = candidates.heard(audio, request) | free
        line = {"file": str(target), **audio.recipe, "measured": measured}
        print(json.dumps(line, ensure_ascii=False) if json_line else _sentence(target, audio, measured))
    return paths


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


def _make_many(
    prompts: Path,
    out: Path | None,
    wish: Wish,
    model: tuple[str | None, Sequence[str], Precision | None],
    candidates: int | None,
    best: Scorer | None,
    loudness: float,
    json_line: bool,
    overwrite: bool,
    dry_run: bool,
) -> None:
    """Every good line of a prompt file; bad lines are named, the others are made, the exit code is 2."""
    if out is None:
        raise ValueError("--prompts needs --out, the folder for the files")
    if out.is_file():
        raise ValueError(f"--out {out} is a file; the results need a folder")
    good, bad = read_prompts(prompts, wish, 1 if candidates is None else candidates)
    for line in bad:
        errors.print(f"songloom: {line}", markup=False, highlight=False)
    name, lora, precision = model
    opened = _open(name or _usual([request for _, request in good], lora), lora, precision) if good else None
    if opened is not None and dry_run:
        for row, request in good:
            opened.system.check(request)
            print(json.dumps({"line": row.number, "request": shown(request)}, ensure_ascii=False))
    elif opened is not None:
        out.mkdir(parents=True, exist_ok=True)
        said = [None if candidates is None and "candidates" not in row.fields else one.candidates for row, one in good]
        requests = _tried(opened, list(zip([one for _, one in good], said, strict=True)), best)
        for (row, _), request in zip(good, requests, strict=True):
            path = out / f"{row.id or f'{row.number:04d}-{slug(request.sections[0].prompt)}'}.wav"
            if path.exists() and not overwrite:
                errors.print(f"{path} is there already, kept", markup=False, highlight=False)
                continue
            _tell(opened, request)
            _make_one(opened, request, path, best, loudness, False, json_line, False)
    if bad:
        raise ValueError(f"{len(bad)} of {len(bad) + len(good)} lines of {prompts} could not be used")


def _stream(model: Model, request: Request, target: str) -> None:
    """Writes WAV as it is made; an interrupted file keeps what there is and stays playable."""
    if target == "-":
        _write_stream(model, request, sys.stdout.buffer)
    elif Path(target).suffix.lower() != ".wav":
        raise ValueError(f"--stream writes WAV: {target} should end in .wav")
    else:
        try:
            with Path(target).open("wb") as file:
                _write_stream(model, request, file)
        except OSError as error:  # a disk that is full does not say where
            raise OSError(error.errno, error.strerror, target) from None


def _write_stream(model: Model, request: Request, file: BinaryIO) -> None:
    from songloom.audio.wav_stream import WavStream
    from songloom.inference import song

    with WavStream(file, model.system.sample_rate, model.system.channels) as sink:
        for piece in song.stream(model, request):
            sink.write(piece)


def _play(path: Path) -> None:
    for program, *options in PLAYERS:
        if shutil.which(program):
            played = subprocess.run([program, *options, str(path)], check=False, stderr=subprocess.PIPE, text=True)
            if played.returncode:
                said = [f": {line}" for line in played.stderr.splitlines() if line.strip()]
                raise ValueError(f"{program} could not play {path}, which is written{said[-1] if said else ''}")
            return
    raise ValueError(f"no player found; {path} is written (tried {', '.join(p[0] for p in PLAYERS)})")
