"""What the interaction plot shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..._models.marginal_means import of_cell
from ..._presentation.names import distinct, is_log, shown_value, value_line, value_unit
from ..._presentation.text import number, one_line
from ..figure import Table
from ..figures import interaction as interaction_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..._analysis import Analysis
    from ..._presentation.names import Names
    from ..figure import Figure

_COLUMNS = ["x", "line", "mean", "low", "high", "tip"]


def interaction(analysis: Analysis, names: Names) -> Figure:
    """Means by two factors: the two that the study names first (the one with more levels across)."""
    if len(names.own) < 2:  # noqa: PLR2004 - two factors make an interaction
        what = f"one factor, {one_line(names.own[0], limit=40)}" if names.own else "nothing"
        return interaction_figure.figure(
            _nothing(f"The study varies {what}, so no factors can act together.")
        )
    levels = analysis.sample.factors
    lines, across = sorted(names.own[:2], key=lambda name: len(levels[name]))
    across_shown, lines_shown = (
        distinct(list(levels[across]), limit=40),
        distinct(list(levels[lines]), limit=40),
    )
    cells = [
        _cell(analysis, _members(analysis, {across: a, lines: b}), a_shown, b_shown)
        for a, a_shown in zip(levels[across], across_shown, strict=True)
        for b, b_shown in zip(levels[lines], lines_shown, strict=True)
    ]
    frame = pd.DataFrame(cells, columns=_COLUMNS).astype({"mean": float, "low": float, "high": float})
    return interaction_figure.figure(
        interaction_figure.Interaction(
            across=one_line(across, limit=40),
            across_levels=tuple(across_shown),
            lines=one_line(lines, limit=40),
            line_levels=tuple(lines_shown),
            cells=frame,
            unit=f"mean {value_unit(analysis)}",
            log=is_log(analysis),
            table=_table(analysis, frame, one_line(lines, limit=40), one_line(across, limit=40)),
        )
    )


def _nothing(reason: str) -> interaction_figure.Interaction:
    return interaction_figure.Interaction(
        across="",
        across_levels=(),
        lines="",
        line_levels=(),
        cells=pd.DataFrame(columns=_COLUMNS),
        unit="",
        log=False,
        reason=reason,
    )


def _members(analysis: Analysis, levels: dict[str, str]) -> list[int]:
    """Return indices of the treatments at these levels."""
    wanted = levels.items()
    return [
        i for i, t in enumerate(analysis.sample.treatments) if all(t.levels.get(n) == v for n, v in wanted)
    ]


def _cell(analysis: Analysis, members: Sequence[int], a: str, b: str) -> tuple[object, ...]:
    """Equal-weight mean of the treatments in a cell, with its interval."""
    cell = of_cell(analysis.sample, members, analysis.options.alpha)
    if cell is None:
        return a, b, math.nan, math.nan, math.nan, ""
    mean, half = cell.estimate, math.nan if cell.half is None else cell.half
    shown, low, high = (float(x) for x in shown_value(analysis, np.asarray([mean, mean - half, mean + half])))
    limits = "" if math.isnan(half) else f"\ninterval {number(low)} to {number(high)}"
    tip = f"{a}, {b}\nmean {value_line(analysis, shown)} of {cell.programs} programs{limits}"
    return a, b, shown, low, high, tip


def _table(analysis: Analysis, frame: pd.DataFrame, lines: str, across: str) -> Table:
    rows = tuple(
        (str(line), str(x), number(mean), f"{number(low)} to {number(high)}" if math.isfinite(low) else "–")
        for x, line, mean, low, high in frame[["x", "line", "mean", "low", "high"]].itertuples(index=False)
    )
    confidence = f"{100 * (1 - analysis.options.alpha):g} % interval"
    return Table(
        caption=f"Mean {value_unit(analysis)} by {lines} and {across}",
        columns=(lines, across, "mean", confidence),
        rows=rows,
        text_columns=frozenset({0, 1}),
    )
