"""`songloom codecs`: every codec that there is, in numbers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from songloom.systems.roles import Codec

COLUMNS = ("codec", "kHz", "ch", "frames/s", "streams", "kbps", "sees, s", "weights")
CAPTION = "* is embedded. Sees: seconds on either side that a frame depends on, encoding/decoding."


def codecs(*, json_line: Annotated[bool, Parameter(name="--json", negative="")] = False) -> None:
    """All codecs: sample rate, channels, frame rate, streams, bitrates, receptive field, parameters.

    Parameters
    ----------
    json_line:
        Print JSON instead of a table.
    """
    rows = table()
    if json_line:
        print(json.dumps(rows))
        return
    # Names are never cut: a command line takes them.
    shown = Table(box=None, collapse_padding=True, pad_edge=False, caption=CAPTION)
    for column in COLUMNS:
        shown.add_column(column, no_wrap=True)
    for row in rows:
        sees = [row["encoder_seconds"], row["decoder_seconds"]]
        shown.add_row(
            row["name"] + ("*" if row["embedded"] else ""),
            f"{row['sample_rate'] / 1000:g}",
            str(row["channels"]),
            f"{row['frame_rate']:.4g}",
            f"{row['streams']}x{row['codebook_size']}" if row["streams"] else "-",
            span(row["bitrates"]),
            "/".join("all" if seconds is None else f"{seconds:.2g}" for seconds in sees),
            f"{row['parameters'] / 1e6:.1f} M",
        )
    Console().print(shown)


def span(bitrates: list[float]) -> str:
    """The lowest and the highest bitrate; a codec without codes has none."""
    ends = dict.fromkeys((min(bitrates), max(bitrates))) if bitrates else {}
    return "-".join(f"{rate:.2g}" for rate in ends) or "-"


def table() -> list[dict[str, Any]]:
    """One row for each preset of each codec; nothing is loaded, and no weights are made."""
    import torch

    from songloom.systems import registry
    from songloom.systems.roles import Codec

    shipped, rows = registry.embedded(), []
    for kind, cls in registry.system_classes().items():
        for name, settings in cls.presets().items() if issubclass(cls, Codec) else ():
            with torch.device("meta"), no_numbers():
                codec: Codec = settings.build()
            rows.append({"name": name, "kind": kind, "embedded": name in shipped, **numbers(codec)})
    return rows


def numbers(codec: Codec) -> dict[str, Any]:
    """What a codec's settings decide. Bitrates are those that it was made for, or those of one and of all streams, in
    kbps; seconds are None where a frame depends on all of them."""
    made_for = getattr(codec.config, "bitrates", None)
    every = [codec.bitrate(count) for count in sorted({1, codec.streams})] if codec.streams else []
    seconds = {
        f"{name}_seconds": None if frames is None else frames / codec.frame_rate
        for name, frames in (("encoder", codec.encoder_context), ("decoder", codec.decoder_context))
    }
    return {
        "sample_rate": codec.sample_rate,
        "channels": codec.channels,
        "frame_rate": codec.frame_rate,
        "streams": codec.streams,
        "codebook_size": codec.codebook_size,
        "bitrates": list(made_for or every),
        **seconds,
        "parameters": sum(parameter.numel() for parameter in codec.parameters()),
    }


def no_numbers() -> Any:
    """A context in which layers are not filled with random numbers: only shapes matter."""
    from torch.overrides import TorchFunctionMode

    class NoNumbers(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func.__name__ in {"normal_", "uniform_", "trunc_normal_", "kaiming_uniform_", "orthogonal_"}:
                return (args or tuple((kwargs or {}).values()))[0]
            return func(*args, **(kwargs or {}))

    return NoNumbers()
