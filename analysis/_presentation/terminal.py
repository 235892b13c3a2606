"""The story of the report in a terminal: at most 60 lines of at most 80 columns, plain ASCII of our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .._inference.conclusions import PASSED, TREATMENT
from .caveats import caveats
from .findings import findings, question_name, term_name
from .names import back, effect_words, value_number
from .planned_passing import difference_words, passing_rows
from .tables import reason
from .tasks import spread_words, task_rows
from .text import (
    MISSING,
    count,
    dollars,
    duration,
    in_ascii,
    listing,
    middle_cut,
    number,
    one_line,
    p_value,
    percent,
    whole,
    wrapped,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from .._analysis import Analysis
    from .._inference.conclusions import Conclusion
    from .._models.anova import Term
    from .._models.tasks import OverTerm

MOST_LINES: Final = 60
_BOLD, _DIM, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_MOST_TERMS, _MOST_BESIDE, _MOST_QUESTIONS, _LEAST_TREATMENTS, _CAVEAT_LINES = 8, 8, 6, 3, 8
_LEAST_CAVEAT_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class _Part:
    """A heading and the lines below it; an empty part is not shown."""

    heading: str
    lines: tuple[str, ...]

    @property
    def height(self) -> int:
        """Lines that it takes, the blank one before it included."""
        return len(self.lines) + 2 if self.lines else 0


def summary(analysis: Analysis, *, width: int = 80, color: bool = False, written: Sequence[Path] = ()) -> str:
    """Return the summary of an analysis.

    Parameters
    ----------
    width : columns of the terminal; text is wrapped and tables are cut to it (at least 40).
    color : whether to use a terminal's bold and dim letters.
    written : files that were written, the page first; the end says where they are.
    """
    width = max(width, 40)
    title = wrapped(_title(analysis), width)
    parts = [
        _Part("What was found", tuple(_numbered(findings(analysis), width))),
        _Part(_anova_heading(analysis), tuple(_anova(analysis, width))),
        _Part("", ()),  # treatments: as many as fit
        _Part(
            "Tasks: programs that passed, and times in multiples of the reference",
            tuple(_tasks(analysis, width)),
        ),
        _Part(_power_heading(analysis), tuple(_power(analysis, width))),
        _Part(
            "Spread, noise and cost",
            tuple(_variance(analysis, width) + _noise(analysis, width) + _cost(analysis, width)),
        ),
        _Part("Mind this", ()),  # remarks: as many as fit beside a few treatments
        _Part("Written", tuple(_written(written, width))),
    ]
    room = MOST_LINES - len(title) - sum(part.height for part in parts) - 3
    mind = _mind(analysis, width, min(_CAVEAT_LINES, max(room - _LEAST_TREATMENTS - 3, _LEAST_CAVEAT_LINES)))
    parts[6] = _Part("Mind this", tuple(mind))
    room -= parts[6].height
    parts[2] = _Part(
        _treatments_heading(analysis), tuple(_treatments(analysis, width, max(room, _LEAST_TREATMENTS)))
    )
    lines = [(line, _BOLD) for line in title]
    for part in parts:
        if part.lines:
            lines += [("", ""), *((line, _BOLD) for line in wrapped(part.heading, width)[:1])]
            lines += [(line, _DIM if i == 0 and _is_table(part) else "") for i, line in enumerate(part.lines)]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], ("... the rest is in the report: --out DIR", _DIM)]
    return "\n".join(_styled(in_ascii(line).rstrip()[:width], style, color=color) for line, style in lines)


def _styled(line: str, style: str, *, color: bool) -> str:
    return f"{style}{line}{_RESET}" if color and style and line else line


def _is_table(part: _Part) -> bool:
    return part.lines[0].startswith("  ") and len(part.lines) > 1 and "  p" in part.lines[0]


def _numbered(sentences: Iterable[str], width: int) -> list[str]:
    lines: list[str] = []
    for i, sentence in enumerate(sentences, 1):
        lines += wrapped(one_line(sentence, limit=600), width, before=f"  {i}. ", after="     ")
    return lines


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Align columns, the first to the left; its middle is left out where the table would be too wide."""
    rows = [[in_ascii(cell) for cell in row] for row in [head, *rows]]
    sizes = [max(len(row[i]) for row in rows) for i in range(len(head))]
    sizes[0] = max(8, min(sizes[0], width - 2 - sum(size + 2 for size in sizes[1:])))
    lines = []
    for row in rows:
        name = row[0] if len(row[0]) <= sizes[0] else in_ascii(middle_cut(row[0], sizes[0] - 2))
        cells = (f"{cell:>{size}}" for cell, size in zip(row[1:], sizes[1:], strict=True))
        lines.append("  ".join((f"  {name:<{sizes[0]}}", *cells)).rstrip())
    return lines


def _tasks(analysis: Analysis, width: int) -> list[str]:
    tasks = analysis.tasks
    if tasks is None:
        return []
    rows = _table(
        ("task", "passed", "ratio", f"{percent(1 - analysis.options.alpha)} interval"),
        list(task_rows(tasks)),
        width,
    )
    words = spread_words(tasks)
    return [*rows, *(() if words is None else wrapped(words, width, before="  ", after="  "))]


def _title(analysis: Analysis) -> str:
    results, sample = analysis.results, analysis.sample
    factors = (
        f"{one_line(name, limit=30)} ({len(levels)})"
        for name, levels in results.factors.items()
        if name not in results.derived
    )
    study = f'Study "{one_line(results.study, limit=60)}": ' if results.study else ""
    return (
        f"{study}{count(int(sample.generated.sum()), 'program')} in {count(len(sample.treatments), 'treatment')}, "
        f"{' x '.join(factors)}"
    )


def _anova_heading(analysis: Analysis) -> str:
    table = analysis.anova
    if table is None:
        return "Analysis of variance"
    if analysis.tasks is not None and analysis.tasks.random:
        return f"Over tasks like these ({analysis.tasks.response}): what treatments do from task to task is chance"
    return f"Analysis of variance (type {table.type}, {analysis.sample.response}, {one_line(table.model, limit=60)})"


def _anova(analysis: Analysis, width: int) -> list[str]:
    """Questions of the report with all of their p values, one line each; F stands beside those on times.

    Of those beside times and the treatments' pass rates there are the ones that have an answer.
    """
    table, asked = analysis.anova, analysis.conclusions
    over = analysis.tasks.over if analysis.tasks is not None and analysis.tasks.random else None
    terms: dict[str, Term | OverTerm] = {} if table is None else {term.term: term for term in table.terms}
    terms |= {} if over is None else {term.term: term for term in over}
    none = (
        wrapped(f"There is none. {reason(analysis)}", width, before="  ", after="  ") if table is None else []
    )
    if all(c.p is None for c in asked) and table is None:
        return none
    times = [c for c in asked if c.kind == "times"]
    rows = [_question(c, terms.get(c.question)) for c in times[:_MOST_TERMS]]
    if table is not None and over is None:
        rows.append(("residual", f"{table.residual_df}", "", "", "", ""))
    beside = [c for c in asked if c.kind != "times"]
    shown = [c for c in beside if c.question == TREATMENT or c.answer in {"different", "equivalent"}]
    rows += [_question(c, None) for c in shown[:_MOST_BESIDE]]
    lines = _table(("question", "df", "F", "p", "p adjusted", "answer"), rows, width)
    left = max(0, len(times) - _MOST_TERMS) + len(beside) - len(shown[:_MOST_BESIDE])
    if left:
        lines.append(f"  ... {count(left, 'further question')} without an answer")
    return [*none, *lines]


def _question(conclusion: Conclusion, term: Term | OverTerm | None) -> tuple[str, ...]:
    return (
        _asked(conclusion),
        MISSING if term is None else f"{term.df}",
        MISSING if term is None else number(term.f),
        p_value(conclusion.p),
        p_value(conclusion.p_adjusted),
        conclusion.answer,
    )


def _asked(conclusion: Conclusion) -> str:
    """Return what a question is about in a few words."""
    name = term_name(conclusion.question)
    if conclusion.kind == "times":
        return name
    if conclusion.kind == "passing":
        return "pass rates" if conclusion.question == TREATMENT else f"pass rates: {name}"
    if conclusion.kind == "time-outs":
        return f"with time-outs: {name}"
    if conclusion.kind == "nested":
        return f"same trajectories: {name}"
    if conclusion.kind == "trend":
        return f"trend over {one_line(conclusion.question.removesuffix(': linear'), limit=60)}"
    kind = "team, pass rates" if conclusion.response == PASSED else "team, times"
    return f"{kind}: {one_line(conclusion.question.removeprefix('synergy: '), limit=60)}"


def _treatments_heading(analysis: Analysis) -> str:
    unit = {
        "seconds": "seconds",
        "log": "seconds (geometric)",
        "ratio": "multiple of the reference",
        "cpu": "CPU seconds",
    }
    return f"Treatments: programs that passed, and their mean {unit[analysis.sample.response]}"


def _treatments(analysis: Analysis, width: int, room: int) -> list[str]:
    """One line each, as many as there is room for, the first ones of the study."""
    rates = {rate.level: rate for rate in analysis.failures.rates if rate.factor == "treatment"}
    means = {mean.level: mean for mean in analysis.means if mean.factor == "treatment"}
    rows = []
    for treatment in analysis.sample.treatments:
        rate, mean = rates.get(treatment.label), means.get(treatment.label)
        low, high = (back(analysis, mean.ci_low), back(analysis, mean.ci_high)) if mean else (None, None)
        rows.append(
            (
                one_line(treatment.label, limit=400),
                MISSING if rate is None else f"{rate.passed}/{rate.programs}",
                MISSING if rate is None else f"{percent(rate.ci_low)} to {percent(rate.ci_high)}",
                value_number(
                    back(analysis, mean.estimate) if mean else None,
                    bound=treatment.label in analysis.bounds.treatments,
                ),
                MISSING if low is None else f"{number(low)} to {number(high)}",
            )
        )
    shown = rows if len(rows) <= room else rows[: max(room - 1, 1)]
    confidence = percent(1 - analysis.options.alpha)
    lines = _table(
        ("treatment", "passed", f"{confidence} interval", "mean", f"{confidence} interval"), shown, width
    )
    if len(rows) > len(shown):
        lines.append(
            f"  ... and {count(len(rows) - len(shown), 'further treatment')}; the report has them all"
        )
    return lines


def _variance(analysis: Analysis, width: int) -> list[str]:
    parts = analysis.variance
    named = (
        ("programs", parts.program),
        ("lists", parts.list),
        ("program by list", parts.program_list),
        ("runs", parts.run),
    )
    # Without what programs differ by there is no whole that anything could be a share of.
    shares, total = parts.program is not None, sum(value for _, value in named if value is not None)
    components = [
        f"{name} {number(value)}" + (f" ({percent(value / total)})" if total > 0 and shares else "")
        for name, value in named
        if value is not None
    ]
    if not components:
        notes = "; ".join(one_line(note, limit=200) for note in parts.notes[:1]) or "not known"
        return wrapped(f"Variance components: {notes}", width, before="  ", after="  ")
    sigma = analysis.sample.sigma
    spread = (
        ""
        if sigma.value is None
        else f"; SD between programs of a treatment {number(sigma.value)} {analysis.sample.unit}"
    )
    return wrapped(f"Variance: {', '.join(components)}{spread}", width, before="  ", after="  ")


def _power_heading(analysis: Analysis) -> str:
    asked, of_passing = analysis.power, analysis.further.passing.power
    if asked is not None:
        return f"Programs for {percent(asked.target)} power to find {effect_words(analysis)}"
    if of_passing is not None and of_passing.contrasts:
        what = difference_words(of_passing)
        if of_passing.tasks > 1:
            what = f"{what.removesuffix(' programs')} (these tasks)"
        return f"Programs for {percent(of_passing.target)} power to find {what}"
    return "Power"


def _power(analysis: Analysis, width: int) -> list[str]:
    asked, of_passing = analysis.power, analysis.further.passing.power
    if asked is None and of_passing is not None and of_passing.contrasts:
        head, *pairs = passing_rows(of_passing)
        return _table(head, pairs[:_MOST_QUESTIONS], width)
    if asked is None:
        return wrapped(
            "Say which difference matters: --effect 25% (a ratio), --effect 0.5 (seconds), or --response passed "
            "--effect 0.2 (20 of 100 programs)",
            width,
            before="  ",
            after="  ",
        )
    rows = [
        (
            question_name(test.name),
            percent(test.power),
            whole(test.replicates_required),
            whole(test.total_required),
            dollars(test.cost_usd),
            whole(test.replicates_recommended),
        )
        for test in list(asked.tests())[:_MOST_QUESTIONS]
    ]
    head = ("question", "power now", "each", "in all", "cost", "to be safe")
    lines = _table(head, rows, width)
    if analysis.published is not None and analysis.published.total_required is not None:
        published = analysis.published
        lines += wrapped(
            f"The published reasoning (f = {number(published.f, digits=4)}) would say: "
            f"power {percent(published.power)}, {published.total_required:,} programs in all. "
            "It is wrong; the report says why.",
            width,
            before="  ",
            after="  ",
        )
    return lines


def _cost(analysis: Analysis, width: int) -> list[str]:
    cost = analysis.cost
    seconds = sum(row.timing_seconds for row in cost.by_treatment)
    paid = (
        one_line(cost.note or "prices are not known", limit=200)
        if cost.usd is None
        else f"{dollars(cost.usd)} in all, {dollars(cost.usd_per_replicate)} a program"
    )
    return wrapped(f"Cost: {paid}; {duration(seconds)} of timed runs.", width, before="  ", after="  ")


def _noise(analysis: Analysis, width: int) -> list[str]:
    known = [floor for floor in analysis.noise if floor.typical is not None]
    if not known:
        text = "Noise: not known, the reference was not timed in several blocks."
    else:
        text = (
            "Noise: the reference differs from itself by "
            + listing(
                f"{percent(floor.typical, decimals=1)} ({percent(floor.largest, decimals=1)} at most)"
                for floor in known
            )
            + " between blocks."
        )
    return wrapped(text, width, before="  ", after="  ")


def _mind(analysis: Analysis, width: int, most: int) -> list[str]:
    """As many caveats as fit in a few lines, whole ones only; the report has all."""
    remarks = caveats(analysis)
    printed: list[str] = []
    for i, caveat in enumerate(remarks):
        lines = wrapped(caveat, width, before="  - ", after="    ")
        if printed and len(printed) + len(lines) > most - 1 + (i == len(remarks) - 1):
            printed.append(f"  - {count(len(remarks) - i, 'further remark')} in the report (--out DIR)")
            break
        printed += lines[:most]
    return printed


def _written(written: Sequence[Path], width: int) -> list[str]:
    if not written:
        return []
    first, others = written[0], len(written) - 1
    text = f"{one_line(first, limit=400)}" + (f" and {count(others, 'file')} beside it" if others else "")
    return wrapped(text, width, before="  ", after="  ")
