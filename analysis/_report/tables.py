"""Tables of the page that stand on their own, and the words beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._models.sample import times_by_program
from .._presentation.findings import term_name
from .._presentation.names import back
from .._presentation.tables import anova_rows, believed, chance
from .._presentation.text import (
    MISSING,
    count,
    dollars,
    number,
    one_line,
    p_phrase,
    p_value,
    p_words,
    percent,
    sentence,
)
from .figure import Table, trimmed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._analysis import Analysis
    from .._inference.pairwise import Pair

_MOST_ROWS = 500
_MOST_PAIRS = 300


def programs(analysis: Analysis) -> Table:
    """Every program: what became of it, and what it cost."""
    shown = analysis.results.programs.head(_MOST_ROWS)
    values = dict(zip(analysis.sample.programs, analysis.sample.y, strict=True))
    ratios = times_by_program(analysis.results)["ratio"].tolist()
    rows = []
    for ratio, (name, verdict, reason, sha, turns, usd) in zip(
        ratios,
        shown[["program", "verdict", "reason", "sha256", "turns", "cost_usd"]].itertuples(index=False),
        strict=False,  # the first rows alone are shown
    ):
        value = back(analysis, float(values[name])) if name in values else None
        why = one_line(reason, limit=200) if isinstance(reason, str) and verdict != "correct" else ""
        rows.append(
            (
                one_line(name, limit=80),
                one_line(verdict, limit=40).replace("_", " "),
                number(value),
                number(ratio) if name in values else MISSING,
                MISSING if turns != turns else f"{turns:.0f}",  # noqa: PLR0124 - NaN
                dollars(float(usd)),
                one_line(sha, limit=64)[:12] if isinstance(sha, str) else MISSING,
                why,
            )
        )
    total = len(analysis.results.programs)
    caption = (
        count(total, "program") if total == len(rows) else f"the first {len(rows)} of {total:,} programs"
    )
    unit = {"seconds": "seconds", "log": "seconds", "ratio": "× reference", "cpu": "CPU seconds"}
    return trimmed(
        Table(
            caption=caption,
            columns=(
                "program",
                "verdict",
                unit[analysis.sample.response],
                "ratio to the reference",
                "turns",
                "cost",
                "sha256",
                "reason",
            ),
            rows=tuple(rows),
            text_columns=frozenset({0, 1, 6, 7}),
            sortable=True,
        )
    )


def conclusions(analysis: Analysis) -> Table:
    """Everything that is concluded, one line each."""
    rows = [
        (
            term_name(c.question),
            c.response,
            c.answer,
            number(c.estimate),
            MISSING if c.ci_low is None else f"{number(c.ci_low)} to {number(c.ci_high)}",
            one_line(c.unit or MISSING, limit=40),
            p_value(c.p),
            p_value(c.p_adjusted),
            one_line(c.method, limit=200),
            one_line(c.why or "", limit=200),
        )
        for c in analysis.conclusions
    ]
    return trimmed(
        Table(
            caption="Every question, and what these data answer; undecided is no proof that there is no difference",
            columns=(
                "question",
                "response",
                "answer",
                "estimate",
                f"{percent(1 - analysis.options.alpha)} limits, together",
                "unit",
                "p",
                "p, adjusted",
                "method",
                "why",
            ),
            rows=tuple(rows),
            text_columns=frozenset({0, 1, 2, 5, 8, 9}),
        )
    )


def anova(analysis: Analysis) -> Table:
    """Return the table of the analysis of variance."""
    table = analysis.anova
    if table is None:
        return Table(caption="No analysis of variance", columns=("term",), rows=())
    return Table(
        caption=f"Type {'I' * table.type} analysis of variance of {analysis.sample.response} ({one_line(table.model)})",
        columns=("term", "df", "sum of squares", "F", "p", "partial η²", "ω²"),
        rows=anova_rows(table),
    )


def anova_words(analysis: Analysis) -> tuple[str, ...]:
    """How to read it, and what could not be estimated."""
    notes = [] if analysis.anova is None else [*analysis.anova.notes]
    notes += (
        []
        if analysis.anova is None
        else [f"{term_name(t.term)}: {t.note}" for t in analysis.anova.terms if t.note]
    )
    guide = (
        "Each line asks whether a factor, or two together, move the times by more than programs of the same treatment "
        "differ among themselves. p is how often chance alone would do as much; ω² is the share of all variation that "
        "the line explains."
    )
    warning = _pseudoreplication_words(analysis)
    return (guide, *dict.fromkeys(one_line(note, limit=400) for note in notes), *warning)


def _pseudoreplication_words(analysis: Analysis) -> tuple[str, ...]:
    """Say how small p would look if timings counted as observations, for the term that this flatters most."""
    inflated = analysis.pseudoreplication
    if inflated is None or analysis.anova is None:
        return ()
    flattered = [
        (over_timings.p / term.p, term, over_timings.p)
        for term, over_timings in zip(analysis.anova.terms, inflated.table.terms, strict=True)
        if term.p and over_timings.p is not None and over_timings.p < analysis.options.alpha <= term.p
    ]
    if not flattered:
        return ()
    _, term, p = min(flattered, key=lambda each: each[0])
    words = (
        f"Counted as {inflated.observations:,} independent observations, the timings of these "
        f"{inflated.programs:,} programs would have made {term_name(term.term)} look like more than chance "
        f"({p_phrase(p)} instead of {p_value(term.p)}). "
        "They are not independent: timings of one program repeat one observation, so only programs are counted here."
    )
    return (words,)


def contrasts(analysis: Analysis) -> Table:
    """Return the planned comparisons."""
    rows = []
    for test in analysis.contrasts:
        limits = MISSING if test.ci_low is None else f"{number(test.ci_low)} to {number(test.ci_high)}"
        note = one_line(test.note or "", limit=160)
        rows.append(
            (
                one_line(test.contrast.name, limit=80),
                number(test.estimate) if test.estimate is not None else note or MISSING,
                limits,
                p_value(test.p),
                p_value(test.p_holm),
                p_value(test.robust_p),
                chance(test.robust_size),
                believed(trusted=test.robust_trusted),
            )
        )
    confidence = f"{percent(1 - analysis.options.alpha)} interval"
    table = Table(
        caption=(
            f"Differences of means, {analysis.sample.unit}; Holm counts how many were asked, "
            "Welch allows for treatments that vary more than others; believe it where it rejects by chance as rarely "
            "as it says"
        ),
        columns=(
            "comparison",
            "difference",
            confidence,
            "p",
            "p (Holm)",
            "p (Welch)",
            "rejects by chance",
            "may be believed",
        ),
        rows=tuple(rows),
    )
    return trimmed(table)


def pairs(analysis: Analysis, tests: Sequence[Pair]) -> Table:
    """All pairs of levels, the first few hundred."""
    rows = [
        (
            f"{one_line(pair.factor, limit=40)}: {one_line(pair.a, limit=60)} − {one_line(pair.b, limit=60)}",
            number(pair.difference),
            MISSING if pair.ci_low is None else f"{number(pair.ci_low)} to {number(pair.ci_high)}",
            p_value(pair.p_adjusted),
            chance(pair.size),
            believed(trusted=pair.trusted),
        )
        for pair in tests[:_MOST_PAIRS]
    ]
    more = f"; the first {len(rows)} of {len(tests):,}" if len(tests) > len(rows) else ""
    table = Table(
        caption=f"Differences, {analysis.sample.unit}, with simultaneous intervals{more}",
        columns=("pair", "difference", "interval", "p, adjusted", "rejects by chance", "may be believed"),
        rows=tuple(rows),
    )
    return trimmed(table)


def failure_words(analysis: Analysis) -> tuple[str, ...]:
    """Which way failures may have moved the answer, and the answer when they count as slow."""
    failures = analysis.failures
    sentences = []
    if failures.test.p is not None:
        sentences.append(
            f"Do the treatments differ in their pass rates? {failures.test.method}: {p_words(failures.test.p)}."
        )
    elif failures.test.note:
        sentences.append(sentence(failures.test.note))
    if failures.failed and failures.sentence:
        sentences.append(sentence(failures.sentence))
    par2 = failures.par2
    if failures.failed and par2.p is not None:
        most = "" if par2.is_same else "up to "
        penalty = "" if par2.penalty is None else f", {most}{number(par2.penalty)} s each"
        sentences.append(
            f"Do the treatments differ when each failed program counts as twice its time limit (PAR2{penalty})? "
            f"Permutation test: {p_words(par2.p)}."
        )
    elif failures.failed and par2.note:
        sentences.append(sentence(par2.note))
    return tuple(sentences)


def contamination_words(analysis: Analysis) -> tuple[str, ...]:
    """Whether runs were disturbed, and what the analysis says without them."""
    marks = analysis.contamination
    if marks.unknown:
        return ("No file says which runs were disturbed by other work on the machine.",)
    if not marks.runs:
        return ("No run is marked as disturbed by other work on the machine.",)
    sentences = [
        f"{count(marks.runs, 'run')} of {count(marks.programs, 'program')} are marked as disturbed by other work."
    ]
    if marks.anova is not None and analysis.anova is not None:
        without = {term.term: term.p for term in marks.anova.terms}
        compared = [
            f"{term_name(term.term)} {p_value(term.p)} with and {p_value(without.get(term.term))} without them"
            for term in analysis.anova.terms
        ]
        sentences.append("How often chance alone does as much (p): " + "; ".join(compared) + ".")
    if marks.note:
        sentences.append(sentence(marks.note))
    return tuple(sentences)


def variance(analysis: Analysis) -> Table:
    """Variance components, and each one's share."""
    parts = analysis.variance
    named = (
        ("programs of the same treatment", parts.program),
        ("lists (inputs)", parts.list),
        ("program by list", parts.program_list),
        ("runs of one program on one list", parts.run),
    )
    total = sum(value for _, value in named if value is not None)
    rows = tuple(
        (
            name,
            number(value),
            MISSING if value is None else number(value**0.5),
            MISSING if value is None or total <= 0 or parts.program is None else percent(value / total),
        )
        for name, value in named
    )
    return Table(
        caption=f"Variance components (REML, {one_line(parts.method, limit=40)}), squared {analysis.sample.unit}",
        columns=("between", "variance", "SD", "share"),
        rows=rows,
    )
