"""What the power figure, its table and the comparison with the published reasoning show."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..._presentation.findings import headline, question_name
from ..._presentation.names import effect_words
from ..._presentation.text import dollars, number, percent, sentence, whole
from ..figure import Table, trimmed
from ..figures import power as power_figure
from ..page_blocks import Grid, Heading, Prose

if TYPE_CHECKING:
    from ..._analysis import Analysis
    from ..._power.power import Power, QuestionPower
    from ..figure import Figure
    from ..page_blocks import Block

_POINTS = 60
_MOST_CURVES = 5
_FARTHEST = 10_000_000


def power(analysis: Analysis) -> Figure:
    """Power of the first omnibus question with its band, and of a few others as lines."""
    asked, first = analysis.power, headline(analysis)
    if asked is None or first is None:
        return power_figure.figure(_nothing(_why_not(analysis)))
    grid = _grid(analysis, first)
    tests = [first, *(test for test in asked.tests() if test is not first and test.f is not None)][
        :_MOST_CURVES
    ]
    curves = pd.concat(
        [
            pd.DataFrame(
                {"test": question_name(test.name), "n": grid, "power": asked.curve(test.name, grid).power}
            )
            for test in tests
        ],
        ignore_index=True,
    )
    band = asked.curve(first.name, grid)
    return power_figure.figure(
        power_figure.PowerCurves(
            curves=curves.dropna(),
            band=pd.DataFrame({"n": grid, "low": band.low, "high": band.high}).dropna(),
            target=asked.target,
            effect=effect_words(analysis),
            here=_here(analysis),
            required=first.replicates_required,
            recommended=first.replicates_recommended,
            dollars_per_n=_price(first),
            table=_curve_table(curves, tests),
        )
    )


def _why_not(analysis: Analysis) -> str:
    if analysis.power is None:
        return (
            "Power is the chance to find a difference that matters. "
            "Which one matters is for you to say: --effect 0.5"
        )
    return sentence(
        f"Power can't be computed: {analysis.power.note or 'the spread between programs is not known'}"
    )


def _here(analysis: Analysis) -> float:
    """Programs made per treatment, of treatments of which any passed: the curve counts those that fail, too."""
    return float(analysis.sample.generated[analysis.sample.counts > 0].mean())


def _grid(analysis: Analysis, first: QuestionPower) -> list[int]:
    """Whole numbers of replicates, evenly spaced in logs, from 2 to well beyond what is needed."""
    needed = [
        n
        for n in (first.replicates_required, first.replicates_recommended, first.replicates_high)
        if n is not None
    ]
    last = min(max(8.0, 1.5 * max(needed, default=1000), 1.5 * _here(analysis)), _FARTHEST)
    return sorted({int(n) for n in np.geomspace(2, math.ceil(last), _POINTS).round()})


def _price(test: QuestionPower) -> float | None:
    """Price of one more program in every treatment."""
    if test.cost_usd is None or not test.replicates_required:
        return None
    return test.cost_usd / test.replicates_required or None


def _curve_table(curves: pd.DataFrame, tests: list[QuestionPower]) -> Table:
    names = [question_name(test.name) for test in tests]
    wide = curves.pivot_table(index="n", columns="test", values="power", sort=True).iloc[::3]
    return Table(
        caption="Power at so many programs per treatment",
        columns=("programs per treatment", *names),
        rows=tuple((f"{n:,}", *(percent(float(row[name])) for name in names)) for n, row in wide.iterrows()),
        text_columns=frozenset(),
    )


def required(analysis: Analysis) -> Table | None:
    """Return what each question takes."""
    asked = analysis.power
    if asked is None or asked.sigma is None:
        return None
    return trimmed(
        Table(
            caption=(
                f"Programs for {percent(asked.target)} power to find {effect_words(analysis)} (alpha {asked.alpha:g}); "
                "“to be safe” allows for a spread between programs at its upper 80 % limit"
            ),
            columns=(
                "question",
                "power of this study",
                "programs per treatment",
                "in all",
                "cost",
                "to be safe: per treatment",
                "in all",
                "cost",
            ),
            rows=tuple(_required_row(test) for test in asked.tests()),
        )
    )


def _required_row(test: QuestionPower) -> tuple[str, ...]:
    name = question_name(test.name)
    if test.note and test.replicates_required is None:
        name = f"{name} ({test.note})"
    return (
        name,
        percent(test.power),
        whole(test.replicates_required),
        whole(test.total_required),
        dollars(test.cost_usd),
        whole(test.replicates_recommended),
        whole(test.total_recommended),
        dollars(test.recommended_usd),
    )


def published(analysis: Analysis) -> list[Block]:
    """Return the published reasoning next to the right figures, in words for people without statistics."""
    reasoning, asked = analysis.published, analysis.power
    if reasoning is None or asked is None:
        return []
    words = tuple(sentence(line) for line in reasoning.explanation)
    return [
        Heading("What the 2025 pilot's reasoning would say here, and what is wrong with it"),
        Prose(_plainly(analysis)),
        Grid(_published_table(analysis, asked)),
        Prose(words),
    ]


def _plainly(analysis: Analysis) -> tuple[str, ...]:
    """Return the two mistakes, for someone without statistics."""
    reasoning, asked, first = analysis.published, analysis.power, headline(analysis)
    if (
        reasoning is None
        or asked is None
        or first is None
        or reasoning.total_required is None
        or reasoning.f is None
        or not first.f
    ):
        return ()
    total, groups = reasoning.total_required, asked.groups
    right = (
        "more programs than any study has"
        if first.total_required is None
        else (f"{first.replicates_required:,} in each treatment, {first.total_required:,} in all")
    )
    return (
        (
            f"The pilot's reasoning, applied to these data: “the study had a chance of {percent(reasoning.power)} "
            f"to see {effect_words(analysis)}, and it takes {total:,} programs in each treatment.” "
            "Two things are "
            "wrong with that."
        ),
        (
            f"First, the number that its formula returns is for all programs together: {total:,} in all, about "
            f"{math.ceil(total / max(groups, 1)):,} in each of {groups} treatments, not {total:,} in each."
        ),
        (
            f"Second, the formula asks how far apart all {groups} treatments lie, and was given the "
            "difference of two. If "
            f"only two differ, that makes the difference look {number(reasoning.f / first.f, digits=2)} times "
            "as large as it is, "
            f"and so the study far stronger and cheaper. Asked rightly, it takes {right}."
        ),
    )


def _published_table(analysis: Analysis, asked: Power) -> Table:
    reasoning = analysis.published
    rows: list[tuple[str, ...]] = []
    if reasoning is not None:
        each = (
            None
            if reasoning.total_required is None
            else math.ceil(reasoning.total_required / max(asked.groups, 1))
        )
        rows.append(
            (
                "as published",
                number(reasoning.f, digits=4),
                percent(reasoning.power, decimals=1),
                whole(reasoning.total_required),
                whole(each),
            )
        )
    rows += [
        (
            f"right: {question_name(test.name)}",
            number(test.f, digits=4),
            percent(test.power, decimals=1),
            whole(test.total_required),
            whole(test.replicates_required),
        )
        for test in asked.tests()
    ]
    return Table(
        caption=f"The same question, asked wrongly and rightly: {effect_words(analysis)}",
        columns=("reasoning", "Cohen's f", "power of this study", "programs in all", "per treatment"),
        rows=tuple(rows),
    )


def _nothing(reason: str) -> power_figure.PowerCurves:
    return power_figure.PowerCurves(
        curves=pd.DataFrame(columns=["test", "n", "power"]),
        band=pd.DataFrame(columns=["n", "low", "high"]),
        target=0.8,
        effect="",
        here=0,
        required=None,
        recommended=None,
        dollars_per_n=None,
        reason=reason,
    )
