"""What a reader must keep in mind, in plain sentences; shared by the page and the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._reading.feedback import told_feedback
from .text import count, number, one_line, p_words, percent, sentence

if TYPE_CHECKING:
    from .._analysis import Analysis


def caveats(analysis: Analysis) -> tuple[str, ...]:
    """All of them, the weightier first, none twice."""
    sentences = (
        *_failed(analysis),
        *_assumptions(analysis),
        *_contaminated(analysis),
        *_bounds(analysis),
        *_identical(analysis),
        *_feedback(analysis),
        *(sentence(note) for note in analysis.notes),
        *(sentence(note) for note in analysis.results.notes),
    )
    return tuple(dict.fromkeys(sentences))


def _failed(analysis: Analysis) -> list[str]:
    """Return the first of the sentences on failures; the rest stands with the pass rates."""
    if not analysis.failures.failed or not analysis.failures.sentence:
        return []
    return [sentence(analysis.failures.sentence.split(". ")[0])]


def _assumptions(analysis: Analysis) -> list[str]:
    alpha, sentences = analysis.options.alpha, []
    spread, normal = analysis.tests["brown-forsythe"], analysis.tests["shapiro"]
    if spread.p is not None and spread.p < alpha and spread.trusted is not False:
        sentences.append(
            f"Programs of some treatments vary more than those of others (Brown-Forsythe test, {p_words(spread.p)}), "
            "which the analysis of variance does not allow for; believe it only where the tests that assume less agree."
        )
    if normal.p is not None and normal.p < alpha and normal.trusted is not False:
        sentences.append(
            f"Times do not spread around their means in the shape that the tests assume (Shapiro-Wilk test, "
            f"{p_words(normal.p)}); with few programs take answers that only just count as shown with care."
        )
    return sentences


def _contaminated(analysis: Analysis) -> list[str]:
    marks = analysis.contamination
    if marks.unknown or not marks.runs:
        return []
    return [
        (
            f"{count(marks.runs, 'run')} of {count(marks.programs, 'program')} had others computing beside them, "
            "or waited for the processor; they are kept (leaving them out would favour fast programs), with the "
            "analysis without them beside."
        )
    ]


def _bounds(analysis: Analysis) -> list[str]:
    """Say that some times are upper bounds, so that none is read as a measurement."""
    bounds = analysis.bounds
    if not bounds.programs or bounds.seconds is None:
        return []
    return [
        (
            f"{count(len(bounds.programs), 'program')} took no longer than can be told ({number(bounds.seconds)} s): "
            "such times, and their ratios, are upper bounds (≤), and do not say which of these programs is faster."
        )
    ]


def _identical(analysis: Analysis) -> list[str]:
    shas = analysis.results.programs["sha256"].dropna()
    twins = int(shas.duplicated(keep=False).sum())
    if not twins:
        return []
    return [
        (
            f"{count(twins, 'program')} of {len(shas):,} ({percent(twins / len(shas))}) are identical, "
            "byte for byte, with "
            "another: such replicates tell less than their number suggests."
        )
    ]


def _feedback(analysis: Analysis) -> list[str]:
    """Say what has to be said of the feedback that programs were told, such as that it was a placebo."""
    kinds = [kind for source in analysis.results.sources for kind in told_feedback(source.refinery)]
    return [sentence(one_line(f"{kind.where} {kind.note}", limit=600)) for kind in kinds if kind.note]
