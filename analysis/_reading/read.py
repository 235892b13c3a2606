"""Files of results into frames: dispatch by kind, join several files, say what does not fit together."""

from __future__ import annotations

import codecs
import collections
import re
from pathlib import Path
from typing import TYPE_CHECKING

from .._errors import AnalysisError
from .entries import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from os import PathLike

    from .entries import RawFile
    from .frames import Results


_NOT_SPACE = re.compile(rb"\S")


def read_results(paths: Iterable[str | PathLike[str]]) -> Results:
    """Read benchmark JSON files, or CSV files of measurements, of one study.

    Parameters
    ----------
    paths : one or more files; files of several machines make the machine a block.

    Returns
    -------
    The frames of runs and of programs, and how they came about.

    Raises
    ------
    AnalysisError : something is wrong with a file, or the files do not belong together; the message names file,
        entry and field.
    """
    from .join import join  # noqa: PLC0415 - pandas, only when there is something to read

    named = [Path(path) for path in paths]
    if not named:
        raise AnalysisError("no file of results was given")
    for path, times in collections.Counter(path.resolve() for path in named).items():
        if times > 1:
            raise AnalysisError(f"{path}: given {times} times; each file counts once")
    files = [_read(path) for path in named]
    _one_study(files)
    return join(files)


def _read(path: Path) -> RawFile:
    try:
        data = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    except FileNotFoundError as exc:
        raise AnalysisError(f"{path}: there is no such file") from exc
    except (OSError, ValueError) as exc:
        raise AnalysisError(f"{path}: can't be read: {exc}") from exc
    start = _NOT_SPACE.search(data)
    if start is None:
        raise AnalysisError(f"{path}: the file is empty")
    if b"\0" in data:
        decoded(path, data)
        raise AnalysisError(f"{path}: not a text file: it has null bytes")
    if path.suffix.lower() == ".json" or start[0] in {b"{", b"["}:
        from .benchmark_json import read_json  # noqa: PLC0415 - one of the two

        return read_json(path, data)
    from .csv import read_csv  # noqa: PLC0415 - pandas

    return read_csv(path, decoded(path, data))


def _one_study(files: Sequence[RawFile]) -> None:
    first = files[0]
    for other in files[1:]:
        for field in ("study", "task"):
            ours, theirs = getattr(first, field), getattr(other, field)
            if ours != theirs and (field == "study" or (ours and theirs)):
                raise AnalysisError(
                    f"{other.source.file}: {field}: mixed studies: {_or_none(theirs)}, but {first.source.file} has "
                    f"{_or_none(ours)}; analyse them one by one"
                )
    names: dict[frozenset[str], tuple[str, str]] = {}
    seen: set[int] = set()
    for file in files:
        for program in file.programs:
            # Programs of a treatment share their levels.
            if id(program.levels) not in seen:
                seen.add(id(program.levels))
                key = frozenset(name for name, _ in program.levels)
                names.setdefault(key, (file.source.file, program.where))
    if len(names) > 1:
        (some, _), (others, (file_name, where)) = list(names.items())[:2]
        raise AnalysisError(
            f"{file_name}: {where}: treatment: mixed studies: factors {_listed(others)}, elsewhere {_listed(some)}"
        )


def _or_none(value: object) -> str:
    return repr(value) if value else "none"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
