"""`songloom listen`: a listening test on a page of its own, and the report of what it found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from songloom.app.screen import bar

if TYPE_CHECKING:
    from songloom.metrics.listening.design import Settings
    from songloom.metrics.listening.storage import Storage

DATABASE, CLIPS = "answers.sqlite", "clips"
commands = App(name="listen")


@commands.default
def listen(
    *,
    systems: Annotated[tuple[Path, ...], Parameter(consume_multiple=True, negative="")] = (),
    prompts: Path | None = None,
    reference: Path | None = None,
    mode: Literal["ratings", "preference"] = "ratings",
    out: Annotated[Path, Parameter(name=["--out", "-o"])] = Path("listening"),
    seconds: float | None = None,
    trials: int = 60,
    seed: int = 0,
    title: str = "Listening test",
    host: str = "127.0.0.1",
    port: int = 8765,
) -> None:
    """A page where people rate systems by ear, blind; `listen report` tells what they found.

    Raters score overall quality (OVL) and relevance to the words (REL) from 1 to 100, or choose between two. Started
    again, a test goes on where every rater was.

    Parameters
    ----------
    systems:
        A folder of clips for each system, one clip for each prompt, named by the prompt's id or line number.
    prompts:
        A file with one JSON object a line, with a "prompt" and, if wanted, an "id"; or any file of prompts that
        generate takes.
    reference:
        A folder of music known to be good, for the same prompts: hidden among the clips, and spoilt as low anchor.
    mode:
        Ratings of single clips, or the preference for one of two.
    out:
        The test's folder: answers.sqlite and clips/.
    seconds:
        Cut longer clips.
    trials:
        How many clips, or pairs, one rater is given at most, attention checks aside.
    seed:
        Another seed, other orders.
    title:
        What stands above the page.
    host:
        The address to listen on; 0.0.0.0 lets other machines in.
    port:
        The port; 0 takes a free one.
    """
    try:
        from songloom.app import serving
        from songloom.app.listening_page import server
    except ModuleNotFoundError as error:
        raise ValueError(f"{error.name} is missing; pip install 'songloom[serve]' brings it") from None
    from songloom.metrics.listening.design import Settings
    from songloom.metrics.listening.session import Session

    asked = Settings(title=title, mode=mode, seed=seed, seconds=seconds, trials=trials)
    storage = _opened(out, systems, prompts, reference, asked)
    if not serving.is_loopback(host):
        print("Whoever reaches this machine can take part, unencrypted; put a proxy with TLS in front on the internet.")
    app = server.create(Session(storage, out / CLIPS), serving.allowed_hosts(host))
    design = storage.design
    facts = f"{len(design.systems)} systems, {len(design.prompts)} prompts, {storage.raters()} raters so far"
    serving.serve(app, host, port, lambda url: print(f"{url} {facts}; answers in {storage.path}", flush=True))


@commands.command
def report(test: Path, *, out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None) -> None:
    """Means, 95 % intervals and paired tests of a listening test, as JSON, markdown, a page and a picture.

    It may run while the test does.

    Parameters
    ----------
    test:
        The test's folder, or its answers.sqlite.
    out:
        The folder for report.json, .md, .html and .png; without it the test's own.
    """
    from songloom.metrics.listening import report as written
    from songloom.metrics.listening.results import evaluate
    from songloom.metrics.listening.storage import Storage

    path = test / DATABASE if test.is_dir() else test
    storage = Storage(path)
    results = evaluate(storage.design, storage.answers(), storage.raters())
    paths = written.write(results, out or path.parent)
    print(written.summary(results))
    print(", ".join(str(path) for path in paths))


def _opened(
    out: Path, systems: tuple[Path, ...], prompts: Path | None, reference: Path | None, asked: Settings
) -> Storage:
    """The test in a folder: a new one, or the one that is there if nothing else is asked for."""
    from songloom.metrics.listening.design import Settings
    from songloom.metrics.listening.storage import Storage

    there = (out / DATABASE).exists()
    if there and not systems:
        if (prompts, reference, asked) != (None, None, Settings()):
            raise ValueError(
                f"{out} holds a test, which goes on as it was made; for a new one give --systems and --out"
            )
        return Storage(out / DATABASE)
    if not systems or prompts is None:
        raise ValueError(f"a new test needs --systems and --prompts; {out} holds none to go on with")
    from songloom.metrics.listening.material import gather
    from songloom.metrics.listening.preparation import fingerprint, prepare

    material = gather(prompts, systems, reference)
    if there:
        storage = Storage(out / DATABASE)
        if storage.design.fingerprint != fingerprint(material, asked):
            raise ValueError(f"{out} holds another test (other files, prompts or settings); give another --out")
        return storage
    with bar("clips are made equally loud") as progress:
        design = prepare(material, asked, out / CLIPS, progress)
    return Storage.create(out / DATABASE, design)
