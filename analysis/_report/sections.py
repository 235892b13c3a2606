"""The page's parts, in the order in which a reader wants them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .._commands.plan import plan as make_plan
from .._errors import AnalysisError
from .._presentation.caveats import caveats
from .._presentation.findings import findings, overall
from .._presentation.names import names
from .._presentation.tables import reason
from .._presentation.text import count, dollars, number, one_line, percent, sentence
from . import run_details, tables
from .page_blocks import Caveats, Findings, Grid, Heading, Page, Picture, Prose, Section, Tiles
from .views import secondary, tasks
from .views.checks import noise, residuals, tests_table
from .views.interaction import interaction
from .views.passes import failures, passes
from .views.plan import plan
from .views.power import power, published, required
from .views.times import times
from .views.turns import turns

if TYPE_CHECKING:
    from .._analysis import Analysis
    from .._commands.plan import PlanResult
    from .._presentation.names import Names
    from .page_blocks import Block


def page(analysis: Analysis) -> Page:
    """Compose the page of an analysis."""
    called = names(analysis)
    study = one_line(analysis.results.study, limit=120)
    sections = (
        _findings(analysis),
        _times(analysis, called),
        tasks.section(analysis),
        _factors(analysis, called),
        _passing(analysis, called),
        *secondary.sections(analysis),
        _power(analysis),
        _plan(analysis),
        _refinement(analysis, called),
        _checks(analysis),
        _noise(analysis),
        Section(ident="running", title="How the study was run", blocks=run_details.blocks(analysis)),
    )
    return Page(
        title=f"Study “{study}”" if study else "A study of generated programs",
        kicker="pytest-refinery report",
        subtitle=_subtitle(analysis),
        sections=tuple(section for section in sections if section.blocks),
        footer=run_details.footer(analysis),
        version=run_details.version("pytest-refinery"),
    )


def _subtitle(analysis: Analysis) -> str:
    programs, own = (
        int(analysis.sample.generated.sum()),
        [
            f"{one_line(name, limit=40)} ({len(levels)})"
            for name, levels in analysis.sample.factors.items()
            if name not in analysis.results.derived
        ],
    )
    task = one_line(analysis.results.task, limit=80)
    return (
        f"{count(programs, 'program')} in {count(len(analysis.sample.treatments), 'treatment')}: {' × '.join(own)}."
        + (f" Task: {task}." if task else "")
        + " One program is one observation, however often it was timed."
    )


def _findings(analysis: Analysis) -> Section:
    blocks: list[Block] = [Findings(findings(analysis)), Tiles(_glance(analysis))]
    blocks.append(Grid(tables.conclusions(analysis), summary="Every conclusion, with its figures"))
    warnings = caveats(analysis)
    if warnings:
        blocks.append(Caveats(warnings))
    return Section(ident="found", title="What was found", blocks=tuple(blocks))


def _glance(analysis: Analysis) -> tuple[tuple[str, str], ...]:
    sample, rate = analysis.sample, overall(analysis)
    pairs = [("programs", f"{int(sample.generated.sum()):,}"), ("treatments", f"{len(sample.treatments):,}")]
    if rate is not None and rate.programs:
        pairs.append(("passed", percent(rate.estimate)))
    if sample.sigma.value is not None:
        if sample.response in {"log", "ratio"}:
            # Logarithms have no unit that fits, and a factor is what the sentences say.
            pairs.append(
                ("programs alike differ by", f"× {number(math.exp(min(sample.sigma.value, 700.0)))}")
            )
        else:
            pairs.append(("SD between programs alike", f"{number(sample.sigma.value)} {sample.unit}"))
    if analysis.cost.usd is not None:
        pairs.append(("paid", dollars(analysis.cost.usd)))
    floors = [floor.typical for floor in analysis.noise if floor.typical is not None]
    if floors:
        pairs.append(("noise of the machine", percent(max(floors), decimals=1)))
    return tuple(pairs)


def _times(analysis: Analysis, called: Names) -> Section:
    blocks: list[Block] = [Picture(times(analysis, called))]
    every = tables.programs(analysis)
    blocks.append(Grid(every, summary=f"Every program ({every.caption})"))
    return Section(ident="times", title="Times by treatment", blocks=tuple(blocks))


def _factors(analysis: Analysis, called: Names) -> Section:
    blocks: list[Block] = [Picture(interaction(analysis, called)), Heading("Analysis of variance")]
    if analysis.anova is None:
        blocks.append(Prose(("There is no analysis of variance. " + reason(analysis),)))
    else:
        blocks += [Prose(tables.anova_words(analysis)), Grid(tables.anova(analysis))]
    if analysis.contrasts:
        blocks += [Heading("Planned comparisons"), Grid(tables.contrasts(analysis))]
    for pairs, summary in (
        (analysis.pairs, "All pairs of levels (Tukey, equal variances)"),
        (analysis.games_howell, "All pairs of levels (Games-Howell, unequal variances)"),
    ):
        if pairs:
            blocks.append(Grid(tables.pairs(analysis, pairs), summary=summary))
    return Section(ident="factors", title="How the factors act", blocks=tuple(blocks))


def _passing(analysis: Analysis, called: Names) -> Section:
    blocks: list[Block] = [Picture(passes(analysis, called))]
    words = tables.failure_words(analysis)
    if words:
        blocks.append(Prose(words))
    blocks += secondary.passing(analysis)
    blocks += [Heading("Kinds of failure"), Picture(failures(analysis, called))]
    return Section(ident="passing", title="Which programs pass", blocks=tuple(blocks))


def _power(analysis: Analysis) -> Section:
    blocks: list[Block] = [Picture(power(analysis))]
    needed = required(analysis)
    if needed is not None:
        blocks.append(Grid(needed))
    blocks += published(analysis)
    return Section(ident="power", title="How many programs it takes", blocks=tuple(blocks))


def _refinement(analysis: Analysis, called: Names) -> Section:
    """Return the curves where programs on the way were timed; no section where only final ones were."""
    blocks = () if analysis.results.turns.empty else (Picture(turns(analysis, called)),)
    return Section(ident="refinement", title="Refinement", blocks=blocks)


def _plan(analysis: Analysis) -> Section:
    planned: PlanResult | AnalysisError | None = None
    if analysis.options.effect is not None:
        try:
            planned = make_plan(analysis)
        except AnalysisError as error:
            planned = error
    return Section(ident="plan", title="Plans for the next study", blocks=plan(analysis, planned))


def _checks(analysis: Analysis) -> Section:
    blocks = (
        Picture(residuals(analysis)),
        Heading("Tests of the assumptions, and tests that assume less"),
        Prose(
            (
                (
                    "A test that is only approximate is tried on simulated studies of this very design in which "
                    "nothing differs. One that finds one much more or less often than promised is not believed."
                ),
            )
        ),
        Grid(tests_table(analysis)),
    )
    return Section(ident="checks", title="Do the assumptions hold?", blocks=blocks)


def _noise(analysis: Analysis) -> Section:
    blocks: list[Block] = [Picture(noise(analysis)), Prose(tables.contamination_words(analysis))]
    blocks += [Heading("Where the spread comes from"), Grid(tables.variance(analysis))]
    if analysis.variance.notes:
        blocks.append(Prose(tuple(sentence(note) for note in analysis.variance.notes)))
    return Section(ident="noise", title="The noise floor", blocks=tuple(blocks))
