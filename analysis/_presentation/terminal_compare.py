"""The comparison of two sets of benchmark files, in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .text import MISSING, count, in_ascii, middle_cut, number, one_line, p_phrase, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._commands.compare import ComparedBenchmark, Comparison

_WIDTH, _NAME, _MOST = 80, 30, 40


def text(result: Comparison) -> str:
    """Return the answer, a line for each benchmark, and what to run next."""
    lines = [*_head(result), "", *_table(result)]
    for note in (*_reasons(result), *result.notes):
        lines += wrapped(note, _WIDTH, before="  - ", after="    ")
    if any(", p " in line for line in lines):
        lines += wrapped("p is how often chance alone does as much.", _WIDTH, before="  - ", after="    ")
    if result.advice:
        lines += ["", *wrapped(f"Next: {result.advice}", _WIDTH)]
    return "\n".join(in_ascii(line).rstrip() for line in lines)


def _head(result: Comparison) -> list[str]:
    answers = [row.conclusion.answer for row in result.benchmarks]
    sessions = ", ".join(
        f"{answers.count(answer)} {answer}"
        for answer in ("different", "equivalent", "undecided", "untestable")
        if answer in answers
    )
    return wrapped(
        f"{count(len(answers), 'benchmark')}: {sessions}. {count(len(result.old), 'session')} of the old side, "
        f"{count(len(result.new), 'session')} of the new one."
        + (
            " Compared are multiples of the reference that was timed in the same session."
            if result.response != "seconds"
            else ""
        ),
        _WIDTH,
    )


def _table(result: Comparison) -> Iterator[str]:
    what = "s" if result.response == "seconds" else "ratio"
    yield f"  {'benchmark':<{_NAME}}  {f'old {what}':>9}  {f'new {what}':>9}  {'new / old':>20}  answer"
    ranked = sorted(result.benchmarks, key=lambda row: row.conclusion.answer != "different")
    for row in ranked[:_MOST]:
        yield _line(row)
    if len(ranked) > _MOST:
        yield f"  ... and {len(ranked) - _MOST} more; --json has them all"


def _line(row: ComparedBenchmark) -> str:
    c = row.conclusion
    old, new = (
        (row.old_seconds, row.new_seconds) if c.response == "seconds" else (row.old_ratio, row.new_ratio)
    )
    name = middle_cut(one_line(c.question, limit=200), _NAME)
    ratio = MISSING if c.estimate is None else number(c.estimate)
    if c.ci_low is not None:
        ratio += f" ({number(c.ci_low)}-{number(c.ci_high)})"
    p = "" if c.p_adjusted is None or c.answer == "equivalent" else f", {p_phrase(c.p_adjusted)}"
    return f"  {in_ascii(name):<{_NAME}}  {number(old):>9}  {number(new):>9}  {ratio:>20}  {c.answer}{p}"


def _reasons(result: Comparison) -> list[str]:
    """Return why there is no answer, each reason once."""
    return list(
        dict.fromkeys(
            row.conclusion.why
            for row in result.benchmarks
            if row.conclusion.why is not None and not row.conclusion.why.startswith("only the ")
        )
    )
