"""The process that reads an upload: it alone lets a decoder near a stranger's bytes, and may die of them.

    python -m songloom.app.service.decoder SOURCE TARGET BOUNDS

TARGET becomes a plain WAV of 32-bit floats; on standard output stands, as JSON, what the source says of itself or what
is wrong with it. It imports neither torch nor the rest of songloom, so that it begins fast and has little to lose.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

import soundfile

BLOCK = 1 << 16
RATES = range(1000, 384_001)


def decode(source: str, target: str, bounds: dict[str, Any]) -> dict[str, Any]:
    """Decodes a sound that keeps to the bounds. Raises ValueError for what is none, or would become too large, however
    small it is now."""
    try:
        with soundfile.SoundFile(source) as sound:
            told = {"sample_rate": sound.samplerate, "channels": sound.channels, "frames": sound.frames}
            _check(sound, bounds)
            with soundfile.SoundFile(target, "w", sound.samplerate, sound.channels, "FLOAT", format="WAV") as plain:
                frames = 0
                while len(block := sound.read(BLOCK, dtype="float32", always_2d=True)):
                    frames += len(block)
                    if frames > sound.frames:
                        raise ValueError("the upload is longer than it says")
                    plain.write(block)
            if not frames:
                raise ValueError("the upload has no audio")
            return told | {"frames": frames, "format": sound.format, "subtype": sound.subtype}
    except soundfile.LibsndfileError as error:
        raise ValueError(f"the upload is not audio that can be read: {error.error_string}") from None


def _check(sound: soundfile.SoundFile, bounds: dict[str, Any]) -> None:
    channels, rate, seconds = sound.channels, sound.samplerate, sound.frames / max(1, sound.samplerate)
    if rate not in RATES or not 1 <= channels <= bounds["channels"]:
        raise ValueError(
            f"the upload has {channels} channels at {rate} Hz;"
            f" 1 to {bounds['channels']} at {RATES[0]} to {RATES[-1]} Hz are taken"
        )
    if not 0 < seconds <= bounds["seconds"]:
        raise ValueError(f"the upload has {seconds:g} s of sound; more than 0 and at most {bounds['seconds']:g}")
    if sound.frames * channels * 4 > bounds["bytes"]:
        raise ValueError(f"the upload becomes {sound.frames * channels * 4} bytes; at most {bounds['bytes']} are taken")


def main() -> None:
    """Decodes within the bounds of time, memory and disk, which the system holds it to."""
    source, target, told = sys.argv[1:]
    bounds = json.loads(told)
    for kind, most in (
        (resource.RLIMIT_CPU, bounds["work"]),
        (resource.RLIMIT_AS, bounds["memory"]),
        (resource.RLIMIT_FSIZE, bounds["bytes"] + BLOCK),
        (resource.RLIMIT_CORE, 0),
    ):
        # At the last limit of time the system kills at once; a second before it says why.
        resource.setrlimit(kind, (most, most + 1 if kind == resource.RLIMIT_CPU else most))
    try:
        answer = decode(source, target, bounds)
    except (ValueError, MemoryError) as error:
        answer = {"error": str(error) or "the upload takes more memory to decode than it may have"}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
