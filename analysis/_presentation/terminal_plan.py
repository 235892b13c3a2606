"""The plan for a terminal of 80 columns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from . import plan_tasks
from .findings import question_name
from .text import dollars, in_ascii, number, whole, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._commands.plan import PlanResult
    from .._commands.plan_rows import PlanRow
    from .._commands.plan_tasks import TaskPlan, TaskQuestion
    from .._sequential.schedule import Schedule

_MOST_QUESTIONS = 3
_HEAD = "      USD  each (safe)  programs    calls   hours"


def text(plan: PlanResult) -> str:
    """Return lines of at most 80 columns, the cheapest design first."""
    return in_ascii("\n".join(_lines(plan)))


def _lines(plan: PlanResult) -> Iterator[str]:
    if plan.tasks is not None:
        yield from _tasks(plan.tasks, plan.target)
        yield ""
    yield from _lead(plan)
    yield ""
    yield _HEAD + ("" if plan.budget is None else f"  power for {dollars(plan.budget)}")
    for row in plan.rows:
        yield from _row(plan, row)
    dearest = [row.usd for row in plan.rows if row.usd]
    if len(dearest) > 1 and dearest[-1] >= 2 * dearest[0]:
        yield ""
        yield from wrapped(
            f"The choice of question and design is worth a factor of {dearest[-1] / dearest[0]:.0f}."
        )
    if plan.notes:
        yield ""
    for note in plan.notes:
        yield from wrapped(f"- {note[0].upper()}{note[1:]}.", after="  ")


def _lead(plan: PlanResult) -> Iterator[str]:
    sought = (
        f"Designs that find {_effect(plan)}, if it is there, in {100 * plan.target:g} of 100 studies "
        f"({plan.target:.0%} power), and one that is not there in {100 * plan.alpha:g} of 100 (alpha"
    )
    if plan.sigma is None or plan.sigma_ci is None or plan.sigma_upper is None:
        yield from wrapped(
            f"{sought} {plan.alpha:g}), cheapest first: two levels by Boschloo's exact test, all outcomes enumerated. "
            '"each" is programs to make of each treatment.'
        )
        return
    yield from wrapped(
        f"{sought} {plan.alpha:g}), cheapest first. Programs of the same treatment differ by {plan.sigma:.3g} "
        f"(standard deviation, SD; anything from {plan.sigma_ci[0]:.3g} to {plan.sigma_ci[1]:.3g} would fit)."
    )
    yield from wrapped(
        '"each" is programs to make of each treatment, those that will fail included; "(safe)" is the recommended '
        f"number, for the upper 80 % limit of the SD ({plan.sigma_upper:.3g})."
    )


def _effect(plan: PlanResult) -> str:
    """Return the difference to be found: a factor where logarithms are compared, points for pass rates."""
    if plan.unit.startswith("ln("):
        return f"a factor of {number(math.exp(min(plan.effect, 700.0)))}"
    if plan.passed is not None:
        return f"a difference of {100 * plan.effect:.3g} of 100 programs"
    return f"a difference of {plan.effect:g} {plan.unit}"


def _tasks(plan: TaskPlan, target: float) -> Iterator[str]:
    if not plan.questions:
        yield from wrapped(f"There is no plan over tasks: {plan.note}.")
        return
    yield from wrapped(plan_tasks.lead(plan, target))
    for question in plan.questions[:_MOST_QUESTIONS]:
        yield from _question(question)
    rest = len(plan.questions) - _MOST_QUESTIONS
    if rest > 0:
        yield from wrapped(f"(--json has {rest} further comparisons.)")


def _question(question: TaskQuestion) -> Iterator[str]:
    yield ""
    note = f", {question.note}" if question.note else ""
    yield from wrapped(f"{question.question}: {plan_tasks.difference(question.effect, question)}{note}")
    yield f"{'tasks (safe)':>16}  {'each':>5}  {'programs':>8}  {'calls':>7}  {'USD':>9}"
    for split, remark in plan_tasks.shown(question):
        tasks, each, programs, calls, usd = plan_tasks.row(split)
        yield f"{tasks:>16}  {each:>5}  {programs:>8}  {calls:>7}  {usd:>9}  {remark}".rstrip()
    for sentence in plan_tasks.about(question):
        yield from wrapped(sentence)


def _row(plan: PlanResult, row: PlanRow) -> Iterator[str]:
    each = f"{whole(row.replicates_per_treatment)} ({whole(row.replicates_recommended)})"
    line = (
        f"{dollars(row.usd):>9}  {each:>11}  {whole(row.programs):>8}  {whole(row.calls):>7}  "
        f"{'-' if row.hours is None else f'{row.hours:.2f}':>6}"
    )
    if plan.budget is not None:
        line += "  " + (
            "-"
            if row.power_at_budget is None
            else f"{row.power_at_budget:.0%} ({row.replicates_at_budget} each)"
        )
    yield line
    yield from wrapped(f"{question_name(row.question)} | {row.design}", before=" " * 11, after=" " * 13)
    if row.note:
        yield from wrapped(f"({row.note})", before=" " * 13, after=" " * 13)
    if row.sequential is not None:
        yield from wrapped(_sequential(row.sequential), before=" " * 13, after=" " * 13)


def _sequential(plan: Schedule) -> str:
    looks = ", ".join(f"{n}" for n in plan.replicates_per_treatment)
    p = ", ".join(f"{bound.nominal_p:.2g}" for bound in plan.bounds)
    return (
        f"in {len(plan.bounds)} looks at {looks} each ({plan.spending}, futility {plan.futility}): stop where "
        f"p <= {p}; power {plan.power:.1%}, false alarms {plan.type_one:.1%}; {plan.expected_if_effect:.0f} programs "
        f"on average if the effect is there, {plan.expected_if_nothing:.0f} if nothing is, {plan.most_programs:,} at "
        "most"
    )
