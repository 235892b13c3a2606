"""Read files of JSON lines, plain or compressed."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any

from refinery_plugin._errors import RefineryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST_BYTES = 1 << 30
_MOST_DIGITS, _LONGEST_NUMBER = 4000, 1_000_000


class TaskFileError(RefineryError):
    """A file of tasks or programs cannot be read; the message names the file, the line, the key and the remedy."""


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows of a file of JSON lines with the numbers of their lines.

    Raises
    ------
    TaskFileError : the file cannot be read, or a line is no JSON object.
    """
    # Not splitlines(): texts may hold other line ends as they are, such as U+2028.
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_int=_whole)
        except (ValueError, RecursionError) as exc:
            raise TaskFileError(
                f"{path}, line {number}: it is no JSON ({exc}); each line is one JSON object"
            ) from exc
        if not isinstance(row, dict):
            raise TaskFileError(f"{path}, line {number}: it is no JSON object, got {line.strip():.60}")
        yield number, row


def _whole(digits: str) -> int:
    """Return a number of any length; Python's own conversion refuses thousands of digits."""
    if len(digits) <= _MOST_DIGITS:
        return int(digits)
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError(f"a number of {len(digits):,} digits; {_LONGEST_NUMBER:,} are allowed")
    sign, digits = (-1, digits[1:]) if digits.startswith("-") else (1, digits)
    number = 0
    for start in range(0, len(digits), _MOST_DIGITS):
        part = digits[start : start + _MOST_DIGITS]
        number = number * 10 ** len(part) + int(part)
    return sign * number


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            with gzip.open(path) as file:
                data = file.read(_MOST_BYTES)
        return data.decode("utf-8-sig")
    except FileNotFoundError:
        raise TaskFileError(f"{path}: there is no such file") from None
    except (OSError, EOFError, zlib.error) as exc:
        raise TaskFileError(f"{path}: cannot be read: {exc}") from exc
    except UnicodeDecodeError as exc:
        raise TaskFileError(f"{path}: byte {exc.start} is not UTF-8, which JSON lines are") from exc
