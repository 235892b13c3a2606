"""Texts that stem from programs, made fit for terminals and reports."""

from __future__ import annotations

import signal

MAX_REASON = 600
_LAST_LINES = 5


def escaped(text: str, limit: int = MAX_REASON) -> str:
    """``text`` on one line, without control characters, at most ``limit`` characters long."""
    clean = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text[: 4 * limit]
    )
    return clean if len(clean) <= limit else clean[: limit - 3] + "..."


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
