"""The real soundfile, but for files that hold a word: these do to their decoder what a hostile file would."""

import os
import signal
import sys
import time
from pathlib import Path

HERE = str(Path(__file__).parent)
sys.path.remove(HERE)
del sys.modules["soundfile"]
import soundfile as real  # noqa: E402

sys.path.insert(0, HERE)
NAMED = real.SoundFile.__init__


def attacked(self, file, *more, **settings):
    if isinstance(file, str | os.PathLike) and Path(file).is_file():
        start = Path(file).read_bytes()[:100]
        if b"KILLS" in start:
            os.kill(os.getpid(), signal.SIGSEGV)
        if b"HOLDS" in start:
            time.sleep(1000)
        if b"SPINS" in start:
            while True:
                pass
        if b"EATS" in start:
            bytearray(1 << 40)
    NAMED(self, file, *more, **settings)


real.SoundFile.__init__ = attacked
