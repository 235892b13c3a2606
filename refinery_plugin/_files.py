"""Writing files so that a kill or a full disk never leaves half of one."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError

if TYPE_CHECKING:
    from collections.abc import Mapping


class FileError(RefineryError):
    """A file could not be written."""


def write_atomically(path: Path, data: bytes) -> None:
    """Write a whole file or leave the old one as it is; a file that already holds the data is not touched.

    Raises
    ------
    FileError : with the path and the reason, such as a full disk.
    """
    try:
        if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(path, data)
    except OSError as exc:
        raise FileError(
            f"{path} could not be written: {exc.strerror or exc}; nothing that was there is lost"
        ) from exc


def replace_whole(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Put a new file in the place of the old one, once it is whole and on disk.

    Raises
    ------
    OSError : with the old file as it was.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)  # noqa: PTH101 - mkstemp makes 0600, but results are there to be shared
        os.replace(temporary, path)  # noqa: PTH105
        _sync_directory(path.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync_directory(directory: Path) -> None:
    # A new name is on disk only when its directory is.
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, document: Mapping[str, object]) -> None:
    """Write a JSON document for people and programs: indented, in the order given, UTF-8."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomically(path, text.encode("utf-8", "replace"))
