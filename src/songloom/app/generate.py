"""`songloom generate`: text to a sound file, a folder of them, or a stream."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

from cyclopts import Parameter

from songloom.app.making import DEFAULT_LOUDNESS, USUAL, Flag, Making, slug, tell, tried
from songloom.app.prompt_files import make_all
from songloom.app.targets import check_target
from songloom.app.wishes import NO_WISH, Wish, shown
from songloom.systems.request import Request

if TYPE_CHECKING:
    from songloom.inference.song import Model

PLAYERS = (("ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet"), ("paplay",), ("aplay", "-q"), ("afplay",))


def generate(
    prompt: str | None = None,
    *,
    output: Annotated[str | None, Parameter(name=["--output", "-o"], allow_leading_hyphen=True)] = None,
    wish: Wish = NO_WISH,
    making: Making = USUAL,
    prompts: Path | None = None,
    out: Path | None = None,
    stream: Flag = False,
    play: Flag = False,
    overwrite: Flag = False,
    dry_run: Flag = False,
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
    prompts:
        A file with one JSON object a line, as in {"prompt": "calm harp", "seconds": 20}, a .txt with a prompt a line,
        or the .csv of MusicCaps, Song Describer, AudioCaps or Clotho; needs --out.
    out:
        The folder for --prompts.
    stream:
        Write the audio as it is made (one candidate, the model's own level).
    play:
        Play the result with a player of this machine.
    overwrite:
        Replace a file that is there.
    dry_run:
        Check everything, print the requests, make nothing.
    """
    if not -70.0 <= making.loudness <= 0.0:
        raise ValueError(f"loudness must be from -70 to 0 LUFS, not {making.loudness:g}")
    if (prompt is None and not wish.at) == (prompts is None):
        raise ValueError("give a prompt, sections with --at, or a file of prompts with --prompts")
    _check_together(making, output, prompts, stream=stream, play=play)
    if prompts is not None:
        make_all(prompts, out, wish, making, overwrite=overwrite, dry_run=dry_run)
        return
    request = wish.request(prompt or "", making.least)
    making.check(request)
    target = output or f"{slug(request.sections[0].prompt)}.wav"
    if target != "-":
        check_target(Path(target), overwrite=overwrite)
    elif not stream:
        raise ValueError('output "-" needs --stream')
    name = making.name([request])
    if dry_run:
        making.open(name).system.check(request)
        told = {"output": target, "model": name, **making.used(), "request": shown(request)}
        print(json.dumps(told, ensure_ascii=False))
        return
    best = making.scorer()
    model = making.open(name)
    tell(model, request)
    if stream:
        _stream(model, request, target)
        return
    (request,) = tried(model, [(request, making.candidates)], best)
    for path in making.targets(Path(target), request)[1:]:
        check_target(path, overwrite=overwrite)
    for path in making.write(model, request, Path(target), best):
        if play:
            _play(path)


def _check_together(making: Making, output: str | None, prompts: Path | None, *, stream: bool, play: bool) -> None:
    """Raises ValueError for an option that would be ignored beside another."""
    for_one = {"--keep-all": making.keep_all, "--play": play, "--compare": making.compare}
    ranked = {"--rank": making.rank != "both", "--embedder": making.embedder}
    loud = {"--loudness": making.loudness != DEFAULT_LOUDNESS}
    _refuse("--stream", stream, {**for_one, "--json": making.json_line, **loud, **ranked})
    _refuse("--prompts", prompts is not None, {"--output": output, "--stream": stream, **for_one})
    _refuse("--rank controls", making.rank == "controls", {"--embedder": making.embedder})


def _refuse(option: str, given: bool, others: Mapping[str, object]) -> None:
    ignored = [name for name, value in others.items() if value]
    if given and ignored:
        raise ValueError(f"{option} does not go with {', '.join(ignored)}")


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
