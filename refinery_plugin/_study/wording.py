"""Wording of a study's own: texts with places that replace the plugin's prompts."""

from __future__ import annotations

import dataclasses
import string
from collections.abc import Mapping

from refinery_plugin._study.levels import LevelError, nearest

TEXTS = ("system", "task", "refine")
PLACES: Mapping[str, str] = {
    "prompt": "the task's text, its own settings filled in",
    "signature": "the head of the function",
    "entry_point": "its name",
    "packages": "what may be imported",
    "result_type": "the type of the result",
    "instructions": "the setting of that name",
    "program": "the current program; empty before there is one",
    "agent": "the number of the agent that speaks",
    "agents": "how many there are",
    "author": "the number of the agent that wrote the current program",
    "seconds": "what is left of a time budget",
    "feedback": "what is told of the current program; appended where a text has no such place",
    "criticism": "what another agent said of it; appended where a text has no such place",
}
"""What may stand in braces, and what it becomes."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Texts in place of the plugin's own; ``None`` keeps that, and an empty ``system`` sends no system message.

    ``name`` is the level's, where the wording is a factor.
    """

    name: str = "default"
    system: str | None = None
    task: str | None = None
    refine: str | None = None

    def __str__(self) -> str:
        return self.name

    def document(self) -> dict[str, str]:
        """Return the texts that are given."""
        return {name: text for name in TEXTS if (text := getattr(self, name)) is not None}


DEFAULT_WORDING = Wording()


def parse_wording(value: object) -> Wording:
    """Read ``[prompts]`` of a study, or one level of a factor ``prompts``, a table that has a name.

    Raises
    ------
    LevelError : with what is not allowed and what is.
    """
    if not isinstance(value, Mapping):
        raise LevelError(f"{value!r} is not allowed; use a table with {', '.join(TEXTS)}")
    for key, text in value.items():
        if key not in ("name", *TEXTS):
            raise LevelError(f"there is no text {key!r}{nearest(key, TEXTS)}; known are {', '.join(TEXTS)}")
        if not isinstance(text, str) or not (text.strip() or key == "system"):
            raise LevelError(f"{key}: {text!r} is not allowed; use a text (only system may be empty)")
        if key != "name":
            _check(key, text)
    return Wording(**value)


def _check(key: str, text: str) -> None:
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as exc:
        raise LevelError(f"{key}: {exc}; write literal braces twice: {{{{ and }}}}") from exc
    for _, place, spec, conversion in parts:
        if place is None:
            continue
        if place not in PLACES or spec or conversion:
            raise LevelError(
                f"{key}: there is no place {{{place}}}{nearest(place, PLACES)}; known are "
                f"{', '.join(f'{{{name}}}' for name in PLACES)}; write literal braces twice: {{{{ and }}}}"
            )
    if key == "refine" and not any(place == "program" for _, place, _, _ in parts):
        raise LevelError("refine: it has no place {program}, so the model would not see what to refine")
    if key == "task" and not any(place == "prompt" for _, place, _, _ in parts):
        raise LevelError("task: it has no place {prompt}, so the model would not be told the task")
