"""Texts that stem from programs, made fit for terminals and reports."""

from __future__ import annotations

import builtins
import re
import signal

MAX_REASON = 600
OTHER_TYPE = "it returned a value of another type than declared, or one that is too large"
_LAST_LINES = 5
_EXCEPTIONS = {
    *(
        name
        for name, kind in vars(builtins).items()
        if isinstance(kind, type) and issubclass(kind, BaseException)
    ),
    *("LinAlgError", "_ArrayMemoryError"),  # NumPy's
}


def escaped(text: str, limit: int = MAX_REASON) -> str:
    """``text`` on one line, without control characters, at most ``limit`` characters long."""
    clean = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text[: 4 * limit]
    )
    return clean if len(clean) <= limit else clean[: limit - 3] + "..."


def known_exception(name: str | None, source: bytes) -> str | None:
    """``name`` where it is Python's own or stands in the program: any other may have been made of the data."""
    if name in _EXCEPTIONS:
        return name
    if name is None or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,79}", name):
        return None
    return name if re.search(rb"\b%b\b" % name.encode(), source) else None


def known_line(text: str, source: bytes) -> str:
    """Give the line of the program at the end of a reason, as it stands there; nothing where it has no such line."""
    found = re.search(r" \(line ([1-9]\d{0,6})\)$", text)
    return found[0] if found and int(found[1]) <= len(source.splitlines()) else ""


def last_lines(data: bytes) -> str:
    """Give the last lines of a program's output, escaped, joined by `` | ``."""
    lines = [line for line in data.decode("utf-8", "backslashreplace").splitlines() if line.strip()]
    return escaped(" | ".join(line.strip()[:200] for line in lines[-_LAST_LINES:]))


def ending(status: int) -> tuple[str, str | None]:
    """Tell an exit status (128 + n for a signal) in words, and the signal's name."""
    if status > 128:  # noqa: PLR2004
        try:
            name = signal.Signals(status - 128).name
        except ValueError:
            return f"ended with status {status}", None
        return f"killed by {name} (signal {status - 128})", name
    return f"ended with status {status}", None
