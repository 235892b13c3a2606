"""What the plan of the next study shows: designs and questions side by side, the cheapest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._errors import AnalysisError
from ..._presentation import plan_tasks
from ..._presentation.findings import question_name
from ..._presentation.names import effect_words
from ..._presentation.text import MISSING, dollars, duration, one_line, percent, sentence, whole
from ..figure import Table, trimmed
from ..page_blocks import Grid, Heading, Prose

if TYPE_CHECKING:
    from ..._analysis import Analysis
    from ..._commands.plan import PlanResult
    from ..._commands.plan_rows import PlanRow
    from ..._commands.plan_tasks import TaskPlan, TaskQuestion
    from ..page_blocks import Block

_MOST_ROWS = 60
_UNFOLDED = 20
_MOST_QUESTIONS = 4


def plan(analysis: Analysis, planned: PlanResult | AnalysisError | None) -> tuple[Block, ...]:
    """Return the table of a plan, or why there is none; None where no effect was named."""
    if planned is None:
        return (Prose(("Plans need the difference that matters to you: --effect 0.5",)),)
    if isinstance(planned, AnalysisError):
        return (Prose((sentence(f"There is no plan: {planned}"),)),)
    rows = planned.rows
    if not rows:
        return (Prose(("No design can be priced from these data.",)),)
    power = percent(analysis.options.power)
    lead = (
        f"Each line is a study{_of_these(planned)} that would find {_effect(analysis, planned)}, if it is there, in "
        f"{100 * planned.target:g} of 100 cases ({power} power): the narrower the question, the cheaper."
        + (
            " Costs are what was paid here for such programs."
            if any(row.usd is not None for row in rows)
            else ""
        )
    )
    blocks: list[Block] = []
    if planned.tasks is not None:
        blocks += _over_tasks(planned.tasks, planned.target)
        blocks.append(Heading("These tasks only"))
    blocks += [Prose((lead,)), Grid(_table(rows[:_UNFOLDED], "Designs for the next study"))]
    if len(rows) > _UNFOLDED:
        rest = rows[_UNFOLDED:_MOST_ROWS]
        blocks.append(Grid(_table(rest, "Further designs"), summary=f"{len(rest)} further designs"))
    return tuple(blocks)


def _of_these(planned: PlanResult) -> str:
    return "" if planned.tasks is None else f" of these {planned.tasks.tasks} tasks"


def _effect(analysis: Analysis, planned: PlanResult) -> str:
    if planned.passed is not None:
        return f"a difference of {100 * planned.effect:.3g} points of the pass rate"
    return effect_words(analysis)


def _over_tasks(plan: TaskPlan, target: float) -> list[Block]:
    if not plan.questions:
        return [Prose((sentence(f"There is no plan over tasks like these: {plan.note}"),))]
    blocks: list[Block] = [Heading("Tasks and replicates"), Prose((plan_tasks.lead(plan, target),))]
    for question in plan.questions[:_MOST_QUESTIONS]:
        blocks.append(Grid(_splits(question)))
        blocks.append(Prose(plan_tasks.about(question)))
    return blocks


def _splits(question: TaskQuestion) -> Table:
    columns = ("tasks (recommended)", "per treatment and task", "programs", "calls", "cost", "")
    rows = [(*plan_tasks.row(split), remark) for split, remark in plan_tasks.shown(question)]
    called = f"{question_name(question.question)}: {plan_tasks.difference(question.effect, question)}"
    return trimmed(
        Table(
            caption=called,
            columns=columns,
            rows=tuple(rows),
            text_columns=frozenset({5}),
        )
    )


def _table(rows: tuple[PlanRow, ...], caption: str) -> Table:
    return trimmed(
        Table(
            caption=caption,
            columns=(
                "design",
                "question",
                "per treatment",
                "programs",
                "calls",
                "cost",
                "time",
                "at the budget",
            ),
            rows=tuple(_row(row) for row in rows),
            text_columns=frozenset({0, 1}),
        )
    )


def _row(row: PlanRow) -> tuple[str, ...]:
    remark = f" ({one_line(row.note, limit=160)})" if row.note else ""
    return (
        one_line(row.design, limit=80) + remark,
        question_name(row.question),
        whole(row.replicates_per_treatment),
        whole(row.programs),
        whole(row.calls),
        dollars(row.usd),
        MISSING if row.hours is None else duration(3600 * row.hours),
        MISSING if row.power_at_budget is None else percent(row.power_at_budget),
    )
