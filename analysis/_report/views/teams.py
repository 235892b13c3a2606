"""What the figures by turn and of credit show."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from ..._presentation.names import distinct
from ..._presentation.text import MISSING, count, number, one_line, percent
from ..figure import Figure, Table
from ..figures import by_turn as by_turn_figure
from ..figures import forest

if TYPE_CHECKING:
    from ..._inference.synergy import Turns
    from ..._models.turns import Credit

CREDIT, CREDIT_TITLE = "credit", "Whose turns made the program faster"
_MOST_ROWS = 80
_LARGEST_LOG = 700.0
"""Where ``exp`` overflows, nearly."""


def by_turn(over_turns: Turns) -> Figure | None:
    """Return ratio and passing by turn; None where only one turn was judged."""
    rates, ratios = {row.turn: row for row in over_turns.passed}, {row.turn: row for row in over_turns.ratio}
    turns = sorted(rates | ratios)
    if len(turns) < 2:  # noqa: PLR2004 - a way from one to the next
        return None
    invented = {row.turn: row for row in over_turns.invented_by_turn}
    table = []
    for turn in turns:
        rate, ratio, name = rates.get(turn), ratios.get(turn), invented.get(turn)
        table.append(
            (
                str(turn),
                MISSING if rate is None else f"{rate.passed}/{rate.programs}",
                MISSING if rate is None else f"{percent(rate.ci_low)} to {percent(rate.ci_high)}",
                MISSING if ratio is None else number(ratio.estimate),
                MISSING if ratio is None else _interval(ratio.ci_low, ratio.ci_high),
                MISSING if ratio is None else f"{ratio.n}{' (survivors)' if ratio.survivors else ''}",
                MISSING if name is None else f"{name.count}/{name.turns}",
            )
        )
    return by_turn_figure.figure(
        by_turn_figure.ByTurn(
            ratios=pd.DataFrame(
                [
                    (
                        row.turn,
                        row.estimate,
                        _known(row.ci_low),
                        _known(row.ci_high),
                        row.survivors,
                        f"turn {row.turn}\n{number(row.estimate)} × reference, {count(row.n, 'program')}"
                        + (", survivors only" if row.survivors else ""),
                    )
                    for row in over_turns.ratio
                ],
                columns=["turn", "value", "low", "high", "survivors", "tip"],
            ),
            rates=pd.DataFrame(
                [
                    (
                        row.turn,
                        row.estimate,
                        row.ci_low,
                        row.ci_high,
                        f"turn {row.turn}\n{row.passed} of {row.programs} correct",
                    )
                    for row in over_turns.passed
                ],
                columns=["turn", "value", "low", "high", "tip"],
            ),
            table=Table(
                caption="By turn: programs that were correct, their time against the reference, invented names",
                columns=(
                    "turn",
                    "correct",
                    "interval",
                    "time / reference",
                    "interval",
                    "of programs",
                    "invented names",
                ),
                rows=tuple(table),
            ),
        )
    )


def credit(turns: Turns) -> Figure | None:
    """Return each agent's part of its trajectories' ratios; None without any."""
    rows = turns.credit[:_MOST_ROWS]
    if not rows:
        return None
    treatments = list(dict.fromkeys(row.treatment for row in rows))
    called = dict(zip(treatments, distinct(treatments, limit=48), strict=True))
    names = [
        f"agent {row.agent}" if len(treatments) == 1 else f"{called[row.treatment]}: agent {row.agent}"
        for row in rows
    ]
    data = forest.Forest(
        rows=tuple(names),
        groups=tuple(row.treatment for row in rows),
        points=pd.DataFrame(
            [
                (
                    name,
                    math.exp(row.log_ratio),
                    _power(row.ci_low),
                    _power(row.ci_high),
                    False,
                    _credit_tip(name, row),
                )
                for name, row in zip(names, rows, strict=True)
            ],
            columns=["row", "value", "low", "high", "whole", "tip"],
        ),
        unit="factor on the time / reference, log scale",
    )
    more = (
        f" The first {len(rows)} of {len(turns.credit):,} are drawn." if len(turns.credit) > len(rows) else ""
    )
    return Figure(
        name=CREDIT,
        title=CREDIT_TITLE,
        caption=(
            "By how much each agent's turns multiplied the time, on average over trajectories; bars show what else "
            "would fit (bootstrap; one that touches the edge goes on beyond it). Left of the dashed line they made it "
            "faster. "
            "The first correct program is credited with its whole ratio to the reference. The factors of a treatment's "
            "agents multiplied, their logarithms added, are the mean ratio of what its trajectories end with."
            f"{more}"
        ),
        description=(
            f"{count(len(rows), 'row')}, one for each treatment and agent: factors on a logarithmic axis, from "
            f"{number(math.exp(min(row.log_ratio for row in rows)))} to "
            f"{number(math.exp(max(row.log_ratio for row in rows)))}."
        ),
        draw=lambda canvas: forest.draw(data, canvas),
        table=_table(turns.credit),
    )


def _table(rows: tuple[Credit, ...]) -> Table:
    """Return the credits as rows, and the sum of each treatment, which is its trajectories' mean log ratio."""
    lines = []
    for treatment in dict.fromkeys(row.treatment for row in rows):
        of = [row for row in rows if row.treatment == treatment]
        name = one_line(treatment, limit=80)
        lines += [
            (
                name,
                str(row.agent),
                f"{row.log_ratio:+.4f}",
                number(math.exp(row.log_ratio)),
                _interval(row.ci_low, row.ci_high),
                str(row.trajectories),
            )
            for row in of
        ]
        if len(of) > 1:
            total = math.fsum(row.log_ratio for row in of)
            whole = ("all", f"{total:+.4f}", number(math.exp(total)), MISSING, str(of[0].trajectories))
            lines.append((name, *whole))
    return Table(
        caption="Credit: the agents' parts add up to the mean log ratio of what their trajectories end with",
        columns=("treatment", "agent", "log ratio", "as a factor", "interval (log)", "trajectories"),
        rows=tuple(lines),
    )


def _credit_tip(name: str, row: Credit) -> str:
    of = count(row.trajectories, "trajectory", "trajectories")
    return f"{name}\ntime × {number(math.exp(row.log_ratio))}, mean of {of}"


def _known(value: float | None) -> float:
    return math.nan if value is None else value


def _power(log: float | None) -> float:
    # An interval from few trajectories may be wider than any number.
    return math.nan if log is None else math.exp(max(-_LARGEST_LOG, min(log, _LARGEST_LOG)))


def _interval(low: float | None, high: float | None) -> str:
    return MISSING if low is None or high is None else f"{number(low)} to {number(high)}"
