"""The negative control for a terminal of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .text import wrapped

if TYPE_CHECKING:
    from .._commands.negative_control import FalsePositives, NegativeResult


def text(result: NegativeResult) -> str:
    """Return lines of at most 80 columns."""
    lines = wrapped(
        f"Negative control: the {result.programs} programs that passed were given to the {result.treatments} "
        f"treatments at random, {result.resamples:,} times (seed {result.seed}), so that nothing but chance differs. "
        f"A sound test finds a difference {result.alpha:.0%} of the time: compare what each one found, give or take "
        "the error of this simulation (MC error)."
    )
    lines += ["", f"{'found':>7}  {'+- MC error':>11}  {'p here':>8}  test"]
    for test in result.tests:
        lines += _line(test)
    lines += [""]
    for note in result.notes:
        lines += wrapped(f"- {note}", after="  ")
    return "\n".join(lines)


def _line(test: FalsePositives) -> list[str]:
    if test.rate is None or test.error is None:
        return wrapped(f"{test.test}: {test.note}", before=f"{'-':>7}  {'-':>11}  {'-':>8}  ", after=" " * 32)
    p = "-" if test.p is None else f"{test.p:.3g}"
    before = f"{test.rate:>7.1%}  {test.error:>11.2%}  {p:>8}  "
    note = f" ({test.note})" if test.note else ""
    return wrapped(f"{test.test}{note}", before=before, after=" " * 32)
