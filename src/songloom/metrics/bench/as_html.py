"""A report as one HTML page that needs nothing else: tables, pictures as SVG, a player for every clip inside it."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from torch import Tensor

from songloom.audio import files
from songloom.audio.resample import resample
from songloom.metrics.bench import plots
from songloom.metrics.bench.as_markdown import HEADERS, about, cells
from songloom.metrics.bench.report import Report, Row, Section
from songloom.metrics.control_accuracy import FIGURES

PLAYED_RATE = 32_000
"""Sample rate in Hz of the players, which MP3 has."""
MOST_WORDS = 400
"""Characters of a prompt that are shown."""
STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: .5rem 0 1rem; }
td, th { padding: .25rem .6rem; border-bottom: 1px solid #8884; text-align: left; vertical-align: top; }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.wide { overflow-x: auto; } .warn { border-left: 4px solid #c80; padding-left: .8rem; }
figure { display: inline-block; margin: .5rem; background: #fff; } audio { width: 15rem; }
td.p { min-width: 18rem; } td.a { min-width: 12rem; }
"""


def as_html(report: Report, *, players: int = 50) -> str:
    """The page; the first `players` clips can be heard in it."""
    parts = [
        f"<h1>{escape(report.system)}</h1>",
        bullets(about(report)),
        _warnings(report),
        *(_section(section) for section in report.sections),
        _pictures(report),
        _rows(report, players),
        *networks_html(report),
    ]
    return page(report.system, parts)


def networks_html(report: Report) -> list[str]:
    """The networks' sheets of facts under a heading, where there are any."""
    return ["<h2>Networks</h2>", *(bullets(one.lines()) for one in report.networks)] if report.networks else []


def page(title: str, parts: Sequence[str]) -> str:
    """A whole document of some parts."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    body = "\n".join(part for part in parts if part)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of text."""
    head = "".join(f"<th>{escape(name)}</th>" for name in headers)
    lines = [
        "<tr>" + "".join(f"<td{' class=n' if i else ''}>{escape(cell)}</td>" for i, cell in enumerate(row)) + "</tr>"
        for row in rows
    ]
    return f'<div class="wide"><table><tr>{head}</tr>{"".join(lines)}</table></div>'


def bullets(lines: Iterable[str]) -> str:
    """A list of text."""
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _warnings(report: Report) -> str:
    lines = [*report.warnings, *(f"{one.path}: {one.why}" for one in report.unreadable)]
    return f'<div class="warn"><strong>Warnings</strong>{bullets(lines)}</div>' if lines else ""


def _section(section: Section) -> str:
    notes = "".join(f"<p>{escape(note)}</p>" for note in section.notes)
    return f"<h2>{escape(section.title)}</h2>{table(HEADERS, [cells(one) for one in section.figures])}{notes}"


def _pictures(report: Report) -> str:
    def column(name: str) -> list[float]:
        return [float(facts[name]) for facts in report.measured if not facts["silent"]]

    shown = [("loudness", "LUFS"), ("true_peak", "dBTP"), ("tempo", "bpm"), ("seconds", "s")]
    pictures = [plots.distributions([(name.replace("_", " "), unit, column(name)) for name, unit in shown])]
    own = sorted({name for row in report.rows for name in row.values} - FIGURES.keys())
    if own:
        pictures.append(
            plots.distributions(
                [(name, "", [row.values[name] for row in report.rows if name in row.values]) for name in own]
            )
        )
    if report.tempo_pairs:
        pictures.append(plots.tempo_confusion(report.tempo_pairs))
    if report.key_pairs:
        pictures.append(plots.key_confusion(report.key_pairs))
    return "<h2>Distributions</h2>" + "".join(f"<figure>{picture}</figure>" for picture in pictures)


def _rows(report: Report, players: int) -> str:
    """The table of clips: name, prompt, asked and heard side by side, values, and what can be played."""
    names = sorted({name for row in report.rows for name in row.values})
    head = "".join(f"<th>{escape(name)}</th>" for name in ("clip", "prompt", "asked / heard", *names, "listen"))
    lines = []
    for number, row in enumerate(report.rows):
        values = "".join(f"<td class=n>{_number(row.values.get(name))}</td>" for name in names)
        sound = player(Path(row.file)) if number < players else ""
        words = f"<td>{escape(row.name)}</td><td class=p>{escape(row.prompt[:MOST_WORDS])}</td>"
        lines.append(f"<tr>{words}<td class=a>{_compared(row)}</td>{values}<td>{sound}</td></tr>")
    return f'<h2>Clips</h2><div class="wide"><table><tr>{head}</tr>{"".join(lines)}</table></div>'


def _compared(row: Row) -> str:
    """What was asked, where it was, before what is heard."""
    both = {name: [row.asked[name], value] if name in row.asked else [value] for name, value in row.heard.items()}
    return "<br>".join(escape(f"{name}: {' / '.join(values)}") for name, values in both.items())


def _number(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.3g}"


def player(path: Path) -> str:
    """An <audio> element with the sound inside, as MP3."""
    wave, rate = files.read(path)
    if len(wave) > 2:
        wave = wave.mean(0, keepdim=True)
    return sound_of(resample(wave, rate, PLAYED_RATE))


def sound_of(wave: Tensor) -> str:
    """An <audio> element with a wave [C, T] at PLAYED_RATE inside, as MP3."""
    data = base64.b64encode(files.encoded(wave, PLAYED_RATE, ".mp3", quality=0.3)).decode()
    return f'<audio controls preload="none" src="data:audio/mpeg;base64,{data}"></audio>'
