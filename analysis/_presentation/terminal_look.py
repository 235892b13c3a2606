"""A group-sequential look for a terminal of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._commands.look import FUTILE, NOT_SHOWN, SHOWN
from .text import wrapped

if TYPE_CHECKING:
    from .._commands.look import LookResult


def text(result: LookResult) -> str:
    """Return lines of at most 80 columns."""
    plan, look = result.plan, result.look
    lines = [f"Look {look.number} of {plan.looks}: {look.decision.upper()}", ""]
    lines += wrapped(
        f"Question: {plan.question}; {len(look.programs)} programs, {look.replicates:.3g} of {plan.planned_end} "
        f"replicates per treatment ({result.fraction:.0%} of the information)."
    )
    if plan.end is not None:
        lines += wrapped(
            f"The size was changed at look {plan.changed_at}, from {plan.replicates} to {plan.end} per treatment: the "
            "programs of each stage are tested by themselves, and the stages are put together with weights that the "
            f"first look fixed. The study ends at look {plan.looks}, not before."
        )
    lines += wrapped(_figures(result))
    lines += wrapped(_meaning(result))
    lines += wrapped(
        f"Of the false alarms that the study allows itself ({plan.alpha:g}), {look.spent:.3g} may be used by now "
        f"({plan.spending}). Ordinary p values and intervals of these data are not valid by themselves, as they know "
        "nothing of the other looks."
    )
    if note := result.note:
        lines += wrapped(note)
    lines += wrapped(f"Kept in {result.path}")
    return "\n".join(lines)


def _figures(result: LookResult) -> str:
    look = result.look
    if result.plan.end is not None:
        return _sum(result)
    bound = "no value suffices yet" if look.efficacy is None else f"the bound is {look.efficacy:.4g}"
    line = f"F({result.df_num}, {look.df_den}) = {look.statistic:.4g}; {bound}"
    if look.efficacy is not None:
        line += f" (p <= {look.nominal_p:.2g})"
    if look.futility is not None:
        line += f", futility at or below {look.futility:.3g} ({result.plan.futility})"
    line += "."
    if result.estimate is not None and result.interval is not None:
        line += (
            f" Difference {result.estimate:.3g} {result.unit}, repeated {1 - result.plan.alpha:.0%} interval "
            f"{result.interval[0]:.3g} to {result.interval[1]:.3g}."
        )
    return line


def _sum(result: LookResult) -> str:
    """Return what the stages show together."""
    look = result.look
    bound = "no value suffices yet" if look.z_bound is None else f"the bound is {look.z_bound:.4g}"
    side = "" if result.df_num > 1 else ", on either side"
    line = f"Stages together: z = {look.z:.4g}; {bound}{side} (p <= {look.nominal_p:.2g})."
    if result.estimate is not None and result.interval is not None:
        low, high = result.interval
        line += (
            f" Difference {result.estimate:.3g} {result.unit} in all programs, repeated "
            f"{1 - result.plan.alpha:.0%} interval {low:.3g} to {high:.3g}."
        )
    return line


def _meaning(result: LookResult) -> str:
    plan, decision = result.plan, result.look.decision
    here = f" on these {result.tasks} tasks" if result.tasks > 1 else ""
    if decision == SHOWN:
        limit = f"{'about' if plan.own_spread and not plan.blinded else 'at most'} {plan.alpha:.0%}"
        early = "A difference that stops a study early is on average smaller than it looks."
        return (
            f"The treatments differ{here}. All looks together err {limit} of the time when nothing differs. "
            f"{_only(result) or early}"
        )
    if decision == FUTILE:
        heed = (
            "The stop is binding: going on would break the error rate."
            if plan.futility == "binding"
            else "The stop is advice: going on does not harm the error rate."
        )
        return f"A difference of {plan.effect:g} {result.unit}{here} has become unlikely to be shown. {heed}"
    if decision == NOT_SHOWN:
        end = (
            f"The study is at its end and has shown no difference{here}. That is no proof that there is none."
        )
        return f"{end} {_only(result)}".rstrip()
    return "Nothing is decided. Record more programs of every treatment, then look again."


def _only(result: LookResult) -> str:
    """Return what is special about a study that was complete before anyone looked."""
    if result.look.number > 1 or result.look.replicates < result.plan.planned_end:
        return ""
    return (
        "The data held the planned end already, so this first look is the only one, at the full error rate."
    )
