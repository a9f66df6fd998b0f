"""A client of `songloom serve`, with nothing but Python's own library.

client = Client("http://127.0.0.1:8766", token="...")
job = client.generate("warm lo-fi piano", seconds=20, progress=print)
Path("rain.flac").write_bytes(client.result(job["id"]))
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib import error, parse, request


class Client:
    """A server by its address. Raises ValueError with its words for what it refuses, OSError where there is none."""

    def __init__(self, url: str, token: str | None = None, *, timeout: float = 600.0) -> None:
        self.url, self.timeout = url.rstrip("/"), timeout
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def generate(
        self, prompt: str, *, progress: Callable[[float], Any] = lambda _: None, **wish: Any
    ) -> dict[str, Any]:
        """The job, once its music is made; `wish` has fields of POST /v1/jobs. Raises RuntimeError when it fails."""
        job = queued = self.ask("POST", "/v1/jobs", {"prompt": prompt, **wish})
        for job in self.events(queued["id"]):
            progress(job["progress"])
        if job["state"] != "done":
            raise RuntimeError(f"job {job['id']} is {job['state']}: {job['error'] or 'its events broke off'}")
        return dict(job)

    def events(self, identity: str) -> Iterator[dict[str, Any]]:
        """A job whenever it has changed, until it has ended."""
        with self.open("GET", f"/v1/jobs/{identity}/events") as answer:
            yield from (json.loads(line[5:]) for line in answer if line.startswith(b"data:"))

    def stream(self, prompt: str, kind: str = "wav", **wish: Any) -> Iterator[bytes]:
        """The bytes of a WAV, or a FLAC, while it is made; to stop listening ends the job."""
        with self.open("POST", "/v1/stream", {"prompt": prompt, **wish}, format=kind) as answer:
            yield from iter(lambda: answer.read1(1 << 16), b"")

    def result(self, identity: str, number: int = 1, kind: str = "flac") -> bytes:
        """A result of a job as a file's bytes: wav, flac or mp3."""
        return bytes(self.ask("GET", f"/v1/jobs/{identity}/results/{number}", format=kind))

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Any route, with JSON or the bytes of a file in and out, as ask("POST", "/v1/tag", sound, top=5)."""
        with self.open(method, path, body, **query) as answer:
            content = answer.read()
            return json.loads(content) if answer.headers.get_content_type() == "application/json" else content

    @contextmanager
    def open(self, method: str, path: str, body: Any = None, **query: Any) -> Iterator[HTTPResponse]:
        """The same, with the answer open for reading."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        url = f"{self.url}{path}?{parse.urlencode(query, doseq=True)}".rstrip("?")
        try:
            asked = request.Request(url, data, self.headers | {"Content-Type": kind}, method=method)
            with request.urlopen(asked, timeout=self.timeout) as answer:
                if answer.headers.get_content_type() == "text/html" and query.get("format") != "html":
                    raise ValueError(f"{answer.status}: a page came instead of an answer: {answer.read(100)!r}")
                yield answer
        except error.HTTPError as refused:
            said = refused.read().decode(errors="replace") or refused.reason
            with suppress(ValueError, LookupError, TypeError):  # unless something else than songloom answered
                said = json.loads(said)["detail"]
            raise ValueError(f"{refused.code}: {' '.join(str(said).split())[:300]}") from None
        except HTTPException as broken:
            raise OSError(f"{self.url} broke off: {type(broken).__name__}") from None
