"""A loop through a codec and back is a loop: it is coded with what goes before and after it, which is itself."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from songloom.audio.loops import looped
from songloom.systems.roles import FADE_SECONDS, Codec

SETTLING_SECONDS = 2.0
"""Before a loop, for codecs that see without bounds: their memory, or their phases, settle in this time."""


@torch.no_grad()
def recoded(codec: Codec, wave: Tensor, *, streams: int | None = None) -> Tensor:
    """A loop [C, T] as the codec hears it: tokenised as if it went round for ever and decoded so, [C, T]. Raises
    ValueError for a wave that the codec does not take."""
    codec.check_wave(wave[None])
    samples = wave.shape[-1]
    fade = min(round(FADE_SECONDS * codec.sample_rate), samples)
    reach = _reach(codec, codec.encoder_context) + _reach(codec, codec.decoder_context)
    lead = math.ceil((reach + fade) / codec.hop_length) * codec.hop_length
    round_and_round = torch.arange(-lead, samples + reach, device=wave.device) % samples
    codes = codec.tokenize_stream([wave[None, :, round_and_round]], streams=streams)
    made = torch.cat(list(codec.detokenize_stream(codes)), dim=-1)[..., : lead + samples]
    return torch.cat(list(looped([made], lead, samples, fade)), dim=-1)[0]


def _reach(codec: Codec, context: int | None) -> int:
    """The samples that so many frames hold."""
    return round(SETTLING_SECONDS * codec.sample_rate) if context is None else context * codec.hop_length
