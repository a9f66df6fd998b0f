"""CLAP by Microsoft: `CLAP_weights_2022.pth` (CNN14 and BERT) and `CLAP_weights_2023.pth` (HTS-AT and GPT-2).

A file holds the state of the model under "model"; sizes are read off the shapes. It has no tokenizer; BERT's or GPT-2's
is taken from beside the file or from the hub's cache, and without one only music can be embedded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from tokenizers import Tokenizer
from torch import Tensor

from songloom.conditioning.bert_text import BertText
from songloom.conditioning.gpt2_text import Gpt2Text
from songloom.layers.decibel_mel import DecibelScale
from songloom.layers.gpt2 import Gpt2Shape
from songloom.loading import without_memory
from songloom.published import bert, cnn14, gpt2, htsat, tokenizers
from songloom.published.files import Files, read_pickle, read_tensors
from songloom.published.keys import Rule, assign, prefixed, renamed, taken
from songloom.published.spectrum import check_spectrum
from songloom.systems.embedders.microsoft_clap import MicrosoftClap, first

STATE = "model"
AUDIO, TEXT = "audio_encoder.base.", "caption_encoder.base."
HTSAT = AUDIO + "htsat."
HEAD_WIDTH = 64
"""Of both text towers: the number of heads is in no shape."""
BERT_CACHED = ("google-bert/bert-base-uncased", "bert-base-uncased")
GPT2_CACHED = ("openai-community/gpt2", "gpt2")
OTHERS: list[Rule] = [
    (r"logit_scale", "steepness"),
    *(
        rule
        for theirs, ours in (("audio_encoder", "project_audio"), ("caption_encoder", "project_text"))
        for rule in (
            (rf"{theirs}\.projection\.linear1\.weight", f"{ours}.enter.weight"),
            (rf"{theirs}\.projection\.linear2\.weight", f"{ours}.leave.weight"),
            (rf"{theirs}\.projection\.layer_norm\.(.+)", rf"{ours}.norm.\1"),
        )
    ),
]
JOINT = "caption_encoder.projection.linear1.weight"


class Found(NamedTuple):
    """What a file says: settings, the tokenizer beside it (or nothing), and its tensors under our names."""

    settings: MicrosoftClap.Config
    tokenizer: bytes
    tensors: dict[str, Tensor]


def recognises(files: Files) -> bool:
    """Whether the file is of this family."""
    if files.config or files.path.is_dir() or STATE not in files.keys or files.path.suffix == ".safetensors":
        return False
    state = read_pickle(files.path)[STATE]
    return isinstance(state, Mapping) and any(str(name).startswith(TEXT) for name in state)


def load(path: Path) -> MicrosoftClap:
    """The embedder of a published file. Raises ValueError when anything is missing, unknown or misshaped."""
    tensors = read_tensors(path, inside=STATE)
    later = any(name.startswith(HTSAT) for name in tensors)
    found = of_2023(tensors, path) if later else of_2022(tensors, path)
    with without_memory():
        system = MicrosoftClap(found.settings)
    assign(system, found.tensors | {"text.tokenizer": tokenizers.as_tensor(found.tokenizer)}, source=str(path))
    return system.eval()


def of_2022(tensors: Mapping[str, Tensor], path: Path) -> Found:
    """A file with CNN14 and BERT."""
    source, tokenizer = str(path), tokenizers.found(path.parent, *BERT_CACHED)
    shape = replace(cnn14.shape_of(tensors, AUDIO, source), classes=0)
    text, width = bert_of(tensors, len(tokenizer), source)
    mel = replace(first().mel, bands=shape.bands)
    check_spectrum(tensors, AUDIO, mel, source)
    own = dict(tensors)
    bert.joined_heads(own, r"caption_encoder\.base\.", source)
    rules = [
        *cnn14.rules(r"audio_encoder\.base\.", "audio.", shape),
        *bert.rules(r"caption_encoder\.base\.", "text.encoder."),
        (r"caption_encoder\.base\.pooler\..+", None),
        *OTHERS,
    ]
    own = renamed(own, rules, source=source)
    bert.fitted(own, "text.encoder.", first=0)
    return Found(replace(first(), audio=shape, mel=mel, text=text, width=width), tokenizer, own)


def of_2023(tensors: Mapping[str, Tensor], path: Path) -> Found:
    """A file with HTS-AT and GPT-2."""
    source, tokenizer = str(path), padding_apart(tokenizers.found(path.parent, *GPT2_CACHED))
    shape = htsat.shape_of(tensors, HTSAT, source)
    text, width = gpt2_of(tensors, len(tokenizer), source)
    mel = DecibelScale(bands=shape.bands)
    check_spectrum(tensors, HTSAT, mel, source)
    own = dict(tensors)
    reads = taken(own, TEXT)
    words = {"text.words": reads.pop("wte.weight")}
    own = renamed(own, [*htsat.rules(r"audio_encoder\.base\.htsat\.", "audio."), *OTHERS], source=source)
    own |= words | prefixed("text.language", gpt2.from_tensors(reads, source))
    return Found(MicrosoftClap.Config(audio=shape, mel=mel, text=text, width=width), tokenizer, own)


def bert_of(tensors: Mapping[str, Tensor], size: int, source: str) -> tuple[BertText.Config, int]:
    """The text tower's size by its shapes, and the width of the space."""
    try:
        vocabulary, width = tensors[TEXT + "embeddings.word_embeddings.weight"].shape
        positions = len(tensors[TEXT + "embeddings.position_embeddings.weight"])
        config = BertText.Config(
            vocabulary=vocabulary,
            size=width,
            depth=bert.layers(tensors, re.escape(TEXT) + r"encoder\.layer\.(\d+)\."),
            heads=max(1, width // HEAD_WIDTH),
            hidden=len(tensors[TEXT + "encoder.layer.0.intermediate.dense.weight"]),
            positions=positions,
            longest=min(100, positions),
            tokenizer_bytes=size,
        )
        return config, len(tensors[JOINT])
    except KeyError as error:
        raise ValueError(f"{source} is no CLAP with a BERT: it lacks {error.args[0]}") from None


def gpt2_of(tensors: Mapping[str, Tensor], size: int, source: str) -> tuple[Gpt2Text.Config, int]:
    """The text tower's size by its shapes, and the width of the space."""
    try:
        vocabulary, width = tensors[TEXT + "wte.weight"].shape
        shape = Gpt2Shape(
            width=width,
            depth=bert.layers(tensors, re.escape(TEXT) + r"h\.(\d+)\."),
            heads=max(1, width // HEAD_WIDTH),
            hidden=tensors[TEXT + "h.0.mlp.c_fc.weight"].shape[1],
            positions=len(tensors[TEXT + "wpe.weight"]),
        )
        longest = min(77, shape.positions)
        config = Gpt2Text.Config(vocabulary=vocabulary, shape=shape, longest=longest, tokenizer_bytes=size)
        return config, len(tensors[JOINT])
    except KeyError as error:
        raise ValueError(f"{source} is no CLAP with a GPT-2: it lacks {error.args[0]}") from None


def padding_apart(data: bytes) -> bytes:
    """GPT-2's tokenizer with "!" as a token that joins no other: Microsoft pads with it."""
    if not data:
        return data
    tokenizer = Tokenizer.from_str(data.decode())
    tokenizer.add_special_tokens(["!"])
    return tokenizer.to_str().encode()
