"""A client of `songloom serve`, with nothing but Python's own library.

client = Client("http://127.0.0.1:8766", token="...")
job = client.generate("warm lo-fi piano", seconds=20, progress=print)
Path("rain.flac").write_bytes(client.result(job["id"]))
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen


class Client:
    """A server by its address. Raises ValueError with the server's words for what it refuses, OSError where there is
    no server."""

    def __init__(self, url: str, token: str | None = None, *, timeout: float = 600.0) -> None:
        self.url, self.timeout = url.rstrip("/"), timeout
        self.headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def models(self) -> list[dict[str, Any]]:
        """The models, and the controls that each uses."""
        return list(self.ask("GET", "/v1/models"))

    def generate(self, prompt: str, *, progress: Callable[[float], None] | None = None, **wish: Any) -> dict[str, Any]:
        """Makes music and gives the job once it is done; `wish` has the fields of POST /v1/jobs. Raises RuntimeError
        when it fails."""
        queued = job = self.ask("POST", "/v1/jobs", {"prompt": prompt, **wish})
        for job in self.events(queued["id"]):
            if progress:
                progress(job["progress"])
        if job["state"] != "done":
            raise RuntimeError(f"job {job['id']} {job['state']}: {job['error']}")
        return dict(job)

    def events(self, identity: str) -> Iterator[dict[str, Any]]:
        """A job whenever it has changed, until it has ended."""
        with self.open("GET", f"/v1/jobs/{identity}/events") as answer:
            yield from (json.loads(line[5:]) for line in answer if line.startswith(b"data:"))

    def stream(self, prompt: str, kind: str = "wav", **wish: Any) -> Iterator[bytes]:
        """The bytes of a WAV, or a FLAC, while it is made; to stop listening ends the job."""
        with self.open("POST", f"/v1/stream?format={kind}", json.dumps({"prompt": prompt, **wish}).encode()) as answer:
            while data := answer.read1(1 << 16):
                yield data

    def result(self, identity: str, number: int = 1, kind: str = "flac") -> bytes:
        """A result of a job as a file's bytes: wav, flac or mp3."""
        return bytes(self.ask("GET", f"/v1/jobs/{identity}/results/{number}?{urlencode({'format': kind})}"))

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """One request: JSON, or the bytes of a file, in and out; as ask("POST", "/v1/tag", sound, top=5)."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        with self.open(method, path + (f"?{urlencode(query, doseq=True)}" if query else ""), data) as answer:
            content = answer.read()
            return json.loads(content) if answer.headers.get_content_type() == "application/json" else content

    def open(self, method: str, path: str, data: bytes | None = None) -> HTTPResponse:
        """The answer to a request, open for reading."""
        kind = "application/json" if data is None or data[:1] in (b"{", b"[") else "application/octet-stream"
        headers = self.headers | {"Content-Type": kind}
        try:
            return urlopen(Request(self.url + path, data, headers, method=method), timeout=self.timeout)
        except HTTPError as error:
            raise ValueError(f"{error.code}: {json.loads(error.read() or b'{}').get('detail', error.reason)}") from None
