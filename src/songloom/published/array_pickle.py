"""A dictionary with arrays out of a Python pickle, without running it.

A pickle is a program that may call any function. The machine here goes through such a program and knows only
what a dictionary of texts, numbers and a few kinds of numpy arrays needs. A name of anything else is an error,
and no name is ever looked up or called: the four that are allowed stand for themselves.
"""

from __future__ import annotations

import math
import pickletools
from collections.abc import Callable
from enum import Enum
from typing import Any

import numpy as np

DTYPES = {"u2": np.dtype("<u2"), "f4": np.dtype("<f4"), "O8": np.dtype("O")}
"""The kinds of arrays: whole numbers of 16 bits, float32, and an array of one object."""
MARK = object()


class Name(Enum):
    """The only names that may stand in the file."""

    RECONSTRUCT = "_reconstruct"
    NDARRAY = "ndarray"
    DTYPE = "dtype"


NAMES = {
    ("numpy.core.multiarray", "_reconstruct"): Name.RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): Name.RECONSTRUCT,
    ("numpy", "ndarray"): Name.NDARRAY,
    ("numpy", "dtype"): Name.DTYPE,
}


def unpickled(data: bytes) -> Any:
    """What a pickle describes: a text, number, list, tuple, dictionary or Array. Raises ValueError for every
    pickle that needs more."""
    machine = _Machine()
    for operation, argument, _ in pickletools.genops(data):
        if operation.name == "STOP":
            break
        if operation.name in VALUES:
            machine.stack.append(argument)
        elif operation.name in OPERATIONS:
            OPERATIONS[operation.name](machine, argument)
        elif operation.name not in NOTHING:
            raise ValueError(f"its pickle has the operation {operation.name}, which no such file needs")
    return machine.pop()


class Kind:
    """A data type that the file describes; its state says the byte order."""

    def __init__(self, code: Any) -> None:
        if not isinstance(code, str) or code not in DTYPES:
            raise ValueError("it holds an array of another kind")
        self.dtype = DTYPES[code]

    def build(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) < 2 or state[1] not in ("<", "|"):
            raise ValueError("an array's byte order is not known")


class Array:
    """An array that the file describes; its state fills it: `value` is a numpy array, or the one object."""

    def __init__(self) -> None:
        self.value: Any = None

    def build(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) != 5 or not isinstance(state[2], Kind):
            raise ValueError("an array is not described as numpy does")
        _, shape, kind, fortran, data = state
        if not isinstance(shape, tuple) or len(shape) > 8 or not all(type(n) is int and 0 <= n < 2**40 for n in shape):
            raise ValueError("an array has no proper shape")
        if kind.dtype.hasobject:
            if shape != () or not isinstance(data, list) or len(data) != 1:
                raise ValueError("an array of objects holds not exactly one")
            self.value = data[0]
        elif not isinstance(data, bytes) or len(data) != math.prod(shape) * kind.dtype.itemsize:
            raise ValueError("an array has another number of bytes than its shape")
        else:
            self.value = np.frombuffer(data, kind.dtype).reshape(shape, order="F" if fortran is True else "C")


class _Machine:
    """A stack and a memory, as the pickle protocol has them (Python's pickletools)."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memory: dict[int, Any] = {}

    def pop(self, kind: type | tuple[type, ...] = object) -> Any:
        if not self.stack or self.stack[-1] is MARK or not isinstance(self.stack[-1], kind):
            raise ValueError("its pickle is damaged")
        return self.stack.pop()

    def pop_marked(self) -> list[Any]:
        found: list[Any] = []
        while self.stack and self.stack[-1] is not MARK:
            found.append(self.stack.pop())
        if not self.stack:
            raise ValueError("its pickle is damaged")
        self.stack.pop()
        return found[::-1]

    def tuple_of(self, count: int) -> None:
        self.stack.append(tuple([self.pop() for _ in range(count)][::-1]))

    def set_items(self, items: list[Any]) -> None:
        """Keys and values in turn into the dictionary below."""
        target = self.pop(dict)
        if len(items) % 2 or not all(isinstance(key, str) for key in items[::2]):
            raise ValueError("a dictionary has keys that are no texts")
        target.update(zip(items[::2], items[1::2], strict=True))
        self.stack.append(target)

    def append_items(self, items: list[Any]) -> None:
        """Items to the list below."""
        target = self.pop(list)
        target.extend(items)
        self.stack.append(target)

    def remember(self, place: int) -> None:
        self.stack.append(self.pop())
        self.memory[place] = self.stack[-1]

    def recall(self, place: int) -> None:
        if place not in self.memory:
            raise ValueError("its pickle is damaged")
        self.stack.append(self.memory[place])

    def name(self, module: str, name: str) -> None:
        if (module, name) not in NAMES:
            raise ValueError(f"it wants to use {module:.60}.{name:.60}, which no such file needs")
        self.stack.append(NAMES[module, name])

    def name_from_stack(self) -> None:
        name, module = self.pop(str), self.pop(str)
        self.name(module, name)

    def name_from_text(self, text: str) -> None:
        module, _, name = text.partition(" ")
        self.name(module, name)

    def call(self) -> None:
        """For the two things that may be made: an empty array and a data type."""
        arguments, name = self.pop(tuple), self.pop(Name)
        if name is Name.RECONSTRUCT and arguments == (Name.NDARRAY, (0,), b"b"):
            self.stack.append(Array())
        elif name is Name.DTYPE and len(arguments) == 3:
            self.stack.append(Kind(arguments[0]))
        else:
            raise ValueError("it describes an array in an unknown way")

    def build(self) -> None:
        """The state of an array or a data type."""
        state, target = self.pop(), self.pop((Array, Kind))
        target.build(state)
        self.stack.append(target)


NOTHING = {"PROTO", "FRAME"}
VALUES = {
    *("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
    *("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    *("SHORT_BINBYTES", "BINBYTES", "BINBYTES8"),
}
"""Operations that put their argument on the stack."""
OPERATIONS: dict[str, Callable[[_Machine, Any], object]] = {
    "MARK": lambda machine, _: machine.stack.append(MARK),
    "NONE": lambda machine, _: machine.stack.append(None),
    "NEWTRUE": lambda machine, _: machine.stack.append(True),
    "NEWFALSE": lambda machine, _: machine.stack.append(False),
    "EMPTY_DICT": lambda machine, _: machine.stack.append({}),
    "EMPTY_LIST": lambda machine, _: machine.stack.append([]),
    "EMPTY_TUPLE": lambda machine, _: machine.stack.append(()),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.pop_marked())),
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "SETITEM": lambda machine, _: machine.set_items([machine.pop(), machine.pop()][::-1]),
    "SETITEMS": lambda machine, _: machine.set_items(machine.pop_marked()),
    "APPEND": lambda machine, _: machine.append_items([machine.pop()]),
    "APPENDS": lambda machine, _: machine.append_items(machine.pop_marked()),
    "MEMOIZE": lambda machine, _: machine.remember(len(machine.memory)),
    "BINPUT": lambda machine, place: machine.remember(place),
    "LONG_BINPUT": lambda machine, place: machine.remember(place),
    "BINGET": lambda machine, place: machine.recall(place),
    "LONG_BINGET": lambda machine, place: machine.recall(place),
    "GLOBAL": lambda machine, text: machine.name_from_text(text),
    "STACK_GLOBAL": lambda machine, _: machine.name_from_stack(),
    "REDUCE": lambda machine, _: machine.call(),
    "BUILD": lambda machine, _: machine.build(),
}
"""The program's operations by their names in pickletools."""
