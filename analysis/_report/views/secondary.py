"""Passing in figures, time-outs, equivalence, trends and turns: tables, each only where there is something in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._presentation.findings import term_name
from ..._presentation.secondary_sentences import limits_of
from ..._presentation.text import MISSING, count, number, one_line, p_value, p_words, percent
from ..figure import Table, trimmed
from ..page_blocks import Grid, Heading, Picture, Prose, Section
from .teams import by_turn, credit
from .time_outs import time_outs
from .trends import trends

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..._analysis import Analysis
    from ..._inference.synergy import Turns
    from ..figure import Figure
    from ..page_blocks import Block

_MOST_ROWS = 300
_LONG = 12
"""Rows from which on a table is folded."""


def passing(analysis: Analysis) -> tuple[Block, ...]:
    """Differences of pass rates, terms and pass@k; nothing where all programs passed, or none."""
    rates = analysis.further.passing
    everything = rates.rates[0]
    if not 0 < everything.passed < everything.programs:
        return ()
    rows: list[tuple[str, ...]] = [
        (
            f"{one_line(d.factor, limit=40)}: {one_line(d.a, limit=60)} - {one_line(d.b, limit=60)}",
            _points(d.difference),
            f"{_points(d.ci_low)} to {_points(d.ci_high)}",
            p_value(d.p_exact),
            p_value(d.p_adjusted),
            d.method,
        )
        for d in rates.differences
    ]
    columns: tuple[str, ...] = ("difference of pass rates", "points", "interval", "p", "p (Holm)", "method")
    blocks = _grid("Differences of pass rates, percentage points", columns, rows, words={0, 5})
    terms = [
        (term_name(t.term), str(t.df), number(t.chi_sq), p_value(t.p), t.method, t.note or "")
        for t in rates.terms
    ]
    blocks += _grid(
        "What matters for passing",
        ("term", "df", "chi-square", "p", "method", "note"),
        terms,
        words={0, 4, 5},
    )
    if rates.stratified is not None:
        s = rates.stratified
        odds = "infinite" if s.odds_ratio is None else number(s.odds_ratio)
        common = (
            f"Compared within each task and level of the other factors ({count(s.strata, 'comparison')}), the odds of "
            f"passing (programs that pass for each that fails) with {one_line(s.factor, limit=40)} "
            f"{one_line(s.a, limit=60)} are {odds} times those with {one_line(s.b, limit=60)} ({p_words(s.p_exact)})."
        )
        blocks.append(Prose((common,)))
    if len(rates.pass_at_k) > 1:
        rows = [
            (f"pass@{r.k}", percent(r.estimate), f"{percent(r.ci_low)} to {percent(r.ci_high)}")
            for r in rates.pass_at_k
        ]
        blocks += _grid(
            "The chance that one of k programs passes", ("k", "estimate", "interval"), rows, words={0}
        )
    if rates.power is not None:
        rows = [
            (
                one_line(row.name, limit=80),
                f"{percent(row.rates[0])} and {percent(row.rates[1])}",
                percent(row.power),
                MISSING if row.replicates_required is None else f"{row.replicates_required:,}",
                MISSING if row.total_required is None else f"{row.total_required:,}",
            )
            for row in rates.power.contrasts
        ]
        columns = ("comparison", "rates", "power here", "replicates", "programs")
        blocks += _grid("Programs that a difference of pass rates takes", columns, rows, words={0})
    return tuple(blocks)


def sections(analysis: Analysis) -> tuple[Section, ...]:
    """Return the sections on time-outs, equivalence, trends and turns; those without content have no blocks."""
    return (
        Section(ident="time-outs", title="Time-outs", blocks=_late(analysis)),
        Section(ident="equal", title="Small enough not to matter?", blocks=_equivalence(analysis)),
        Section(ident="trends", title="Trends", blocks=_trends(analysis)),
        Section(ident="turns-judged", title="What turns did", blocks=_turns(analysis.further.turns)),
    )


def _late(analysis: Analysis) -> tuple[Block, ...]:
    late = analysis.further.censored
    if late is None:
        return ()
    words = (
        f"{count(late.timeouts, 'program')} took longer than {limits_of(late)}; nobody knows how much. Here they count "
        "as that and no more; programs that failed otherwise are left out."
    )
    if late.logrank.p is not None:
        words += f" Do the treatments differ in how soon programs are done? Log-rank test: {p_words(late.logrank.p)}."
    blocks: list[Block] = [Prose((words,)), *_pictures(time_outs(analysis))]
    rows = [
        (
            f"{one_line(r.factor, limit=40)}: {one_line(r.a, limit=60)} / {one_line(r.b, limit=60)}",
            number(r.estimate),
            _interval(r.ci_low, r.ci_high),
            p_value(r.p),
            r.note or "",
        )
        for r in late.aft.time_ratios
    ]
    blocks += _grid(
        "Ratios of times, log-normal model", ("levels", "ratio", "interval", "p", "note"), rows, words={0, 4}
    )
    means = [(one_line(r.treatment, limit=80), number(r.estimate), number(r.se)) for r in late.rmst]
    blocks += _grid("Mean seconds up to the limit", ("treatment", "mean", "standard error"), means, words={0})
    return tuple(blocks)


def _equivalence(analysis: Analysis) -> tuple[Block, ...]:
    rows = [
        (
            one_line(r.contrast, limit=100),
            number(r.margin),
            _interval(r.ci_low, r.ci_high),
            p_value(r.p),
            r.answer,
            MISSING if r.replicates_required is None else f"{r.replicates_required:,}",
        )
        for r in analysis.further.equivalence
    ]
    columns = ("comparison", "margin", "interval", "p", "answer", "replicates it takes")
    return tuple(_grid("Planned comparisons against the margin", columns, rows, words={0, 4}))


def _trends(analysis: Analysis) -> tuple[Block, ...]:
    rows = [
        (
            one_line(t.factor, limit=60),
            number(t.slope),
            _interval(t.ci_low, t.ci_high),
            p_value(t.p),
            t.note or "",
        )
        for t in analysis.further.trend
        if t.p is not None
    ]
    columns = ("factor", f"slope ({analysis.sample.unit} per unit)", "interval", "p", "note")
    return (*_pictures(trends(analysis)), *_grid("Linear trends", columns, rows, words={0, 4}))


def _turns(turns: Turns | None) -> tuple[Block, ...]:
    if turns is None:
        return ()
    blocks = _pictures(by_turn(turns))
    rows = [
        (
            one_line(t.treatment, limit=80),
            str(t.agent),
            *(f"{v}" for v in (t.mended, t.broke, t.faster, t.slower, t.unchanged, t.undone, t.no_program)),
            str(t.turns),
        )
        for t in turns.transitions
    ]
    columns: tuple[str, ...] = (
        "treatment",
        "agent",
        "mended",
        "broke",
        "faster",
        "slower",
        "unchanged",
        "undone",
        "no program",
        "turns",
    )
    blocks += _grid("What turns made of the program they were given", columns, rows, words={0})
    blocks += _pictures(credit(turns))
    if any(row.count for row in turns.invented_names):
        rows = [
            (
                one_line(i.treatment, limit=80),
                f"{i.count}/{i.turns}",
                percent(i.rate),
                f"{percent(i.ci_low)} to {percent(i.ci_high)}",
            )
            for i in turns.invented_names
        ]
        blocks += _grid(
            "Names that do not exist", ("treatment", "turns", "rate", "interval"), rows, words={0}
        )
    rows = [
        (
            one_line(s.team, limit=80),
            one_line(s.nominal, limit=80),
            number(s.difference),
            _interval(s.ci_low, s.ci_high),
            p_value(s.p),
            s.note or "",
        )
        for s in turns.synergy
    ]
    columns = ("team", "same agents by themselves", "difference (log ratio)", "interval", "p", "note")
    blocks += _grid(
        "Teams against the same agents by themselves: below 0 the team is faster",
        columns,
        rows,
        words={0, 1, 5},
    )
    return tuple(blocks)


def _pictures(figure: Figure | None) -> list[Block]:
    """Return a figure under its title; nothing without one."""
    return [] if figure is None else [Heading(figure.title), Picture(figure)]


def _grid(
    heading: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]], *, words: set[int]
) -> list[Block]:
    """Return a heading and a table, folded where it is long; nothing without rows."""
    every = tuple(rows)
    if not every:
        return []
    note = "" if len(every) <= _MOST_ROWS else f"the first {_MOST_ROWS} of {len(every):,}"
    table = trimmed(
        Table(
            caption=note,
            columns=columns,
            rows=every[:_MOST_ROWS],
            text_columns=frozenset(words),
            sortable=len(every) > 1,
        )
    )
    folded = f"{heading} ({len(every)})" if len(every) > _LONG else ""
    return [Grid(table, summary=folded)] if folded else [Heading(heading), Grid(table)]


def _points(share: float) -> str:
    return f"{100 * share:+.0f}".replace("-", "\u2212")


def _interval(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return MISSING
    return f"{number(low)} to {number(high)}"
