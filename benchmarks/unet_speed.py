"""How fast AudioLDM 2's U-Net denoises beside diffusers', at its published size, on the same weights.

    python benchmarks/unet_speed.py --threads 2 --frames 256 --docs docs/stable-audio.md

One step is one call of the network under guidance: two halves, 8 vectors of the language model and 20 words. Both run
in one process in turns, and medians count. diffusers computes in float32. The error is the ratio of signal to
difference from it, in decibels. Weights are random, of the size that keeps signals.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import cyclopts
import torch
from cyclopts import Parameter
from diffusers.pipelines.audioldm2.modeling_audioldm2 import AudioLDM2UNet2DConditionModel
from diffusion_speed import decibels, raced, stirred
from figures import publish
from machine import machine
from rich.console import Console
from torch import Tensor

from songloom.diffusion.latent_diffusion import Predict, guided
from songloom.layers.unet import Unet, UnetShape
from songloom.published.unet import of_published

HEADERS = ["frames", "precision", "diffusers, s a step", "songloom, s a step", "times as fast", "one step, dB"]
ROWS, CHANNELS, GUIDANCE = 16, 8, 3.5
DOWN, UP = ("DownBlock2D", "CrossAttnDownBlock2D"), ("UpBlock2D", "CrossAttnUpBlock2D")


def main(
    *,
    frames: Annotated[tuple[int, ...], Parameter(consume_multiple=True)] = (256,),
    precisions: Annotated[tuple[Literal["float32", "bfloat16"], ...], Parameter(consume_multiple=True)] = (
        "float32",
        "bfloat16",
    ),
    threads: int = 2,
    rounds: int = 5,
    width: int = 128,
    out: Path | None = None,
    docs: Path | None = None,
) -> None:
    """Time the denoising of AudioLDM 2 beside diffusers.

    Parameters
    ----------
    frames:
        Latent frames: 256 are 10.24 s.
    precisions:
        Of our network.
    threads:
        Of torch, for both.
    rounds:
        How often each is run; medians count.
    width:
        Of the finest level; 128 is published.
    out:
        A JSON file for all figures.
    docs:
        A document with the markers of this table, to be filled in.
    """
    if min(*frames, rounds, threads, width) < 1:
        raise ValueError(f"frames {frames}, rounds {rounds}, threads {threads}, width {width} must be 1 or more")
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    shape = UnetShape(widths=(width, 2 * width, 3 * width, 5 * width))
    with torch.inference_mode():
        theirs, words = reference(shape), (torch.randn(2, 8, 768), torch.randn(2, 20, 1024))
        rows = list(compared(theirs, shape, words, frames, precisions, rounds))
    how: dict[str, Any] = {"machine": machine(), "threads": threads, "rounds": rounds, "width": width, "rows": rows}
    where = how["machine"]
    count = "1 thread" if threads == 1 else f"{threads} threads"
    note = f"{where['cpu']}, torch {where['torch']}, {count}, width {width}; medians of rounds: {rounds}."
    publish("unet speed", HEADERS, [line(row) for row in rows], note, result=how, out=out, docs=docs)


def reference(shape: UnetShape) -> Any:
    """diffusers' network of a shape."""
    model = AudioLDM2UNet2DConditionModel(
        in_channels=CHANNELS,
        out_channels=CHANNELS,
        block_out_channels=shape.widths,
        down_block_types=tuple(DOWN[attended] for attended in shape.attended),
        up_block_types=tuple(UP[attended] for attended in reversed(shape.attended)),
        attention_head_dim=shape.heads,
        cross_attention_dim=[[width or None for width in shape.attends]] * len(shape.widths),
    )
    return stirred(model)


def compared(
    theirs: Any,
    shape: UnetShape,
    words: tuple[Tensor, Tensor],
    frames: tuple[int, ...],
    precisions: tuple[Literal["float32", "bfloat16"], ...],
    rounds: int,
) -> Iterator[dict[str, Any]]:
    """A row for each precision and number of frames."""
    exact = guided(
        lambda x, time: theirs(x, time, encoder_hidden_states=words[0], encoder_hidden_states_1=words[1]).sample,
        GUIDANCE,
    )
    moment = torch.tensor(500.0)
    for precision in precisions:
        network = ours(theirs, shape, words, precision)
        for count in frames:
            noise = torch.randn(1, CHANNELS, count, ROWS, generator=torch.Generator().manual_seed(count))
            slow, fast = raced([exact, network], noise, moment, rounds, first=noise)
            row = {"frames": count, "precision": precision, "diffusers": slow.seconds, "songloom": fast.seconds}
            row["decibels"] = decibels(slow.made, fast.made)
            Console(stderr=True).print(*line(row))
            yield row


def ours(
    theirs: Any, shape: UnetShape, words: tuple[Tensor, Tensor], precision: Literal["float32", "bfloat16"]
) -> Predict:
    """Our network on the same weights, made fast."""
    unet = Unet(shape, CHANNELS).eval()
    unet.load_state_dict(of_published(theirs.state_dict(), shape))
    unet.pack(precision)
    given = unet.given([(part, None) for part in words])
    return guided(lambda x, time: unet(x, time, given), GUIDANCE)


def line(row: dict[str, Any]) -> list[str]:
    """A row of the table."""
    slow, fast = row["diffusers"], row["songloom"]
    figures = [f"{slow:.2f}", f"{fast:.2f}", f"{slow / fast:.2f}", f"{row['decibels']:.1f}"]
    return [str(row["frames"]), row["precision"], *figures]


if __name__ == "__main__":
    cyclopts.run(main)
