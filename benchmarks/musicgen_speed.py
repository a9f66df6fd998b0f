"""How fast and how large MusicGen-small is beside transformers', at its full size, on the same random weights.

    python benchmarks/musicgen_speed.py --threads 2 --steps 250 --out runs/musicgen_speed.json

The reference is built at its published size with random weights, saved in its own format, and loaded by each program
in a process of its own, one after the other, in rounds. Each draws the same prompt's codes, the likeliest ones, with
guidance 3, and plays them. A step is the time from one to the next; the table has the median of all rounds' medians.
The last column is the share of the reference's codes that each drew, and how many frames are alike before the first
other code, which with random weights changes all that follow; `precision_quality.py` has what a precision costs a
trained model, `few_rows.py` what was tried for the products.

A second table has the memory: the most that the process held at each stage, beside the weights as they are held (text
encoder and codec stay in float32) and beside as many numbers all in the precision. Python and torch alone take what
stands under "before loading". Other programs do not disturb it: `--tables memory` tells it without the reference.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import cyclopts
import torch
from cyclopts import Parameter
from figures import publish
from machine import machine
from rich.console import Console
from rich.progress import track
from speed import peak_megabytes
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch import Tensor, nn

HEADERS = [
    "program",
    "precision",
    "a step, ms",
    "times as fast",
    "x real time",
    "load, s",
    "same codes",
]
STAGES = ("loading", "reading words", "drawing", "playing")
MEMORY = [
    "program",
    "precision",
    "weights as held, MB",
    "all in this precision, MB",
    "before loading, MB",
    *(f"peak {stage}, MB" for stage in STAGES),
    "peak / as held",
    "peak / all in this precision",
]
REFERENCES = ("transformers", "transformers-bfloat16")
PROGRAMS = (*REFERENCES, "float32", "bfloat16", "int8")
SIZES: dict[str, dict[str, dict[str, Any]]] = {
    "small": {
        "decoder": {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "ffn_dim": 4096},
        "text": {"d_model": 768, "d_ff": 3072, "d_kv": 64, "num_heads": 12, "num_layers": 12},
        "codec": {"num_filters": 64, "hidden_size": 128, "upsampling_ratios": [8, 5, 4, 4]},
    },
    "tiny": {
        "decoder": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "ffn_dim": 64},
        "text": {"d_model": 24, "d_ff": 40, "d_kv": 6, "num_heads": 4, "num_layers": 2, "vocab_size": 40},
        "codec": {"num_filters": 4, "hidden_size": 16, "upsampling_ratios": [8, 5, 4, 4]},
    },
}
Clock = Callable[[], float]
CLOCKS: dict[str, Clock] = {"wall": time.perf_counter, "cpu": time.process_time}
PROMPT = "warm lofi piano with soft drums"
FRAME_RATE = 50.0
GUIDANCE = 3.0
REST = 4
"""How many more steps than frames the delays and the first step take."""


def main(
    *,
    programs: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = PROGRAMS,
    size: str = "small",
    steps: int = 250,
    threads: int = 2,
    rounds: int = 2,
    clock: Literal["wall", "cpu"] = "wall",
    tables: Annotated[tuple[Literal["speed", "memory"], ...], Parameter(consume_multiple=True)] = ("speed", "memory"),
    folder: Path | None = None,
    out: Path | None = None,
    docs: Path | None = None,
    child: Annotated[tuple[str, Path] | None, Parameter(show=False)] = None,
) -> None:
    """Time MusicGen beside transformers'.

    Parameters
    ----------
    programs:
        Which: transformers, transformers-bfloat16, and ours by precision: float32, bfloat16, int8.
    size:
        Of the model: small (the published size) or tiny.
    steps:
        Of drawing; 50 make a second of music.
    threads:
        Of torch.
    rounds:
        How often each is run.
    clock:
        Of a step: the wall's, or all threads' work, which other programs disturb less (for one thread).
    tables:
        Which to show.
    folder:
        Where the model of this size lies from a run before; built there when it does not.
    out:
        A JSON file for all figures.
    docs:
        A document with the markers of these tables, to be filled in.
    """
    unknown = set(programs) - set(PROGRAMS)
    lacking = "speed" in tables and REFERENCES[0] not in programs
    if unknown or not programs or lacking or size not in SIZES or steps <= REST or min(threads, rounds) < 1:
        raise ValueError(
            f"{', '.join(programs)} at size {size}, {steps} steps, {threads} threads, {rounds} rounds; needs some of "
            f"{', '.join(PROGRAMS)} (for speed the first), a size of {', '.join(SIZES)}, more than {REST} steps"
        )
    if child is not None:
        torch.set_num_threads(threads)
        print(json.dumps(one_run(*child, steps, CLOCKS[clock])))
        return
    with tempfile.TemporaryDirectory() as temporary:
        place = str(folder or temporary)
        if not Path(place, "tokenizer.json").is_file():
            build(SIZES[size], Path(place))
        options = ["--size", size, "--steps", str(steps), "--threads", str(threads), "--clock", clock]
        turns = [program for _ in range(rounds) for program in programs]
        runs: dict[str, list[dict[str, Any]]] = {program: [] for program in programs}
        for program in track(turns, description=f"MusicGen {size}", console=Console(stderr=True)):
            command = [sys.executable, __file__, *options, "--child", program, place]
            answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            runs[program].append(json.loads(answer.stdout.splitlines()[-1]))
    how = {"machine": machine(), "transformers": version("transformers"), "threads": threads, "steps": steps}
    how["clock"] = clock
    show(how | {"size": size, "rounds": rounds, "rows": summed_up(runs)}, tables, out, docs)


def build(sizes: dict[str, dict[str, Any]], folder: Path) -> None:
    """Saves transformers' model with random weights under which signals keep their size, and a tokenizer."""
    from transformers import (
        EncodecConfig,
        MusicgenConfig,
        MusicgenDecoderConfig,
        MusicgenForConditionalGeneration,
        T5Config,
    )

    torch.manual_seed(0)
    codec = EncodecConfig(sampling_rate=32_000, codebook_size=2048, target_bandwidths=[2.2], **sizes["codec"])
    codec.use_causal_conv, codec.use_conv_shortcut = False, False
    config = MusicgenConfig(
        text_encoder=T5Config(**sizes["text"]).to_dict(),
        audio_encoder=codec.to_dict(),
        decoder=MusicgenDecoderConfig(**sizes["decoder"]).to_dict(),
    )
    model: Any = MusicgenForConditionalGeneration(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim == 2 and not name.startswith("audio_encoder."):
                embeds = "embed" in name or "shared" in name
                weight.normal_(std=0.2 if embeds else weight.shape[1] ** -0.5)
    model.save_pretrained(folder)
    words = {word: number for number, word in enumerate(["<pad>", "</s>", "<unk>", *PROMPT.split()])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    tokenizer.save(str(folder / "tokenizer.json"))


def one_run(program: str, folder: Path, steps: int, clock: Clock) -> dict[str, Any]:
    """What this process measures of one program."""
    started, imports = time.perf_counter(), peak_since()
    drawn = (theirs if program in REFERENCES else ours)(program, folder, steps, clock)
    taken = [later - earlier for earlier, later in pairwise(drawn.times)]
    return {
        "load": drawn.loaded - started,
        "step": 1000 * statistics.median(taken),
        "weights": drawn.weights / 2**20,
        "whole": drawn.whole / 2**20,
        "imports": imports,
        "peaks": drawn.peaks,
        "codes": drawn.codes.tolist(),
    }


@dataclass(frozen=True)
class Drawn:
    """When the model was loaded and each step was done (seconds), bytes of its weights as they are held and all in the
    precision, the most memory of each stage, the codes [K, F]."""

    loaded: float
    times: list[float]
    weights: int
    whole: int
    peaks: dict[str, float]
    codes: Tensor


def theirs(program: str, folder: Path, steps: int, clock: Clock) -> Drawn:
    """By transformers."""
    from transformers import MusicgenForConditionalGeneration

    dtype = torch.bfloat16 if program.endswith("bfloat16") else torch.float32
    model: Any = MusicgenForConditionalGeneration.from_pretrained(folder, dtype=dtype).eval()
    loaded, times, seen, peaks = time.perf_counter(), [], [], {STAGES[0]: peak_since()}
    model.decoder.register_forward_hook(lambda *_: times.append(clock()))
    decode: Callable[..., Any] = model.audio_encoder.decode

    def listen(codes: Tensor, **others: Any) -> Any:
        seen.append(codes[0, 0])
        peaks[STAGES[2]] = peak_since()
        return decode(codes, **others)

    model.audio_encoder.decode = listen
    ids = torch.tensor([Tokenizer.from_file(str(folder / "tokenizer.json")).encode(PROMPT).ids])
    model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        do_sample=False,
        guidance_scale=GUIDANCE,
        max_length=steps,
    )
    peaks[STAGES[3]] = peak_since()
    weights = sum(t.nbytes for t in tensors(model))
    return Drawn(loaded, times, weights, weights, peaks, seen[0])


def ours(precision: Any, folder: Path, steps: int, clock: Clock) -> Drawn:
    """By songloom."""
    from songloom.layers.matrices import BYTES, Packed
    from songloom.published.load import load
    from songloom.systems.generators.musicgen import Musicgen
    from songloom.tokens.sampling import Sampling
    from songloom.tokens.windows import Drawing, Window

    system = load(folder)
    assert isinstance(system, Musicgen)
    numbers = sum(t.numel() for t in tensors(system))
    system.hold(precision)
    loaded, frames, peaks = time.perf_counter(), steps - REST, {STAGES[0]: peak_since()}
    greedy = Sampling(temperature=0.0)
    plan = Drawing(frames=frames, context=frames, stride=frames, sampling=greedy, guidance=GUIDANCE, seeds=(0,))
    with torch.inference_mode():
        conditions = [system.by_attention([PROMPT, ""])]
    peaks[STAGES[1]] = peak_since()
    known = torch.zeros(1, system.lm.streams, 0, dtype=torch.int64)
    window = Window(system.lm, system.pattern, conditions, known, torch.zeros(1, system.lm.streams, frames), plan)
    times = []
    for step in range(window.source.shape[1]):
        window.advance(step + 1)
        times.append(clock())
    codes, peaks[STAGES[2]] = window.frames(0, frames), peak_since()
    for _ in system.codec.detokenize_stream([codes]):  # as a piece is made for a listener
        pass
    peaks[STAGES[3]] = peak_since()
    packed = sum(part.nbytes for part in system.modules() if isinstance(part, Packed))
    weights = packed + sum(t.nbytes for t in tensors(system))
    return Drawn(loaded, times, weights, BYTES[precision] * numbers, peaks, codes[0])


def peak_since() -> float:
    """The most megabytes that this process held since this was last asked, where the system tells that."""
    peak, forget = peak_megabytes(), Path("/proc/self/clear_refs")
    if forget.is_file():
        forget.write_text("5", encoding="utf-8")
    return peak


def tensors(module: nn.Module) -> Iterator[Tensor]:
    """Parameters and buffers."""
    yield from module.parameters()
    yield from module.buffers()


def summed_up(runs: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """A row for each program: medians, and what the first's codes, the reference's, have to do with them."""
    reference = torch.tensor(next(iter(runs.values()))[0]["codes"])
    rows = []
    for program, found in runs.items():
        one = ("load", "step", "weights", "whole", "imports")
        row: dict[str, Any] = {name: statistics.median(run[name] for run in found) for name in one}
        row["peaks"] = {stage: statistics.median(run["peaks"][stage] for run in found) for stage in found[0]["peaks"]}
        equal = torch.tensor(found[0]["codes"]) == reference
        whole = equal.all(0)
        first = len(whole) if bool(whole.all()) else int(whole.int().argmin())
        rows.append(
            {
                "program": program,
                **row,
                "steps": [run["step"] for run in found],
                "equal": float(equal.float().mean()),
                "equal frames": first,
                "frames": len(whole),
            }
        )
    return rows


def called(row: dict[str, Any]) -> list[str]:
    """The program and the precision of a row."""
    program, _, theirs = str(row["program"]).partition("-")
    return [program, theirs or "float32"] if program == REFERENCES[0] else ["songloom", program]


def speed(row: dict[str, Any], reference: float) -> list[str]:
    """A row of the first table."""
    return [
        *called(row),
        f"{row['step']:.1f}",
        f"{reference / row['step']:.2f}",
        f"{1000 / FRAME_RATE / row['step']:.2f}",
        f"{row['load']:.1f}",
        f"{100 * row['equal']:.1f} % (first {row['equal frames']} of {row['frames']} frames)",
    ]


def memory(row: dict[str, Any]) -> list[str]:
    """A row of the second."""
    sizes = [row["weights"], row["whole"], row["imports"]]
    peaks = [f"{row['peaks'][stage]:.0f}" if stage in row["peaks"] else "-" for stage in STAGES]
    most = max(row["peaks"].values())
    ratios = [f"{most / row[kind]:.2f}" for kind in ("weights", "whole")]
    return [*called(row), *(f"{size:.0f}" for size in sizes), *peaks, *ratios]


def show(result: dict[str, Any], tables: tuple[str, ...], out: Path | None, docs: Path | None) -> None:
    """Prints the tables; writes the files that were asked for."""
    rows, where = result["rows"], result["machine"]
    what = (
        f"{where['cpu']}, torch {where['torch']}, transformers {result['transformers']}, {result['threads']} threads, "
        f"MusicGen {result['size']}, {result['steps']} steps, guidance {GUIDANCE:g}"
    )
    if "speed" in tables:
        timed = [speed(row, rows[0]["step"]) for row in rows]
        note = f"{what}, {result['rounds']} rounds, {result['clock']} clock."
        publish("musicgen speed", HEADERS, timed, note, result=result, out=out, docs=docs)
    if "memory" in tables:
        publish("musicgen memory", MEMORY, list(map(memory, rows)), f"{what}.", result=result, out=out, docs=docs)


if __name__ == "__main__":
    cyclopts.run(main)
