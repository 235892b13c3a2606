"""The notes that say, in a JSON document, why something beside them is null."""

from __future__ import annotations

from typing import Any


def noted(values: dict[str, Any], note: str | None) -> dict[str, Any]:
    """Return the values with the note; without one as they are."""
    return values if note is None else {**values, "note": note}
