"""The page's parts, in the order in which a reader wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis._report import _running, _tables
from analysis._report._blocks import Caveats, Findings, Grid, Heading, Page, Picture, Prose, Section, Tiles
from analysis._report._caveats import caveats
from analysis._report._text import count, dollars, number, one_line, percent, sentence
from analysis._report._views._checks import noise, residuals, tests_table
from analysis._report._views._interaction import interaction
from analysis._report._views._names import names
from analysis._report._views._passes import failures, passes
from analysis._report._views._plan import plan
from analysis._report._views._power import power, published, required
from analysis._report._views._times import times
from analysis._report._views._turns import turns
from analysis._report._words import findings, overall

if TYPE_CHECKING:
    from analysis._analysis import Analysis
    from analysis._report._blocks import Block
    from analysis._report._views._names import Names


def page(analysis: Analysis) -> Page:
    """Compose the page of an analysis."""
    called = names(analysis)
    study = one_line(analysis.results.study, limit=120)
    sections = (
        _found(analysis),
        _times(analysis, called),
        _factors(analysis, called),
        _passing(analysis, called),
        _power(analysis),
        _plan(analysis),
        Section(ident="refinement", title="Refinement", blocks=(Picture(turns(analysis, called)),)),
        _checks(analysis),
        _noise(analysis),
        Section(ident="running", title="How the study was run", blocks=_running.blocks(analysis)),
    )
    return Page(
        title=f"Study “{study}”" if study else "A study of generated programs",
        kicker="pytest-refinery report",
        subtitle=_subtitle(analysis),
        sections=tuple(section for section in sections if section.blocks),
        footer=_running.footer(analysis),
        version=_running.version("pytest-refinery"),
    )


def _subtitle(analysis: Analysis) -> str:
    made, own = (
        int(analysis.sample.made.sum()),
        [
            f"{one_line(name, limit=40)} ({len(levels)})"
            for name, levels in analysis.sample.factors.items()
            if name not in analysis.results.derived
        ],
    )
    task = one_line(analysis.results.task, limit=80)
    return (
        f"{count(made, 'program')} in {count(len(analysis.sample.treatments), 'treatment')}: {' × '.join(own)}."
        + (f" Task: {task}." if task else "")
        + " One program is one observation, however often it was timed."
    )


def _found(analysis: Analysis) -> Section:
    blocks: list[Block] = [Findings(findings(analysis)), Tiles(_glance(analysis))]
    warnings = caveats(analysis)
    if warnings:
        blocks.append(Caveats(warnings))
    return Section(ident="found", title="What was found", blocks=tuple(blocks))


def _glance(analysis: Analysis) -> tuple[tuple[str, str], ...]:
    sample, rate = analysis.sample, overall(analysis)
    pairs = [("programs", f"{int(sample.made.sum()):,}"), ("treatments", f"{len(sample.treatments):,}")]
    if rate is not None and rate.programs:
        pairs.append(("passed", percent(rate.rate)))
    if sample.sigma.value is not None:
        pairs.append(("SD between programs alike", f"{number(sample.sigma.value)} {sample.unit}"))
    if analysis.cost.usd is not None:
        pairs.append(("paid", dollars(analysis.cost.usd)))
    floors = [floor.typical for floor in analysis.noise if floor.typical is not None]
    if floors:
        pairs.append(("noise of the machine", percent(max(floors), decimals=1)))
    return tuple(pairs)


def _times(analysis: Analysis, called: Names) -> Section:
    blocks: list[Block] = [Picture(times(analysis, called))]
    every = _tables.programs(analysis)
    blocks.append(Grid(every, summary=f"Every program ({every.caption})"))
    return Section(ident="times", title="Times by treatment", blocks=tuple(blocks))


def _factors(analysis: Analysis, called: Names) -> Section:
    blocks: list[Block] = [Picture(interaction(analysis, called)), Heading("Analysis of variance")]
    if analysis.anova is None:
        blocks.append(Prose(("There is no analysis of variance. " + _tables.reason(analysis),)))
    else:
        blocks += [Prose(_tables.anova_words(analysis)), Grid(_tables.anova(analysis))]
    if analysis.contrasts:
        blocks += [Heading("Planned comparisons"), Grid(_tables.contrasts(analysis))]
    for pairs, summary in (
        (analysis.pairs, "All pairs of levels (Tukey, equal variances)"),
        (analysis.games_howell, "All pairs of levels (Games-Howell, unequal variances)"),
    ):
        if pairs:
            blocks.append(Grid(_tables.pairs(analysis, pairs), summary=summary))
    return Section(ident="factors", title="How the factors act", blocks=tuple(blocks))


def _passing(analysis: Analysis, called: Names) -> Section:
    blocks: list[Block] = [Picture(passes(analysis, called))]
    words = _tables.failure_words(analysis)
    if words:
        blocks.append(Prose(words))
    blocks += [Heading("Kinds of failure"), Picture(failures(analysis, called))]
    return Section(ident="passing", title="Which programs pass", blocks=tuple(blocks))


def _power(analysis: Analysis) -> Section:
    blocks: list[Block] = [Picture(power(analysis))]
    needed = required(analysis)
    if needed is not None:
        blocks.append(Grid(needed))
    blocks += published(analysis)
    return Section(ident="power", title="How many programs it takes", blocks=tuple(blocks))


def _plan(analysis: Analysis) -> Section:
    return Section(ident="plan", title="Plans for the next study", blocks=plan(analysis))


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
    blocks: list[Block] = [Picture(noise(analysis)), Prose(_tables.contamination_words(analysis))]
    blocks += [Heading("Where the spread comes from"), Grid(_tables.variance(analysis))]
    if analysis.variance.notes:
        blocks.append(Prose(tuple(sentence(note) for note in analysis.variance.notes)))
    return Section(ident="noise", title="The noise floor", blocks=tuple(blocks))
