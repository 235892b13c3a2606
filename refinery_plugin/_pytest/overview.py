"""What the terminal shows at the end: treatments with their times and costs, then why programs failed (pure)."""

from __future__ import annotations

import dataclasses
import statistics
import textwrap
from collections import defaultdict
from typing import TYPE_CHECKING

from refinery_plugin._words import dollars

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_MOST_TREATMENTS = 40
_MOST_REASONS = 12
_NONE = "-"
_OTHER = "other files"
_ONLY = "all programs"
_LONGEST_LEVEL = 40


@dataclasses.dataclass(slots=True)
class _Row:
    programs: int = 0
    seconds: list[float] = dataclasses.field(default_factory=list)
    passed: int = 0
    cost: float | None = None


def treatments(
    programs: Sequence[Mapping[str, object]], seconds: Mapping[str, float], *, width: int
) -> list[str]:
    """Return a table with a line for each treatment.

    Parameters
    ----------
    programs : entries of ``refinery.programs``; treatments are listed in the order in which they come.
    seconds : mean time of the correct programs by ``id``, where they were timed.
    width : columns of the terminal; labels are cut to fit.
    """
    rows: dict[str, _Row] = defaultdict(_Row)
    for program in programs:
        row = rows[_label(program["treatment"])]
        row.programs += 1
        if program["verdict"] == "correct":
            row.passed += 1
            if (taken := seconds.get(str(program["id"]))) is not None:
                row.seconds.append(taken)
        if isinstance(cost := program.get("cost_usd"), int | float):
            row.cost = (row.cost or 0.0) + cost
    table = [("treatment", "passed", "median s", "fastest - slowest", "cost")]
    table += [
        (
            label,
            f"{row.passed}/{row.programs}",
            f"{statistics.median(row.seconds):.3g}" if row.seconds else _NONE,
            f"{min(row.seconds):.3g} - {max(row.seconds):.3g}" if len(row.seconds) > 1 else _NONE,
            _NONE if row.cost is None else dollars(row.cost),
        )
        for label, row in list(rows.items())[:_MOST_TREATMENTS]
    ]
    lines = _aligned(table, width)
    if len(rows) > _MOST_TREATMENTS:
        lines.append(f"... and {len(rows) - _MOST_TREATMENTS} more treatments")
    return lines


def failures(programs: Iterable[Mapping[str, object]], *, width: int) -> list[str]:
    """Return a line for each reason for which programs are not correct, the most frequent first."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for program in programs:
        if program["verdict"] != "correct":
            reason = " ".join(str(program["reason"] or "").split())
            groups[str(program["verdict"]), reason].append(str(program["file"]).removesuffix(".py"))
    lines = []
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    for (verdict, reason), names in ordered[:_MOST_REASONS]:
        who = min(names) + (f" and {len(names) - 1} more" if len(names) > 1 else "")
        lines.append(_clipped(f"{who}: {verdict}" + (f": {reason}" if reason else ""), width))
    if len(ordered) > _MOST_REASONS:
        left = sum(len(names) for _, names in ordered[_MOST_REASONS:])
        lines.append(f"... and {left} more for other reasons (-rx shows all)")
    return lines


def wrapped(line: str, width: int) -> list[str]:
    """Break prose between words; what is indented is a command, or a line of a table, and stays as it is."""
    if len(line) <= width or line.startswith(" "):
        return [line]
    return textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)


def _label(treatment: object) -> str:
    """Name a treatment: levels that are words speak for themselves, numbers need their factor."""
    if not isinstance(treatment, dict):
        return _OTHER
    return ", ".join(_level(name, level) for name, level in treatment.items()) or _ONLY


def _level(name: str, level: object) -> str:
    if not isinstance(level, str):
        return f"{name} {level}"
    words = " ".join(level.split())
    return _shortened(words, _LONGEST_LEVEL) if words else f"no {name}"


def _shortened(text: str, width: int) -> str:
    """Cut a text in the middle: long levels often begin alike."""
    if len(text) <= width:
        return text
    head = (width - 3) * 2 // 3
    return f"{text[:head]}...{text[head + 3 - width :]}"


def _aligned(table: Sequence[tuple[str, ...]], width: int) -> list[str]:
    """Align a table: the first column to the left and cut where the line would be too long, the others to the right."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    widths[0] = max(len(table[0][0]), min(widths[0], width - 2 * (len(widths) - 1) - sum(widths[1:])))
    return [
        "  ".join(
            [
                _shortened(row[0], max(widths[0], 6)).ljust(widths[0]),
                *(cell.rjust(size) for cell, size in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in table
    ]


def _clipped(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(0, width - 3)] + "..."
