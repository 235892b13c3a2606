"""Read a program's file, whatever it turns out to be."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError
from refinery_plugin._verification.verdict import Judgement, Verdict
from refinery_plugin._words import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from refinery_plugin._study.units import Unit

LARGEST = 4 * 2**20
"""Bytes of source that are still taken for a program."""
_LARGEST_DOCUMENT = 64 * 2**20


class UnreadableProgramError(RefineryError):
    """A program's file could not be read: that is no fault of the program."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ProgramText:
    """What stands in a program's file, or the verdict where that is no program."""

    data: bytes = b""
    refusal: Judgement | None = None
    sha256: str | None = None


def read_program(unit: Unit, *, directory: Path) -> ProgramText:
    """Read a unit's program; nothing outside of ``directory`` is ever opened."""
    if unit.turn is not None:
        return classified(_turn_program(unit))
    path = Path(unit.path)
    try:
        data, refusal = _read(path, directory=directory)
    except PermissionError as exc:
        data, refusal = b"", f"cannot be read: {exc.strerror}"
    except OSError as exc:
        raise UnreadableProgramError(f"{path} cannot be read: {exc.strerror or exc}") from exc
    return ProgramText(refusal=_error(path, refusal)) if refusal else classified(data)


def _read(path: Path, *, directory: Path) -> tuple[bytes, str]:
    """Return the bytes, or what is wrong with the file."""
    try:
        real = path.resolve(strict=True)
        broken = (
            "" if real.is_relative_to(directory.resolve()) else "that leads out of the directory of programs"
        )
    except (OSError, RuntimeError) as exc:  # RuntimeError: links in a circle
        if not path.is_symlink():
            return b"", f"cannot be opened ({exc})"
        broken = "that leads nowhere"
    if broken:
        return b"", f"is a symbolic link {broken}"
    if not real.is_file():
        return b"", f"is {_kind(real)}, not a file"
    return _read_regular(real)


def _read_regular(path: Path) -> tuple[bytes, str]:
    # Non-blocking, and no link followed between the check and here: a pipe must not hold the session up.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return b"", "is not a regular file"
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        return b"", f"has {status.st_size:,} bytes; a program may have {LARGEST:,}"
    return data, ""


def _kind(path: Path) -> str:
    kinds = ((stat.S_ISDIR, "a directory"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    mode = path.stat().st_mode
    return next((name for check, name in kinds if check(mode)), "a device")


def _error(path: Path, what: str) -> Judgement:
    return Judgement(verdict=Verdict.ERROR, reason=f"{printable(path.name)!r} {what}")


def classified(data: bytes) -> ProgramText:
    """Tell a program from a file that only holds comments."""
    sha256 = hashlib.sha256(data).hexdigest()
    lines = [line.strip() for line in data.removeprefix(b"\xef\xbb\xbf").splitlines()]
    if any(line and not line.startswith(b"#") for line in lines):
        return ProgramText(data=data, sha256=sha256)
    said = next(
        (line.lstrip(b"# ").decode("utf-8", "replace") for line in lines if line), "the file is empty"
    )
    reason = printable(said.removeprefix("no program:").strip()[:500])
    return ProgramText(refusal=Judgement(verdict=Verdict.NO_PROGRAM, reason=reason), sha256=sha256)


def _turn_program(unit: Unit) -> bytes:
    turns = read_trajectory(unit).get("turns")
    for turn in turns if isinstance(turns, list) else ():
        if isinstance(turn, dict) and turn.get("turn") == unit.turn and isinstance(turn.get("program"), str):
            return str(turn["program"]).encode("utf-8", "surrogatepass")
    return f"# no program: turn {unit.turn} gave none\n".encode()


def read_trajectory(unit: Unit) -> Mapping[str, object]:
    """Return the document of the trajectory that a program came from; empty where there is none."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        path = Path(unit.trajectory_path)
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST_DOCUMENT:
            document = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(document, dict):
                return document
    return {}
