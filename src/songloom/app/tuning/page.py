"""The page of captions, to be looked at before anything is learned: each piece with a player and what is said of it."""

from __future__ import annotations

from html import escape
from pathlib import Path

from songloom.app.review import player
from songloom.app.tuning.captions import TABLE, row_of
from songloom.app.tuning.music import Music
from songloom.conditioning.language import is_foreign
from songloom.data.manifest import write_atomically
from songloom.data.prepare.verdicts import Verdict
from songloom.inference.captioning import ESTIMATED
from songloom.metrics.bench.as_html import bullets, page

PAGE = "captions.html"
PLAYERS, SHOWN = 100, 2000
FOREIGN = "not English, as far as can be told; an estimated caption stands beside it"


def write(music: Music, home: Path) -> Path:
    """Writes captions.html beside the table; gives its path."""
    path = home / PAGE
    write_atomically(path, as_page(music))
    return path


def as_page(music: Music) -> str:
    """The page; what nobody described comes first."""
    ordered = sorted(music.kept, key=lambda one: (not is_estimated(one), one.entry.file))
    rows = [_row(music, one, number < PLAYERS) for number, one in enumerate(ordered[:SHOWN])]
    head = "".join(f"<th>{name}</th>" for name in ("file", "captions", "tempo", "key", "", "listen"))
    parts = [
        f"<h1>{escape(str(music.folder))}</h1>",
        f"<p>{summary(music)} Captions are learned as they stand here. To change one, edit {TABLE} beside this page "
        "and run the same command again.</p>",
        f'<div class="wide"><table><tr>{head}</tr>{"".join(rows)}</table></div>',
        f"<h2>Left out</h2>{bullets(music.notes[:SHOWN])}" if music.notes else "",
    ]
    return page(f"Captions of {music.folder}", parts)


def summary(music: Music) -> str:
    """What there is, in a line."""
    kept = music.kept
    estimated, silent = sum(map(is_estimated, kept)), sum(not one.entry.captions for one in kept)
    parts = [f"{len(kept)} of {len(music.verdicts)} files, {music.seconds / 3600:.2f} hours; "]
    parts.append(f"captions of {estimated} are estimated" if estimated else "no caption is estimated")
    return "".join(parts) + (f", {silent} have none." if silent else ".")


def is_estimated(one: Verdict) -> bool:
    """Whether any caption of a piece is an estimate."""
    return any(caption.source == ESTIMATED for caption in one.entry.captions)


def _row(music: Music, one: Verdict, heard: bool) -> str:
    row = row_of(one)
    said = "".join(
        f"<div>{escape(caption.text)} <small>({escape(caption.source or 'the folder')})</small></div>"
        for caption in one.entry.captions
    )
    own = [caption.text for caption in one.entry.captions if caption.source != ESTIMATED]
    said += f'<div class="warn">{FOREIGN}</div>' if any(map(is_foreign, own)) else ""
    cells = [escape(row["file"]), said or "none", row["tempo"], escape(row["key"]), row["split"]]
    sound = player(music.folder, one) if heard else ""
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in (*cells, sound)) + "</tr>"
