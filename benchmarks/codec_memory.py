"""How much memory a codec takes for a long recording: `songloom encode` and `songloom decode` of so many minutes.

    python benchmarks/codec_memory.py --minutes 60 --codec dac-44khz --docs docs/codecs.md

The recording is noise and tones that a loop writes, the codec a preset with random weights or a checkpoint folder.
Each direction is a process of its own; its peak (resident memory, the program and the weights included) is noted after
each tenth of the recording, so that growth would show.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import cyclopts
import numpy as np
import soundfile
from cyclopts import Parameter
from figures import publish
from machine import machine
from rich.console import Console
from speed import peak_megabytes

from songloom.inference.precision import Precision

RATE = 44_100
HEADERS = ["codec", "side", "precision", "minutes", "peak, MB", "after a tenth, MB", "after half, MB", "x real time"]
Side = Literal["encode", "decode"]


def main(
    *,
    minutes: float = 60.0,
    codec: str = "dac-44khz",
    precision: Precision = "float32",
    threads: int = 1,
    docs: Path | None = None,
    child: Annotated[Side | None, Parameter(show=False)] = None,
    folder: Annotated[Path | None, Parameter(show=False)] = None,
) -> None:
    """Measure the memory of both directions.

    Parameters
    ----------
    minutes:
        Of the recording, 44.1 kHz mono.
    codec:
        A preset, with random weights, or a checkpoint folder.
    precision:
        As of `songloom encode`.
    threads:
        Of torch.
    docs:
        A document with the markers of this table, to be filled in.
    """
    if minutes <= 0 or threads < 1:
        raise ValueError(f"{minutes} minutes and {threads} threads; needs positive ones")
    if child is not None and folder is not None:
        print(json.dumps(coded(child, codec, folder, precision, threads)))
        return
    rows = []
    with tempfile.TemporaryDirectory() as place:
        record(Path(place) / "long.wav", minutes)
        for side in ("encode", "decode"):
            command = [sys.executable, __file__, "--child", side, "--folder", place, "--codec", codec]
            command += ["--precision", precision, "--threads", str(threads)]
            answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            found = json.loads(answer.stdout.splitlines()[-1])
            peaks = [f"{found[name]:.0f}" for name in ("peak", "tenth", "half")]
            rows.append([codec, side, precision, f"{minutes:g}", *peaks, f"{60 * minutes / found['seconds']:.2f}"])
            Console(stderr=True).print(*rows[-1])
    show(rows, threads, docs)


def record(path: Path, minutes: float) -> None:
    """Writes noise and slowly changing tones."""
    rng, time_in_block = np.random.default_rng(0), np.arange(RATE) / RATE
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        for second in range(max(1, round(60 * minutes))):
            pitch = 110 * 2 ** ((second * 7 % 24) / 12)
            file.write(0.3 * np.sin(2 * np.pi * pitch * time_in_block) + 0.02 * rng.normal(size=RATE))


def coded(side: Side, name: str, folder: Path, precision: Precision, threads: int) -> dict[str, float]:
    """One direction in this process: its peak in MB, what it was on the way, and seconds."""
    import torch

    from songloom.data.token_file import TokenReader
    from songloom.inference import coded_files
    from songloom.inference.precision import to_bfloat16

    torch.set_num_threads(threads)
    codec = opened(name)
    if precision == "bfloat16":
        to_bfloat16(codec, side)
    peaks: dict[str, float] = {}

    def note(part: float) -> None:
        for mark, least in (("tenth", 0.1), ("half", 0.5)):
            if part >= least:
                peaks.setdefault(mark, peak_megabytes())

    started = time.perf_counter()
    if side == "encode":
        header = coded_files.header_of(codec, coded_files.Identity(name, "0" * 64), None, entropy=False)
        coded_files.encode_file(codec, folder / "long.wav", folder / "long.loom", header, progress=note)
    else:
        with TokenReader(folder / "long.loom") as reader:
            coded_files.decode_file(codec, reader, folder / "back.wav", progress=note)
    return {"seconds": time.perf_counter() - started, "peak": peak_megabytes(), **peaks}


def opened(name: str) -> Any:
    """A checkpoint's codec, or a preset's with random weights."""
    import torch

    from songloom.published.load import load
    from songloom.systems import registry

    if Path(name).exists():
        return load(name)
    torch.manual_seed(0)
    return registry.preset(name)[1].build().eval()


def show(rows: list[list[str]], threads: int, docs: Path | None) -> None:
    """Prints the table and writes it where asked."""
    where = machine()
    note = f"{where['cpu']}, torch {where['torch']}, {threads} thread(s), 44.1 kHz mono."
    publish("codec memory", HEADERS, rows, note, docs=docs)


if __name__ == "__main__":
    cyclopts.run(main)
