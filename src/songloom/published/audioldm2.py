"""AudioLDM 2's published checkpoints in diffusers' layout: a folder for each part of the pipeline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from songloom.loading import without_memory
from songloom.published import clap_text, gpt2, mel_vae, t5, tokenizers, unet
from songloom.published.files import Files, read_json, read_tensors
from songloom.published.keys import Rule, prefixed, renamed
from songloom.published.mel_pipeline import INDEX, assembled, is_pipeline, part_class, process
from songloom.systems.generators.audioldm2 import AudioLdm2

WHOLE = True
"""The codec that lies in these folders is known to its own family too; the whole model goes before."""
PROJECTION: list[Rule] = [
    (r"projection\.(.+)", r"marked_sentence.project.\1"),
    (r"projection_1\.(.+)", r"marked_words.project.\1"),
    (r"sos_embed", "marked_sentence.begin"),
    (r"eos_embed", "marked_sentence.end"),
    (r"sos_embed_1", "marked_words.begin"),
    (r"eos_embed_1", "marked_words.end"),
]


def recognises(files: Files) -> bool:
    """Whether the folder is an AudioLDM 2."""
    return is_pipeline(files, "AudioLDM2Pipeline")


def load(path: Path) -> AudioLdm2:
    """The generator of a folder. Raises ValueError when settings or tensors do not fit, and for the kind that speaks:
    it reads phonemes."""
    index = read_json(path / INDEX)
    if part_class(index, "text_encoder_2") != "T5EncoderModel":
        raise ValueError(f"{path} reads its words by {part_class(index, 'text_encoder_2')}; only T5 is known here")
    codec = mel_vae.load(path)
    sentence = clap_text.load(path / "text_encoder", path / "tokenizer")
    form = t5.settings_of_hub(read_json(path / "text_encoder_2" / "config.json"))
    form = replace(form, longest=tokenizers.longest_of(path / "tokenizer_2"))
    words = t5.from_tensors(read_tensors(path / "text_encoder_2"), form, path / "tokenizer_2", str(path))
    language = read_json(path / "language_model" / "config.json")
    shape = unet.settings(read_json(path / "unet" / "config.json"), str(path / "unet"))
    settings = AudioLdm2.Config(
        codec=codec.config,
        process=process(path),
        sentence=sentence.config,
        words=words.config,
        language=gpt2.settings(language, str(path / "language_model")),
        said=int(language.get("max_new_tokens") or 8),
        shape=shape,
    )
    own = prefixed("unet", unet.tensors(path / "unet", shape))
    own |= prefixed("language", gpt2.tensors(path / "language_model"))
    own |= renamed(read_tensors(path / "projection_model"), PROJECTION, source=str(path / "projection_model"))
    with without_memory():
        system = AudioLdm2(settings)
    return assembled(system, own, {"codec": codec, "sentence": sentence, "words": words}, str(path))
