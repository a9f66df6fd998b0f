"""A wav of unknown length, written as it is made: for pipes, players and long renders."""

from __future__ import annotations

import struct
from types import TracebackType
from typing import BinaryIO

import torch
from torch import Tensor

UNKNOWN = 0xFFFF_FFFF
HEADER_BYTES = 44


def wav_header(sample_rate: int, channels: int, data_bytes: int | None = None) -> bytes:
    """The 44 bytes in front of 16-bit samples; with no `data_bytes` the lengths say "until the end"."""
    if sample_rate <= 0 or not 1 <= channels <= 255:
        raise ValueError(f"{channels} channels at {sample_rate} Hz; needs 1..255 channels and a rate above 0")
    data = UNKNOWN if data_bytes is None else min(data_bytes, UNKNOWN)
    riff = min(data + HEADER_BYTES - 8, UNKNOWN)
    layout = struct.pack("<IHHIIHH", 16, 1, channels, sample_rate, sample_rate * channels * 2, channels * 2, 16)
    return b"RIFF" + struct.pack("<I", riff) + b"WAVEfmt " + layout + b"data" + struct.pack("<I", data)


def pcm16(wave: Tensor) -> bytes:
    """Interleaved little-endian 16-bit samples of a wave [C, T]; what is beyond [-1, 1] is clipped."""
    scaled = (wave.detach().to("cpu", torch.float32).clamp(-1, 1) * 32767).round().to(torch.int16)
    return scaled.T.contiguous().numpy().astype("<i2").tobytes()


class WavStream:
    """Writes the header at once and every piece as it comes; where the file can seek, closing corrects the
    lengths. The file stays the caller's to close."""

    def __init__(self, file: BinaryIO, sample_rate: int, channels: int) -> None:
        self.file, self.sample_rate, self.channels = file, sample_rate, channels
        self.data_bytes = 0
        file.write(wav_header(sample_rate, channels))
        file.flush()

    def write(self, wave: Tensor) -> None:
        """Add a piece [C, T] in [-1, 1]."""
        if wave.ndim != 2 or wave.shape[0] != self.channels:
            raise ValueError(f"the piece is {tuple(wave.shape)}; this stream takes [{self.channels}, T]")
        samples = pcm16(wave)
        self.file.write(samples)
        self.file.flush()
        self.data_bytes += len(samples)

    def close(self) -> None:
        """Put the true lengths into the header, where that is possible."""
        if self.file.seekable():
            end = self.file.tell()
            self.file.seek(end - self.data_bytes - HEADER_BYTES)
            self.file.write(wav_header(self.sample_rate, self.channels, self.data_bytes))
            self.file.seek(end)
        self.file.flush()

    def __enter__(self) -> WavStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
