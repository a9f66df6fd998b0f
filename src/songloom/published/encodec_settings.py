"""What a published EnCodec is: read from a config.json of the Hub, or off the shapes of its tensors."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from songloom.bottlenecks.residual import ResidualQuantizer
from songloom.layers.conv import Padding
from songloom.layers.seanet import Seanet
from songloom.systems.codecs.encodec import Encodec
from songloom.systems.codecs.encodec_segments import EncodecSegments

PADDINGS: dict[str, Padding] = {"reflect": "reflect", "constant": "zeros", "zero": "zeros", "replicate": "replicate"}
BANDWIDTHS = (1.5, 3.0, 6.0, 12.0, 24.0)


def settings_of_hub(config: Mapping[str, Any]) -> Encodec.Config:
    """Our settings of a config.json of the Hub; what it leaves out is as in the 24 kHz model."""
    network = Seanet(
        filters=config.get("num_filters", 32),
        ratios=tuple(config.get("upsampling_ratios", (8, 5, 4, 2))),
        kernel=config.get("kernel_size", 7),
        last_kernel=config.get("last_kernel_size", 7),
        residual_kernel=config.get("residual_kernel_size", 3),
        dilations=tuple(
            config.get("dilation_growth_rate", 2) ** index for index in range(config.get("num_residual_layers", 1))
        ),
        compress=config.get("compress", 2),
        shortcut=config.get("use_conv_shortcut", True),
        lstm_layers=config.get("num_lstm_layers", 2),
        causal=config.get("use_causal_conv", True),
        padding=padding_of(config.get("pad_mode", "reflect")),
        norm="group" if config.get("norm_type") == "time_group_norm" else "none",
    )
    width, size = config.get("hidden_size", 128), config.get("codebook_size", 1024)
    if config.get("codebook_dim") not in (None, width) or config.get("trim_right_ratio", 1.0) != 1.0:
        raise ValueError("an EnCodec with codebook_dim unlike hidden_size, or trim_right_ratio unlike 1, is not known")
    rate = config.get("sampling_rate", 24_000)
    bitrates = tuple(float(bandwidth) for bandwidth in config.get("target_bandwidths", BANDWIDTHS))
    frame_rate = math.ceil(rate / network.hop_length)
    streams = int(1000 * bitrates[-1] // (frame_rate * math.ceil(math.log2(size))))
    quantizer = ResidualQuantizer.Config(streams=streams, codebook_size=size, width=width)
    whole = Encodec.Config(
        sample_rate=rate,
        channels=config.get("audio_channels", 1),
        network=network,
        quantizer=quantizer,
        bitrates=bitrates,
    )
    if config.get("normalize", False) != (config.get("chunk_length_s") is not None):
        raise ValueError("an EnCodec that normalises but has no segments, or the reverse, is not known")
    if not config.get("normalize", False):
        return whole
    return in_segments(whole, float(config["chunk_length_s"]), float(config.get("overlap") or 0.0))


def in_segments(whole: Encodec.Config, segment: float, overlap: float) -> EncodecSegments.Config:
    """The settings of a codec of the whole wave as those of one of segments."""
    return EncodecSegments.Config(
        sample_rate=whole.sample_rate,
        channels=whole.channels,
        network=whole.network,
        quantizer=whole.quantizer,
        bitrates=whole.bitrates,
        segment=segment,
        overlap=overlap,
    )


def padding_of(name: str) -> Padding:
    """Our name of a published way of padding."""
    if name not in PADDINGS:
        raise ValueError(f"padding {name!r} is not known; there are: {', '.join(PADDINGS)}")
    return PADDINGS[name]


def settings_of_shapes(tensors: Mapping[str, Tensor], text: str | None) -> Encodec.Config:
    """Our settings of tensors by the Hub's names without weight norm, and of audiocraft's own settings in YAML as
    `text`. The package's two models (no text) are known by their norm; audiocraft's are mono and not causal."""
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    try:
        network = network_of_shapes(shapes, text)
        streams = len({name.split(".")[2] for name in shapes if name.startswith("quantizer.layers.")})
        size, width = shapes["quantizer.layers.0.codebook.embed"]
        channels = shapes["encoder.layers.0.conv.weight"][1]
    except (KeyError, IndexError, ValueError, ZeroDivisionError) as error:
        raise ValueError(f"the tensors are not those of an EnCodec: {error}") from None
    rate = 24_000 if text is None else 32_000 if network.hop_length == 640 else 16_000
    if network.norm == "group":
        rate = 48_000
    rate = int(entry(text or "", "sample_rate") or rate)
    quantizer = ResidualQuantizer.Config(streams=streams, codebook_size=size, width=width)
    top = streams * math.log2(size) * rate / network.hop_length / 1000
    known = tuple(bandwidth for bandwidth in BANDWIDTHS if bandwidth <= top and text is None)
    whole = Encodec.Config(
        sample_rate=rate,
        channels=channels,
        network=network,
        quantizer=quantizer,
        bitrates=known[network.norm == "group" :] or (top,),
    )
    return in_segments(whole, 1.0, 0.01) if network.norm == "group" else whole


def network_of_shapes(shapes: Mapping[str, tuple[int, ...]], text: str | None) -> Seanet:
    """The network that has these shapes; raises KeyError where one is missing."""
    convolutions = {
        int(found[1]): shape
        for name, shape in shapes.items()
        if (found := re.fullmatch(r"encoder\.layers\.(\d+)\.conv\.weight", name))
    }
    first, *strided, last = (convolutions[index] for index in sorted(convolutions))
    units = [name for name in shapes if re.fullmatch(r"encoder\.layers\.\d+\.block\.1\.conv\.weight", name)]
    unit = shapes["encoder.layers.1.block.1.conv.weight"]
    grouped = "encoder.layers.0.norm.weight" in shapes
    return Seanet(
        filters=first[0],
        ratios=tuple(shape[2] // 2 for shape in reversed(strided)),
        kernel=first[2],
        last_kernel=last[2],
        residual_kernel=unit[2],
        dilations=tuple(2**index for index in range(len(units) // len(strided))),
        compress=unit[1] // unit[0],
        shortcut="encoder.layers.1.shortcut.conv.weight" in shapes,
        lstm_layers=sum(name.startswith("encoder.") and ".lstm.weight_hh_l" in name for name in shapes),
        causal=text is None and not grouped,
        padding=padding_of(entry(text or "", "pad_mode") or "reflect"),
        norm="group" if grouped else "none",
    )


def entry(text: str, name: str) -> str | None:
    """The value of the first line `name: value` in a text of settings."""
    found = re.search(rf"^ *{name}: *['\"]?([\w.+-]+)", text, re.MULTILINE)
    return found[1] if found else None
