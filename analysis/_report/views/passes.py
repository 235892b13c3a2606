"""What the figures of pass rates and of kinds of failure show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..._presentation.names import distinct
from ..._presentation.text import count, one_line, percent
from ..figure import Table
from ..figures import failures as failures_figure
from ..figures import passes as passes_figure

if TYPE_CHECKING:
    from ..._analysis import Analysis
    from ..._models.pass_rates import FailureKind
    from ..._presentation.names import Names
    from ..figure import Figure

_MOST_KINDS = 9


def passes(analysis: Analysis, names: Names) -> Figure:
    """Pass rates by treatment."""
    confidence = 1 - analysis.options.alpha
    group_of = dict(zip(names.rows.values(), names.groups, strict=True))
    records, table = [], []
    for rate in analysis.failures.rates:
        if rate.factor != "treatment" or rate.level not in names.rows:
            continue
        row, text = names.rows[rate.level], f"{rate.passed} of {rate.programs}"
        limits = f"{percent(rate.ci_low)} to {percent(rate.ci_high)}"
        tip = f"{row}\n{text} passed: {percent(rate.estimate)}\n{percent(confidence)} interval {limits}"
        records.append((row, group_of[row], rate.estimate, rate.ci_low, rate.ci_high, text, tip))
        table.append((row, f"{rate.programs}", f"{rate.passed}", percent(rate.estimate), limits))
    columns = ["row", "group", "rate", "low", "high", "text", "tip"]
    return passes_figure.figure(
        passes_figure.Passes(
            rows=tuple(names.rows.values()),
            groups=names.groups,
            group_title=names.group_title,
            rates=pd.DataFrame(records, columns=columns),
            level=confidence,
            table=Table(
                caption="Programs that passed",
                columns=(
                    "treatment",
                    "programs",
                    "passed",
                    "pass rate",
                    f"{percent(confidence)} interval (Wilson)",
                ),
                rows=tuple(table),
            ),
        )
    )


def failures(analysis: Analysis, names: Names) -> Figure:
    """Kinds of failure by treatment, the rarest ones together."""
    kinds = [kind for kind in analysis.failures.kinds if kind.programs and kind.treatment in names.rows]
    total: dict[str, int] = {}
    for kind in kinds:
        total[_called(kind)] = total.get(_called(kind), 0) + kind.programs
    ranked = sorted(total, key=lambda called: (-total[called], called))
    kept = ranked if len(ranked) <= _MOST_KINDS else ranked[: _MOST_KINDS - 1]
    shown = dict(zip(kept, distinct(kept, limit=40), strict=True))
    columns = list(shown.values()) + ["other kinds"] * (len(ranked) > len(kept))
    cells: dict[tuple[str, str], int] = {}
    for kind in kinds:
        key = (names.rows[kind.treatment], shown.get(_called(kind), "other kinds"))
        cells[key] = cells.get(key, 0) + kind.programs
    frame = pd.DataFrame(
        [(row, column, n, f"{row}\n{column}: {count(n, 'program')}") for (row, column), n in cells.items()],
        columns=["row", "column", "value", "tip"],
    )
    rows = tuple(row for row in names.rows.values() if any(row == key[0] for key in cells))
    return failures_figure.figure(
        failures_figure.FailureKinds(
            rows=rows,
            kinds=tuple(columns),
            counts=frame,
            programs=int(analysis.sample.generated.sum()),
            untold=set(total) == {"failed"},
            table=_table(rows, columns, cells),
        )
    )


def _called(kind: FailureKind) -> str:
    called = one_line(kind.kind, limit=60).replace("_", " ")
    return f"invented name ({called.removeprefix('error: ')})" if kind.invented else called


def _table(rows: tuple[str, ...], columns: list[str], cells: dict[tuple[str, str], int]) -> Table | None:
    if not cells:
        return None
    return Table(
        caption="Programs that did not pass, by treatment and kind",
        columns=("treatment", *columns),
        rows=tuple((row, *(f"{cells.get((row, column), 0)}" for column in columns)) for row in rows),
    )
