"""A command of songloom that serves a page, as a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path


def own_host() -> str:
    """An address of this machine at which no other process takes a port that became free for a while."""
    high, low = divmod(os.getpid(), 256)
    return f"127.{1 + high // 256}.{high % 256}.{low}" if sys.platform == "linux" else "127.0.0.1"


class Served:
    """`songloom WORDS` in a folder; `url` is the address that it printed."""

    def __init__(self, folder: Path, *words: object) -> None:
        self._folder = folder
        command = [sys.executable, "-m", "songloom.app.cli", *map(str, words)]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        self.said, found = "", None
        for line in self.process.stdout:
            self.said += line
            found = re.search(r"http://\S+/", line)
            if found:
                break
        assert found, self.said
        self.url = found[0]
        threading.Thread(target=self._hear, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.url.rstrip("/").rpartition(":")[2])

    @property
    def kept(self) -> Path:
        """The folder of its jobs."""
        return self._folder / "served"

    def kill(self) -> None:
        """kill -9: no chance to put anything in order."""
        self.process.kill()
        self.process.wait()

    def _hear(self) -> None:
        """Whatever it says later: a pipe that is full would make it wait."""
        assert self.process.stdout is not None
        with self.process.stdout as rest:
            for line in rest:
                self.said += line

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
