"""The parts of the document on passing, time-outs, equivalence, trends, turns and nested budgets."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._inference.censored import Censored
    from .._secondary import SecondaryAnalyses


def secondary_document(further: SecondaryAnalyses) -> dict[str, Any]:
    """Return these keys as plain values."""
    return {
        "passed": _passed(further),
        "censored": None if further.censored is None else _censored(further.censored),
        "trend": [_plain(dataclasses.asdict(trend)) for trend in further.trend],
        "turns": None if further.turns is None else _plain(dataclasses.asdict(further.turns)),
        "nested": [{"question": row.name, **_plain(dataclasses.asdict(row))} for row in further.nested],
        "equivalence": [_plain(dataclasses.asdict(row)) for row in further.equivalence],
    }


def _censored(censored: Censored) -> dict[str, Any]:
    values: dict[str, Any] = _plain(dataclasses.asdict(censored))
    for name in ("factors", "curves", "stopped_at"):  # they stand among the conclusions, and on the page
        del values[name]
    return values


def _passed(further: SecondaryAnalyses) -> dict[str, Any]:
    values: dict[str, Any] = _plain(dataclasses.asdict(further.passing))
    for name in ("omnibus", "factors", "over_tasks", "together"):  # they stand among the conclusions
        del values[name]
    for difference in values["differences"]:
        del difference["matched"]  # what equivalence is asked of
    values["power"] = None if further.passing.power is None else further.passing.power.document()
    return values


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return lists for tuples, and no empty notes."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items() if name != "note" or inner is not None}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value
