"""Files of results into frames: dispatch by kind, join several files, say what does not fit together."""

from __future__ import annotations

import codecs
import collections
from pathlib import Path
from typing import TYPE_CHECKING

from .._errors import AnalysisError
from .entries import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from os import PathLike

    from .content import Content
    from .entries import RawFile
    from .frames import Results
    from .judged_turns import JudgedTrajectory
    from .sessions import Session


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
    files = [part for path in named for part in _read(path)]
    _one_study(files)
    return join(files)


def each_once(paths: Iterable[str | PathLike[str]]) -> None:
    """Refuse a file that is given twice.

    Raises
    ------
    AnalysisError : it is; each file is one session of one side.
    """
    for path, times in collections.Counter(Path(path).resolve() for path in paths).items():
        if times > 1:
            raise AnalysisError(f"{path}: given {times} times; each file is one session of one side")


def read_sessions(paths: Iterable[str | PathLike[str]], statistic: str) -> list[Session]:
    """Read files of pytest-benchmark, of whatever project, each a session.

    Raises
    ------
    AnalysisError : something is wrong with a file.
    """
    from .sessions import read_session  # noqa: PLC0415 - one command needs it

    return [read_session(Path(path), _content(Path(path)), statistic) for path in paths]


def read_trajectories(directory: str | PathLike[str]) -> tuple[JudgedTrajectory, ...]:
    """Read the trajectory files below a directory, such as a study's folder of programs.

    Raises
    ------
    AnalysisError : there is none, or one is damaged.
    """
    from .judged_turns import parse_trajectory  # noqa: PLC0415 - one option needs it

    if not Path(directory).is_dir():
        raise AnalysisError(f"{directory}: there is no such directory of trajectories")
    files = [parse_trajectory(path, _content(path)) for path in sorted(Path(directory).rglob("*.json"))]
    known = tuple(one for one in files if one is not None)
    if not known:
        raise AnalysisError(
            f"{directory}: no trajectory file in it; they lie beside the programs, such as "
            "tests/test_generated/programs/STUDY"
        )
    return known


def _read(path: Path) -> list[RawFile]:
    from .content import first_sign  # noqa: PLC0415 - NumPy

    data = _content(path)
    if path.suffix.lower() == ".json" or first_sign(data) in {b"{", b"["}:
        from .benchmark_json import read_json  # noqa: PLC0415 - one of the two
        from .usual_json import read_usual  # noqa: PLC0415 - a library of its own

        return read_usual(path, data) or read_json(path, data)
    from .csv import read_csv  # noqa: PLC0415 - pandas

    return [read_csv(path, decoded(path, data))]


def _content(path: Path) -> Content:
    from .content import content_of, first_sign, has_nulls  # noqa: PLC0415 - NumPy, when there is something to read

    try:
        data = content_of(path)
    except FileNotFoundError as exc:
        raise AnalysisError(f"{path}: there is no such file") from exc
    except (OSError, ValueError) as exc:
        raise AnalysisError(f"{path}: can't be read: {exc}") from exc
    if data[: len(codecs.BOM_UTF8)] == codecs.BOM_UTF8:
        data = data[len(codecs.BOM_UTF8) :]
    if not first_sign(data):
        raise AnalysisError(f"{path}: the file is empty")
    if has_nulls(data):
        decoded(path, data)
        raise AnalysisError(f"{path}: not a text file: it has null bytes")
    return data


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
    for file in files:
        for levels, where in file.programs.first_of_each():
            names.setdefault(frozenset(name for name, _ in levels), (file.source.file, where))
    if len(names) > 1:
        (some, _), (others, (file_name, where)) = list(names.items())[:2]
        raise AnalysisError(
            f"{file_name}: {where}: treatment: mixed studies: factors {_listed(others)}, elsewhere {_listed(some)}"
        )


def _or_none(value: object) -> str:
    return repr(value) if value else "none"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
