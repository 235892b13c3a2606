"""A folder of cassettes as a whole: what is complete, begun, of no program; looked at without parsing any."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
from typing import TYPE_CHECKING

from refinery_plugin._files import replace_whole

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

REPLACED = "replaced"
"""The folder beside the cassettes into which recordings go that are made again."""

_TAIL = 4096
_FINISHED = re.compile(rb'"finished":\s*true\b')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CassetteFolder:
    """Names of cassettes: complete ones, those begun, and those of no program that was asked for."""

    finished: frozenset[str]
    begun: frozenset[str]
    orphans: frozenset[str]


def look_at(directory: Path, names: Collection[str]) -> CassetteFolder:
    """Sort the cassettes of a folder by what they are to the programs of these names; ``/`` in a name is a folder."""
    folders = {"", *(name.rpartition("/")[0] for name in names)}
    there = {
        "/".join(filter(None, (folder, path.stem))): path
        for folder in folders
        if (directory / folder).is_dir()
        for path in (directory / folder).glob("*.json")
    }
    ours = {name: path for name, path in there.items() if name in names}
    finished = frozenset(name for name, path in ours.items() if _is_finished(path))
    return CassetteFolder(
        finished=finished, begun=frozenset(ours) - finished, orphans=frozenset(there) - frozenset(ours)
    )


def _is_finished(path: Path) -> bool:
    # Thousands of cassettes shall not be parsed for a header; inside a text the quotes would be escaped.
    with contextlib.suppress(OSError), path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        return _FINISHED.search(file.read()) is not None
    return False


def put_aside(path: Path) -> None:
    """Keep a cassette in the folder of replaced ones, too, under a number of its own; nothing is overwritten.

    It stays in its place until another one is whole: a kill or a full disk between the two leaves it there.
    """
    folder = path.parent / REPLACED
    folder.mkdir(exist_ok=True)
    number = 1
    while (target := folder / f"{path.stem}.{number}.json").exists():
        number += 1
    try:
        os.link(path, target)
    except OSError:  # some file systems have no links
        replace_whole(target, path.read_bytes())
