"""The command `songloom`: names the commands and turns errors into one line."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

from songloom import __version__
from songloom.app.stopping import Terminated, terminable

if TYPE_CHECKING:
    from cyclopts import App

COMMANDS = {
    "generate": ("songloom.app.generate:generate", "Music from text."),
    "replay": ("songloom.app.replay:replay", "Make a file's music again from the recipe that it carries."),
    "encode": ("songloom.app.encode:encode", "Sound to a compact .loom file of tokens."),
    "decode": ("songloom.app.decode:decode", "A .loom file, or a part of it, back to sound."),
    "search": (
        "songloom.app.search:search",
        "What a folder of music has that fits some words, or sounds like another file.",
    ),
    "tag": (
        "songloom.app.tag:tag",
        "Style, mood and instruments of music, or any labels, as an embedder hears them.",
    ),
    "inspect": (
        "songloom.app.inspect:inspect",
        "What a file is: sound, .loom, .ecdc, .dac or a checkpoint, its bitrate, and how its codebooks are used.",
    ),
    "codecs": (
        "songloom.app.codecs:codecs",
        "All codecs: sample rate, channels, frame rate, streams, bitrates, receptive field, parameters.",
    ),
    "convert": ("songloom.app.convert:convert", "A published checkpoint in songloom's own folder format."),
    "evaluate": (
        "songloom.app.evaluate:evaluate",
        "Measure a folder of generated music by everything that applies, with intervals.",
    ),
    "compare": (
        "songloom.app.evaluate:compare",
        "Measure several folders of generated music and put them side by side.",
    ),
    "train": ("songloom.app.train:train", "Train any system on a folder of music."),
    "finetune": (
        "songloom.app.finetune:finetune",
        "Teach a generator your own music: a small LoRA file, the model itself stays as it is.",
    ),
    "studio": ("songloom.app.studio:studio", "A page on which music is made: words, controls, candidates to compare."),
    "listen": ("songloom.app.listen:commands", "A page where people rate systems by ear, blind."),
    "serve": ("songloom.app.serve:serve", "The models over HTTP: jobs, streams, encoding, embedding, tags."),
    "list": ("songloom.app.catalogue:list_systems", "The models that are here, and the systems that can be trained."),
    "show": (
        "songloom.app.catalogue:show",
        "One model or preset: its settings, parameters, sample rate and the controls that it uses.",
    ),
    "doctor": (
        "songloom.app.doctor:doctor",
        "What this machine has, and whether all that comes with songloom is whole.",
    ),
}
DATA = {
    "band": ("songloom.app.data:band", "Compose and render a captioned corpus with the built-in band."),
    "prepare": (
        "songloom.app.prepare:prepare",
        "Any folder of music, or a published data set, as clean captioned tar shards to train on.",
    ),
    "verify": ("songloom.app.prepare:verify", "Whether the bytes of tar shards are still those that were written."),
    "show": ("songloom.app.data:show", "Statistics and a picture of a folder of music."),
}


def build(*, summaries: bool) -> App:
    """The command tree. Modules of commands are imported only when they run, so `summaries`, the lines of the
    overview, are given here; without them a command's help is its own docstring."""
    from cyclopts import App, Parameter

    app = App(
        name="songloom",
        help="Text in, music out: generate, tokenise, train and measure.",
        version=__version__,
        suppress_keyboard_interrupt=False,
        default_parameter=Parameter(show_default=_shown),
    )
    data = App(name="data", help="Make and look at corpora of music.")
    for group, commands in ((app, COMMANDS), (data, DATA)):
        for name, (home, summary) in commands.items():
            group.command(home, name=name, help=summary if summaries else None)
    app.command(data)
    return app


def _shown(default: object) -> str | None:
    """A default as help tells it; what is off or empty goes without saying."""
    return None if default is None or default is False or default == () else str(default)


def main() -> None:
    """Runs the command line, and hears Ctrl-C before anything slow is imported. Exit codes: 0 done, 1 a system error,
    2 wrong input, 130 stopped by Ctrl-C, 143 by SIGTERM; what a command has of its own stands in its help."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name that a terminal cannot write stops no work
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with terminable():
            _run(sys.argv[1:])
    except Terminated:
        _stop("stopped", 143)
    except KeyboardInterrupt:
        _stop("stopped", 130)


def _run(given: list[str]) -> None:
    from pathlib import Path

    from cyclopts import CycloptsError, UnusedCliTokensError

    words = [word for word in given if not word.startswith("-")]
    app = build(summaries=words in ([], ["data"]))
    try:
        Path.cwd()
    except FileNotFoundError:
        _stop("the folder that this runs in is gone; change to another one", 1)
    try:
        app(given, exit_on_error=False, print_error=False, result_action="return_none")
    except UnusedCliTokensError as error:
        _stop(f"what is {' '.join(error.unused_tokens or ())!r} for? Words that belong together stand in quotes", 2)
    except CycloptsError as error:
        _stop(str(error), 2)
    except ValueError as error:
        _stop(str(error), 2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _stop(f"{where}{error.strerror or error}", 1)


def _stop(message: str, code: int) -> None:
    print(f"songloom: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
