"""The type of the `run` fixture: words in; exit code, standard output and error output out."""

from collections.abc import Callable

Run = Callable[..., tuple[int, str, str]]
