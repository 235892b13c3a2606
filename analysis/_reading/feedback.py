"""Which kinds of feedback programs were told, as the file says it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .levels import label

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ToldFeedback:
    """One kind; ``note`` is what readers of results must know of it, ``factor`` is None where all programs had it."""

    kind: str
    factor: str | None
    levels: tuple[str, ...]
    note: str

    @property
    def where(self) -> str:
        """Name it, with the levels that have it where its factor is not called so."""
        if self.factor is None:
            return f"Feedback {self.kind} (of all programs) is"
        if self.factor == "feedback":
            return f"Feedback {self.kind} is"
        return f"Feedback {self.kind} ({self.factor} {', '.join(self.levels)}) is"


def told_feedback(refinery: Mapping[str, Any]) -> Iterator[ToldFeedback]:
    """Yield all kinds of a file's top-level ``refinery`` object; what is not as it should be is left out."""
    entries = refinery.get("feedback")
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("kind"), str):
            continue
        factor, levels, note = entry.get("factor"), entry.get("levels"), entry.get("note")
        yield ToldFeedback(
            kind=entry["kind"],
            factor=factor if isinstance(factor, str) else None,
            levels=tuple(label(one) or "" for one in levels) if isinstance(levels, list) else (),
            note=note if isinstance(note, str) else "",
        )
