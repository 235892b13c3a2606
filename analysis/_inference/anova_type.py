"""The ANOVA-type statistic: terms of a factorial design, every treatment with a spread of its own."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from .result import TestResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._arrays import Floats, Integers
    from .._models.sample import Sample

FEWEST = 2
"""Programs that passed, for a treatment's own spread to be known."""

_ONE = 1.5
"""Between the ranks of a projection onto one difference and onto two."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BoxTest:
    """Statistics, degrees of freedom and p values of many data sets, each of shape (s,)."""

    statistic: Floats
    df_num: Floats
    df_den: Floats
    p: Floats


def box_test(mean: Floats, variance: Floats, counts: Integers, projection: Floats) -> BoxTest:
    """Test that ``projection`` times the true means is zero, without assuming equal variances.

    Q = m' T m / tr(T V), V holding the variances of the means, is taken for F with Box's degrees of freedom
    f1 = tr(T V)^2 / tr(T V T V) and f0 = tr(D V)^2 / tr(D^2 V^2 L), where D is T's diagonal and L holds 1 / (n - 1)
    (Brunner, Dette & Munk 1997, JASA 92). With one treatment's mean against another's it is Welch's t test; with all
    of them it is Brown and Forsythe's F* (1974) with Box's degrees of freedom in the numerator too. Where more than
    two means are compared it rejects up to 7 % at 5 % in small studies whose smallest treatment spreads most; with one
    degree of freedom fewer in the denominator, at least 1, it stays at 6 % (``benchmarks/false_headlines.py``).

    Parameters
    ----------
    mean, variance : of each treatment's programs, shape (s, k).
    counts : programs per treatment, each at least 2, shape (k,).
    projection : T, symmetric and idempotent, shape (k, k).
    """
    of_means = variance / counts
    own = np.diagonal(projection)
    trace = of_means @ own
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = np.sum((mean @ projection) * mean, axis=1) / trace
        df_num = trace**2 / np.sum((of_means @ projection**2) * of_means, axis=1)
        df_den = trace**2 / (of_means**2 @ (own**2 / (counts - 1)))
        if float(own.sum()) > _ONE:
            df_den = np.maximum(df_den - 1, 1)
    return BoxTest(
        statistic=statistic,
        df_num=df_num,
        df_den=df_den,
        p=np.asarray(special.fdtrc(df_num, df_den, statistic)),
    )


def projection(
    term: Sequence[str], factors: Mapping[str, tuple[str, ...]], cells: Sequence[Mapping[str, str]]
) -> tuple[Integers, Floats] | None:
    """Return which cells take part in a term's question, and the projection onto it.

    Levels of the term's factors are compared only within combinations of the other factors where all of them are
    there: what is missing would be mistaken for an effect. None where no combination is complete.

    Parameters
    ----------
    term : names of its factors.
    factors : levels of all crossed factors.
    cells : the levels of each cell that can be used.
    """
    others = [name for name in factors if name not in term]
    at = {tuple(cell[name] for name in (*term, *others)): i for i, cell in enumerate(cells)}
    rests = dict.fromkeys(tuple(cell[name] for name in others) for cell in cells)
    asked = _combinations([factors[name] for name in term])
    whole = [rest for rest in rests if all((*levels, *rest) in at for levels in asked)]
    if not whole:
        return None
    matrix: Floats = np.ones((1, 1))
    for name in term:
        size = len(factors[name])
        matrix = np.asarray(np.kron(matrix, np.eye(size) - 1 / size), dtype=np.float64)
    used = np.asarray([at[*levels, *rest] for levels in asked for rest in whole], dtype=np.intp)
    return used, np.kron(matrix, np.full((len(whole), len(whole)), 1 / len(whole)))


def matched(sample: Sample, term: Sequence[str], own: Sequence[str]) -> tuple[Integers, Floats] | None:
    """Return which treatments of a sample take part in a term's question, and the projection onto it.

    Levels without a program that passed are left out, and treatments of one program have no spread of their own. The
    first index runs over the levels of the term's factors, the last over combinations of the other factors.
    """
    there = {
        name: tuple(level for level in sample.factors[name] if _has(sample, name, level)) for name in own
    }
    known = np.flatnonzero(sample.counts >= FEWEST)
    fit = projection(term, there, [sample.treatments[i].levels for i in known])
    return None if fit is None else (known[fit[0]], fit[1])


def present_levels(sample: Sample, factor: str) -> tuple[str, ...]:
    """Return the levels of a factor that have a program that passed."""
    return tuple(level for level in sample.factors[factor] if _has(sample, factor, level))


def _combinations(levels: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    combinations: list[tuple[str, ...]] = [()]
    for some in levels:
        combinations = [(*before, level) for before in combinations for level in some]
    return combinations


def anova_type_test(sample: Sample, term: Sequence[str], own: Sequence[str]) -> TestResult | None:
    """Test one term on one study.

    Parameters
    ----------
    sample : one value per program.
    term : names of the term's factors.
    own : names of the study's own factors, which its treatments cross.

    Returns
    -------
    The test, without p and with the reason where it can't be done. None for what it is not made for: terms of derived
    factors, and several machines.
    """
    if not set(term) <= set(own) or len(sample.blocks) > 1:
        return None
    name = ":".join(term)
    present = sample.counts > 0
    hypothesis = matched(sample, term, own)
    if hypothesis is None:
        alone = [t.label for t, n in zip(sample.treatments, sample.counts, strict=True) if n == 1]
        empty = int((~present).sum())
        reason = (
            f"of {alone[0]} only one program passed, so nobody knows how much its times vary by chance"
            if alone
            else f"{empty} of {len(present)} treatments have no program that passed, and every comparison needs one"
        )
        return TestResult.impossible(name, reason)
    at = hypothesis[0]
    variance = sample.sds[at] ** 2
    largest = float(np.abs(sample.y).max(initial=0.0))
    if float(variance.sum()) <= (64 * np.finfo(float).eps * largest) ** 2:
        return TestResult.impossible(name, "programs of the same treatment do not differ at all")
    test = box_test(sample.means[at][None], variance[None], sample.counts[at], hypothesis[1])
    return TestResult(
        name=name,
        statistic=float(test.statistic[0]),
        df_num=float(test.df_num[0]),
        df_den=float(test.df_den[0]),
        p=float(test.p[0]),
    )


def alike(sample: Sample, texts: Integers) -> tuple[Sample, int]:
    """Give programs that are the same text the same value, their mean: between them there is only noise.

    Parameters
    ----------
    texts : a number for each different text, for each program of the sample; below 0 where it is not known.

    Returns
    -------
    The sample with these values, and how many programs are the same as another.
    """
    # A text that is not known is like no other.
    own = np.where(texts < 0, texts.max(initial=-1) + 1 + np.arange(texts.size), texts)
    group = np.unique(own, return_inverse=True)[1].reshape(-1)
    size = np.bincount(group, minlength=1)
    y = (np.bincount(group, weights=sample.y) / size)[group]
    k = len(sample.treatments)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.bincount(sample.cell, weights=y, minlength=k) / sample.counts
        squares = np.bincount(sample.cell, weights=(y - means[sample.cell]) ** 2, minlength=k)
        sds = np.where(sample.counts >= FEWEST, np.sqrt(squares / (sample.counts - 1)), np.nan)
    return dataclasses.replace(sample, y=y, means=means, sds=sds), int((size[group] > 1).sum())


def _has(sample: Sample, factor: str, level: str) -> bool:
    return any(
        n > 0 and treatment.levels[factor] == level
        for treatment, n in zip(sample.treatments, sample.counts, strict=True)
    )


def anova_type_tests(
    sample: Sample, terms: Sequence[Sequence[str]], own: Sequence[str], texts: Integers
) -> dict[tuple[str, ...], TestResult]:
    """Test every term that can be asked this way, by its factors.

    Where some programs are the same text the larger p of two tests counts: of the values as they are, and of those of
    `alike`. Then a note says how many programs carry no information on the treatments.
    """
    tests = {tuple(term): anova_type_test(sample, term, own) for term in terms}
    known = {term: test for term, test in tests.items() if test is not None}
    pooled, same = alike(sample, texts) if sample.y.size else (sample, 0)
    if not same:
        return known
    why = (
        f"{same} of {sample.y.size} programs that passed are word for word the same as another, and what differs "
        "between those is noise"
    )
    for term, test in known.items():
        other = anova_type_test(pooled, term, own)
        if test.p is not None and other is not None and (other.p is None or other.p > test.p):
            known[term] = dataclasses.replace(other, note=why)
    return known
