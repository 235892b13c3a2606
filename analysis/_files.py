"""Files, written whole or not at all: a reader sees the old one or the new one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Put a new file in the place of the old one once it is whole.

    Raises
    ------
    OSError : it can't be written; the old one is as it was, and nothing else is left behind.
    """
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(draft).chmod(0o644)  # a temporary file is its owner's alone
        Path(draft).replace(path)
    finally:
        Path(draft).unlink(missing_ok=True)
