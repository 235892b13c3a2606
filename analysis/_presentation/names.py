"""How treatments, programs and responses are called in figures and tables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .text import MISSING, SEPARATOR, clean, middle_cut, number, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from .._analysis import Analysis
    from .._arrays import Floats

_LABEL_LIMIT = 64
_SHA_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Names made fit for a picture: on one line, not too long, and all different.

    Attributes
    ----------
    rows : treatment's label -> what its row is called, in the study's order.
    groups : level of the first factor of each row.
    group_title : that factor.
    own : the study's own factors (none that was derived) that have more than one level.
    """

    rows: Mapping[str, str]
    groups: tuple[str, ...]
    group_title: str
    own: tuple[str, ...]


def names(analysis: Analysis) -> Names:
    """Name the treatments of ``analysis``."""
    sample = analysis.sample
    derived = set(analysis.results.derived)
    own = tuple(name for name, levels in sample.factors.items() if name not in derived and len(levels) > 1)
    shown = distinct([treatment.label for treatment in sample.treatments])
    first = own[0] if own else ""
    groups = tuple(one_line(treatment.levels.get(first, ""), limit=40) for treatment in sample.treatments)
    rows = dict(zip((treatment.label for treatment in sample.treatments), shown, strict=True))
    return Names(rows=rows, groups=groups, group_title=one_line(first, limit=40), own=own)


def distinct(texts: list[str], *, limit: int = _LABEL_LIMIT) -> list[str]:
    """Shorten to one line of at most ``limit`` characters, numbering those that then look the same."""
    seen: dict[str, int] = {}
    shortened = []
    for text in texts:
        short = middle_cut(one_line(text, limit=1000), limit) or MISSING
        seen[short] = seen.get(short, 0) + 1
        shortened.append(short if seen[short] == 1 else f"{short[: limit - 6]} ({seen[short]})")
    return shortened


def shown_value(analysis: Analysis, values: Floats) -> Floats:
    """Turn values of the response into what a reader is shown: logs become seconds and ratios again."""
    return np.exp(values) if analysis.sample.response in {"log", "ratio"} else np.asarray(values, dtype=float)


def back(analysis: Analysis, value: float | None) -> float | None:
    """`shown_value` for a single figure that may be missing."""
    return None if value is None else float(shown_value(analysis, np.asarray(value)))


def is_log(analysis: Analysis) -> bool:
    """Whether the response compares ratios."""
    return analysis.sample.response in {"log", "ratio"}


def value_unit(analysis: Analysis) -> str:
    """Return what a shown value is."""
    return {
        "seconds": "seconds per call",
        "log": "seconds per call (geometric mean)",
        "ratio": "time as a multiple of the reference's",
        "cpu": "CPU seconds per call",
    }[analysis.sample.response]


def short_unit(analysis: Analysis) -> str:
    """Return the unit that follows a shown value, with its space."""
    return {"seconds": " s", "log": " s", "ratio": " × reference", "cpu": " CPU s"}[analysis.sample.response]


def effect_words(analysis: Analysis) -> str:
    """Return the difference that the user wants to find: seconds, or a ratio where the response is a logarithm."""
    effect = analysis.options.effect or 0.0
    if is_log(analysis):
        return f"a factor of {number(math.exp(effect))}" if effect < 700 else "an immense factor"  # noqa: PLR2004
    return f"a difference of {effect:g} {analysis.sample.unit}"


def tips(programs: pd.DataFrame, lines: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what is said of each program when it is pointed at: name, verdict, sha, and a line of one's own (by name).

    The key before the separator ties together the marks of one program in all figures.
    """
    texts = {}
    for i, (name, verdict, sha, reason) in enumerate(
        zip(programs["program"], programs["verdict"], programs["sha256"], programs["reason"], strict=True)
    ):
        parts = [
            one_line(name, limit=80),
            (lines or {}).get(name, ""),
            one_line(verdict, limit=40).replace("_", " "),
        ]
        if isinstance(reason, str) and reason and verdict != "correct":
            parts.append(one_line(reason, limit=160))
        if isinstance(sha, str) and sha:
            parts.append(f"sha256 {one_line(sha, limit=64)[:_SHA_SHOWN]}")
        texts[name] = f"p{i}{SEPARATOR}" + clean("\n".join(part for part in parts if part))
    return texts


def value_line(analysis: Analysis, value: float | None, *, bound: bool = False) -> str:
    """Return a shown value with its unit; with ``bound`` as one that it is at most."""
    return value_number(value, bound=bound) + (short_unit(analysis) if value is not None else "")


def value_number(value: float | None, *, bound: bool) -> str:
    """Return a shown value; with ``bound`` as one that it is at most, since no less can be told."""
    return ("≤ " if bound and value is not None else "") + number(value)
