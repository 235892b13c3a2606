"""Showing how a request differs from the recorded one (pure)."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_LINES = 24
_WIDEST = 160


def difference(recorded: bytes, now: bytes) -> str:
    """Return the differing parts of two JSON bodies, indented, a few lines of each."""
    lines = list(_differences("", json.loads(recorded), json.loads(now)))
    shown = [line if len(line) <= _WIDEST else line[: _WIDEST - 3] + "..." for line in lines[:_MOST_LINES]]
    if len(lines) > _MOST_LINES:
        shown.append(f"... and {len(lines) - _MOST_LINES} more lines")
    return "\n".join(f"  {line}" for line in shown)


def _differences(where: str, recorded: Any, now: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if recorded == now:
        return
    if isinstance(recorded, dict) and isinstance(now, dict):
        for key in [*recorded, *(key for key in now if key not in recorded)]:
            inside = f"{where}.{key}".lstrip(".")
            if key not in now:
                yield f"{inside}: recorded {_short(recorded[key])}, not there now"
            elif key not in recorded:
                yield f"{inside}: not recorded, now {_short(now[key])}"
            else:
                yield from _differences(inside, recorded[key], now[key])
    elif isinstance(recorded, list) and isinstance(now, list):
        if len(recorded) != len(now):
            yield f"{where}: {len(recorded)} recorded, {len(now)} now"
        for index, (one, other) in enumerate(zip(recorded, now, strict=False)):
            yield from _differences(f"{where}[{index}]", one, other)
    elif isinstance(recorded, str) and isinstance(now, str) and "\n" in recorded + now:
        yield f"{where}:"
        yield from _text_difference(recorded, now)
    else:
        yield f"{where}: recorded {_short(recorded)}, now {_short(now)}"


def _text_difference(recorded: str, now: str) -> Iterator[str]:
    diff = difflib.unified_diff(recorded.split("\n"), now.split("\n"), "recorded", "now", n=0, lineterm="")
    yield from (f"  {line}" for line in diff)


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004
