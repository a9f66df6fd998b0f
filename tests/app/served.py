"""A command of songloom that serves a page, as a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from pathlib import Path


class Served:
    """`songloom WORDS` in a folder; `url` is the address that it printed."""

    def __init__(self, folder: Path, *words: object) -> None:
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
        self._rest = threading.Thread(target=self.process.stdout.read)  # what it says later must not make it wait
        self._rest.start()

    @property
    def port(self) -> int:
        return int(self.url.rstrip("/").rpartition(":")[2])

    def kill(self) -> None:
        """kill -9: no chance to put anything in order."""
        self.process.kill()
        self.process.wait()
        self._rest.join()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
