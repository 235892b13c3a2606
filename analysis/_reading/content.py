"""What is in a file of results: maybe hundreds of megabytes, which are never copied."""

from __future__ import annotations

import contextlib
import mmap
import os
import re
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

Content: TypeAlias = bytes | memoryview

_NOT_SPACE = re.compile(rb"\S")
_LARGE = 16 * 2**20


def content_of(path: Path) -> Content:
    """Read a file.

    Raises
    ------
    OSError, ValueError : it can't be read.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size < _LARGE:
            return file.read()
        # What the system keeps of the file anyway: as much memory again takes longer to get than to read the file.
        with contextlib.suppress(OSError):  # there are file systems that cannot
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        return file.read()


def first_sign(data: Content) -> bytes:
    """Return the first byte that is no space, nothing where there is none."""
    start = _NOT_SPACE.search(data)
    return b"" if start is None else bytes(start.group())


def has_nulls(data: Content) -> bool:
    """Whether there is a null byte."""
    return not np.frombuffer(data, dtype=np.uint8).all()


def is_ascii(data: Content) -> bool:
    """Whether there is nothing but ASCII."""
    return bool(np.frombuffer(data, dtype=np.int8).min(initial=0) >= 0)
