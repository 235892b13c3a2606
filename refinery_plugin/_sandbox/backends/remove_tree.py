"""Remove a directory whose contents somebody hostile has made."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def remove_tree(root: Path) -> None:
    """Remove ``root`` and all below it, however deep, whatever the names and modes; symlinks are not followed.

    Works on one level at a time: directories are moved up beside each other before they are emptied, so no path gets
    long and nothing recurses. What cannot be removed is left.
    """
    try:
        _open_up(os.fspath(root))
        top = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        _empty(top)
    finally:
        os.close(top)
    try:
        root.rmdir()
    except OSError:
        return


def _open_up(path: str, directory: int | None = None) -> None:
    """Give ourselves the rights of an owner; only on real directories."""
    try:
        os.chmod(path, 0o700, dir_fd=directory)
    except OSError:
        return


def _empty(top: int) -> None:
    number, prefix = 0, secrets.token_hex(8)
    waiting = _unlink_files(top)
    while waiting:
        name = waiting.pop()
        _open_up(name, top)
        try:
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
        except OSError:
            continue
        try:
            for child in _unlink_files(inner):
                number += 1
                moved = f"{prefix}-{number}"
                _open_up(child, inner)
                try:
                    os.rename(child, moved, src_dir_fd=inner, dst_dir_fd=top)
                except OSError:
                    continue
                waiting.append(moved)
        finally:
            os.close(inner)
        try:
            os.rmdir(name, dir_fd=top)
        except OSError:
            continue


def _unlink_files(directory: int) -> list[str]:
    """Unlink everything but directories; returns the names of those."""
    directories = []
    with os.scandir(directory) as entries:
        names = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_directory in names:
        if is_directory:
            directories.append(name)
            continue
        try:
            os.unlink(name, dir_fd=directory)
        except OSError:
            continue
    return directories
