"""How fast codecs code on a CPU beside the packages that people use, on the same weights, in one process.

    python benchmarks/codec_speed.py --threads 2 --seconds 10 --out runs/codec_speed.json

The reference is built at its published size with random weights under which signals keep their size, saved in its
own format and loaded by songloom; or `--checkpoint codec=FOLDER` names a published folder that both load. Rounds of
the reference and of ours in both precisions alternate and the fastest counts. The error is the largest difference of
samples (or latents) in float32, and for bfloat16 the ratio of signal to error on the music, in decibels. Operations
are those of the plain convolutions, against the rates of matrix products in float32 and in bfloat16 that the same
process reaches on this machine.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Annotated, Any, Literal

import cyclopts
import torch
from cyclopts import Parameter
from einops import reduce
from figures import publish
from machine import machine
from rich.console import Console
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from songloom.audio import files
from songloom.audio.resample import resample
from songloom.inference.precision import Side, to_bfloat16, to_float32
from songloom.published.load import load
from songloom.systems.roles import Codec

HEADERS = [
    "codec",
    "side",
    "precision",
    "reference, s",
    "songloom, s",
    "times as fast",
    "x real time",
    "GFLOP/s",
    "error",
]
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


@dataclass(frozen=True)
class Reference:
    """A package's model and its two directions, without look-up of codes (a few per cent of the time)."""

    model: Any
    encode: Callable[[Tensor], Tensor]
    decode: Callable[[Tensor], Tensor]


def dac(folder: Path | None) -> Reference:
    """DAC 44.1 kHz of transformers."""
    from transformers import DacConfig, DacModel

    model = DacModel.from_pretrained(folder) if folder else DacModel(DacConfig(n_codebooks=9, sampling_rate=44_100))
    return Reference(model, model.encoder, model.decoder)


def oobleck(folder: Path | None) -> Reference:
    """Stable Audio's VAE of diffusers."""
    from diffusers import AutoencoderOobleck

    model = AutoencoderOobleck.from_pretrained(folder) if folder else AutoencoderOobleck()
    return Reference(model, lambda wave: model.encode(wave).latent_dist.mean, lambda z: model.decode(z).sample)


def encodec(folder: Path | None) -> Reference:
    """EnCodec 24 kHz of transformers."""
    from transformers import EncodecConfig, EncodecModel

    model = EncodecModel.from_pretrained(folder) if folder else EncodecModel(EncodecConfig())
    return Reference(model, model.encoder, model.decoder)


REFERENCES = {"dac": dac, "oobleck": oobleck, "encodec": encodec}


def main(
    *,
    codecs: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = tuple(REFERENCES),
    seconds: float = 10.0,
    threads: int = 2,
    rounds: int = 3,
    bfloat16: bool = True,
    clock: Literal["wall", "cpu"] = "wall",
    music: Path | None = None,
    checkpoint: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    out: Path | None = None,
    docs: Path | None = None,
) -> None:
    """Time codecs beside their reference packages.

    Parameters
    ----------
    codecs:
        Which: dac, oobleck, encodec.
    seconds:
        Of audio.
    threads:
        Of torch, for both.
    rounds:
        How often each is run; the fastest counts.
    bfloat16:
        Also with products of bfloat16.
    clock:
        Seconds of the wall's clock, or of all threads' work, which other programs disturb less.
    music:
        A sound file; without it a piece of the built-in band.
    checkpoint:
        Published folders to load instead of random weights, as in dac=FOLDER.
    out:
        A JSON file for all figures.
    docs:
        A document with the markers of this table, to be filled in.
    """
    unknown = [name for name in codecs if name not in REFERENCES]
    if unknown or seconds <= 0 or rounds < 1 or threads < 1:
        raise ValueError(
            f"codecs {codecs}, {seconds} s, {rounds} rounds, {threads} threads; needs known and positive ones"
        )
    torch.set_num_threads(threads)
    folders = {name: Path(folder) for name, _, folder in (entry.partition("=") for entry in checkpoint)}
    race = Race(CLOCKS[clock], rounds)
    rows: list[dict[str, Any]] = []
    with torch.no_grad():
        rates = race.matrix_rates()
        for name in codecs:
            for row in compared(name, folders.get(name), seconds, race, bfloat16, music):
                rows.append(row)
                Console(stderr=True).print(*line(row))
    how = {"machine": machine(), "threads": threads, "seconds": seconds, "clock": clock, "rates": rates}
    show(how | {"rows": rows}, out, docs)


@dataclass(frozen=True)
class Race:
    """Runs timed by one clock, several times."""

    clock: Callable[[], float]
    rounds: int

    def timed(self, run: Callable[[], Tensor]) -> tuple[float, Tensor]:
        """Seconds, and what came of it."""
        started = self.clock()
        made = run()
        return self.clock() - started, made

    def best(self, *runs: Callable[[], Tensor]) -> list[tuple[float, Tensor]]:
        """The fastest of several rounds of each, in turns, and what it gave."""
        found = [min((self.timed(run) for _ in range(1)), key=lambda one: one[0]) for run in runs]
        for _ in range(self.rounds - 1):
            for place, run in enumerate(runs):
                again = self.timed(run)
                found[place] = min(found[place], again, key=lambda one: one[0])
        return found

    def matrix_rates(self) -> dict[str, float]:
        """Billions of operations a second of products of 1024 x 1024 matrices."""
        a, b = torch.randn(2, 1024, 1024)
        left, right = a.bfloat16(), b.bfloat16()
        some, other = torch.randint(-127, 128, (2, 1024, 1024), dtype=torch.int8)
        products = {
            "float32": lambda: a @ b,
            "bfloat16": lambda: left @ right,
            "bytes": lambda: torch._int_mm(some, other),
        }
        return {name: 2 * 1024**3 / min(self.timed(run)[0] for _ in range(20)) / 1e9 for name, run in products.items()}


def compared(
    name: str, folder: Path | None, seconds: float, race: Race, bfloat16: bool, music: Path | None
) -> Iterator[dict[str, Any]]:
    """Both directions of one codec, the reference and ours in each precision in turns."""
    reference = REFERENCES[name](folder)
    reference.model.eval()
    with tempfile.TemporaryDirectory() as place:
        if folder is None:
            stir(reference.model)
            reference.model.save_pretrained(place)
        codec, low = load(folder or place), load(folder or place) if bfloat16 else None
    assert isinstance(codec, Codec) and (low is None or isinstance(low, Codec))
    wave = listened(codec, seconds, music)
    sides: tuple[tuple[Side, Tensor, Callable[[Tensor], Tensor]], ...] = (
        ("encode", wave, reference.encode),
        ("decode", codec.encode(wave), reference.decode),
    )
    for side, entered, theirs in sides:
        operations = counted(theirs, entered[..., : entered.shape[-1] // 10]) * 10
        row = {"codec": name, "side": side, "operations": operations, "seconds": seconds}
        lowered: dict[str, Any] = {"note": ""}
        runs = [partial(getattr(codec, side), entered)]
        if low is not None:
            try:
                lowered = {"share": to_bfloat16(low, side).share}
                runs.append(partial(getattr(low, side), entered))
            except ValueError as error:
                lowered = {"note": str(error)}
        for run in runs:
            run()  # its filters are made at the first use
        (slow, wanted), (fast, made), *others = race.best(partial(theirs, entered), *runs)
        row["reference"] = slow
        yield row | {"precision": "float32", "songloom": fast, "error": difference(wanted, made)}
        for taken, rough in others:
            lowered |= {"songloom": taken, "decibels": decibels(made, rough)}
        if low is not None:
            yield row | {"precision": "bfloat16", "songloom": None} | lowered
            to_float32(low)


def difference(one: Tensor, other: Tensor) -> float:
    """The largest of two waves, as far as both reach."""
    return float((one[..., : other.shape[-1]] - other[..., : one.shape[-1]]).abs().max())


def decibels(exact: Tensor, made: Tensor) -> float:
    """The ratio of signal to error."""
    noise = float((exact - made).double().square().sum())
    return float(10 * torch.log10(exact.double().square().sum() / max(noise, 1e-30)))


def stir(model: nn.Module) -> None:
    """Random weights under which signals keep their size: convolutions of gain 1, in residual branches of 1/4."""
    torch.manual_seed(0)
    for name, parameter in model.named_parameters():
        branch = 0.5 if "res_unit" in name else 1.0
        if name.endswith(("weight_g", "original0")):
            parameter.fill_(branch)
        elif name.endswith("alpha") and parameter.ndim == 3 and parameter.min() > 0:
            parameter.uniform_(0.5, 2.0)
        elif name.endswith(("alpha", "beta")):
            parameter.normal_(0, 0.3)
        elif parameter.ndim == 3:
            gain = parameter[0].numel() ** -0.5
            parameter.normal_(0, branch * (len(parameter) * 2) ** -0.5 if "conv_t" in name else branch * gain)


def listened(codec: Codec, seconds: float, music: Path | None) -> Tensor:
    """The music [1, C, T] at the codec's rate and channels, whole frames of it."""
    if music is None:
        from songloom.band.composer import draw
        from songloom.band.render import render

        piece = next(piece for seed in count(1) if (piece := draw(seed, seconds=seconds + 2)).seconds > seconds)
        rendered = render(piece)
        wave, rate = torch.from_numpy(rendered.mix), rendered.sample_rate
        wave = resample(wave, rate, codec.sample_rate)
    else:
        wave, _ = files.read(music, sample_rate=codec.sample_rate)
    wave = wave if len(wave) == codec.channels else reduce(wave, "c t -> 1 t", "mean").expand(codec.channels, -1)
    samples = round(seconds * codec.frame_rate) * codec.hop_length
    if wave.shape[-1] < samples:
        raise ValueError(f"the music has {wave.shape[-1] / codec.sample_rate:.1f} s; {seconds:g} are needed")
    return wave[None, :, :samples].contiguous()


def counted(run: Callable[[Tensor], Tensor], given: Tensor) -> float:
    """Floating-point operations of the products in `run`."""
    with FlopCounterMode(display=False) as counter:
        run(given)
    return float(counter.get_total_flops())


def line(row: dict[str, Any]) -> list[str]:
    """A row of the table."""
    head = [row["codec"], row["side"], row["precision"], f"{row['reference']:.2f}"]
    if row["songloom"] is None:
        return [*head, "", "", "", "", row["note"]]
    ours = row["songloom"]
    figures = [f"{ours:.2f}", f"{row['reference'] / ours:.2f}", f"{row['seconds'] / ours:.2f}"]
    noise = f"{row.get('decibels', 0):.1f} dB ({100 * row.get('share', 0):.0f} % lowered)"
    error = noise if row["precision"] == "bfloat16" else f"{row['error']:.1e}"
    return [*head, *figures, f"{row['operations'] / ours / 1e9:.0f}", error]


def show(result: dict[str, Any], out: Path | None, docs: Path | None) -> None:
    """Prints the table; writes the files that were asked for."""
    rows = [line(row) for row in result["rows"]]
    where, rates = result["machine"], result["rates"]
    note = (
        f"{where['cpu']}, torch {where['torch']}, {result['threads']} threads, {result['seconds']:g} s of audio, "
        f"{result['clock']} clock. Matrix products reach {rates['float32']:.0f} GFLOP/s in float32 and "
        f"{rates['bfloat16']:.0f} in bfloat16, {rates['bytes']:.0f} in bytes."
    )
    publish("codec speed", HEADERS, rows, note, result=result, out=out, docs=docs)


if __name__ == "__main__":
    cyclopts.run(main)
