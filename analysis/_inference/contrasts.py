"""Planned contrasts between means of treatments, with Holm's adjustment."""

from __future__ import annotations

import dataclasses
import difflib
import itertools
import math
import re
from typing import TYPE_CHECKING

import numpy as np

from .._errors import AnalysisError
from .._models.marginal_means import of_treatments
from .._models.students_t import critical_t, two_sided_p
from .._reading.levels import LEVEL, OPTIMIZATION, TYPE, as_number
from .multiplicity import holm
from .result import Size, trusted
from .satterthwaite import family_size, satterthwaite

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .._arrays import Floats
    from .._models.sample import Sample


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """A difference of two means of treatments.

    ``weights`` has one weight per treatment of the Sample, in its order; they sum to 0 and the positive ones to 1,
    so the contrast is in the unit of the response. ``name`` reads like ``"agents: 1 - 3"``; ``a`` and ``b`` are the
    levels compared (``weights > 0`` has a).
    """

    name: str
    factor: str
    a: str
    b: str
    weights: Floats


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ContrastTest:
    """Student's t with the variance pooled over all treatments, and Welch-Satterthwaite beside it (``robust_p``).

    ``robust_size`` is what the latter does at this design by simulation; ``robust_trusted`` is False where that is off.
    """

    contrast: Contrast
    estimate: float | None
    se: float | None
    df: int
    t: float | None
    p: float | None
    p_holm: float | None
    ci_low: float | None
    ci_high: float | None
    robust_df: float | None
    robust_p: float | None
    robust_trusted: bool | None = None
    robust_size: Size | None = None
    note: str | None = None


def planned_contrasts(sample: Sample, specs: Sequence[str] | None = None) -> tuple[Contrast, ...]:
    """Return the contrasts that the user asks for, or the usual ones.

    Parameters
    ----------
    sample : the design.
    specs : texts like ``"agents: 1 - 3"`` or, at one level of another factor, ``"agents: 1 - 3 at
        optimization=3 iterations"``. None: for each factor the lowest level against the highest where levels are
        numbers, each level against the first elsewhere; the pilot's ``optimization`` through ``type`` and ``level``.

    Raises
    ------
    AnalysisError : a text can't be read or names something that the study does not have.
    """
    if specs is None:
        return tuple(
            contrast
            for candidate in _usual(sample)
            if (contrast := _contrast(sample, *candidate)) is not None
        )
    return tuple(_asked(sample, spec) for spec in specs)


def level_pairs(sample: Sample, factors: Sequence[str], *, most: int) -> tuple[Contrast, ...]:
    """Return all pairs of levels of each factor that has at most so many levels."""
    return tuple(
        contrast
        for factor in factors
        if len(sample.factors[factor]) <= most
        for a, b in itertools.combinations(sample.factors[factor], 2)
        if (contrast := _contrast(sample, factor, a, b)) is not None
    )


def interaction_pairs(sample: Sample, factors: Sequence[str], *, most: int) -> tuple[Contrast, ...]:
    """Return what pairs of levels of two and more factors do together, for terms with at most so many of these.

    For two factors each is a difference of differences (a ratio of ratios, of logarithms), averaged over the other
    factors; for three a difference of these, and so on. The positive weights sum to 2 for two factors, to 4 for three.
    A combination with a treatment that the study does not have is left out of the mean; without any there is no
    contrast.
    """
    place = {tuple(t.levels[name] for name in factors): i for i, t in enumerate(sample.treatments)}
    return tuple(
        contrast
        for size in range(2, len(factors) + 1)
        for term in itertools.combinations(factors, size)
        if math.prod(math.comb(len(sample.factors[name]), 2) for name in term) <= most
        for pairs in itertools.product(*(itertools.combinations(sample.factors[name], 2) for name in term))
        if (contrast := _interaction(sample, factors, dict(zip(term, pairs, strict=True)), place)) is not None
    )


def _interaction(
    sample: Sample,
    factors: Sequence[str],
    pairs: Mapping[str, tuple[str, str]],
    place: Mapping[tuple[str, ...], int],
) -> Contrast | None:
    others = [sample.factors[name] for name in factors if name not in pairs]
    weights, combinations = np.zeros(len(sample.treatments)), 0
    for rest in itertools.product(*others):
        fixed = dict(zip((name for name in factors if name not in pairs), rest, strict=True))
        corners = {
            tuple({**fixed, **dict(zip(pairs, corner, strict=True))}[name] for name in factors): math.prod(
                1 if level == pair[0] else -1 for level, pair in zip(corner, pairs.values(), strict=True)
            )
            for corner in itertools.product(*pairs.values())
        }
        if all(corner in place for corner in corners):
            combinations += 1
            for corner, sign in corners.items():
                weights[place[corner]] += sign
    if not combinations:
        return None
    shown = [f"{a} - {b}" for a, b in pairs.values()]
    return Contrast(
        name=f"{':'.join(pairs)}: {' by '.join(shown)}",
        factor=":".join(pairs),
        a=shown[0],
        b=" by ".join(shown[1:]),
        weights=weights / combinations,
    )


def _usual(sample: Sample) -> Iterator[tuple[str, str, str]]:
    through_derived = TYPE in sample.factors and LEVEL in sample.factors
    for factor, levels in sample.factors.items():
        if factor == OPTIMIZATION and through_derived:
            continue
        for a, b in _compared(levels):
            yield factor, a, b


def _compared(levels: tuple[str, ...]) -> list[tuple[str, str]]:
    """Lowest against highest where levels are amounts, otherwise each against the first."""
    if len(levels) < 2:  # noqa: PLR2004
        return []
    wordings = {re.sub(r"-?[0-9.]+", "#", level).replace("iterations", "iteration") for level in levels}
    amounts = all(as_number(level) is not None for level in levels) or (
        len(wordings) == 1 and "#" in next(iter(wordings))
    )
    if amounts:
        return [(levels[0], levels[-1])]
    return [(levels[0], level) for level in levels[1:]]


def _contrast(
    sample: Sample, factor: str, a: str, b: str, at: Mapping[str, str] | None = None
) -> Contrast | None:
    """Compare matched treatments: those that differ in this factor only; None if there are none."""
    related = {TYPE, LEVEL, OPTIMIZATION}
    apart = {factor}
    if factor == OPTIMIZATION:
        apart |= {TYPE, LEVEL} & set(sample.factors)
    elif factor in related and OPTIMIZATION in sample.factors and _follows(sample, factor):
        apart.add(OPTIMIZATION)
    kept = [name for name in sample.factors if name not in apart]
    sides: dict[str, dict[tuple[str, ...], list[int]]] = {a: {}, b: {}}
    for i, treatment in enumerate(sample.treatments):
        level = treatment.levels[factor]
        if level in sides and all(treatment.levels[name] == value for name, value in (at or {}).items()):
            sides[level].setdefault(tuple(treatment.levels[name] for name in kept), []).append(i)
    matched = sides[a].keys() & sides[b].keys()
    if not matched:
        return None
    weights = np.zeros(len(sample.treatments))
    for level, sign in ((a, 1.0), (b, -1.0)):
        for key in matched:
            weights[sides[level][key]] = sign / len(matched) / len(sides[level][key])
    name = f"{factor}: {a} - {b}"
    if at:
        name += " at " + ", ".join(f"{other}={level}" for other, level in at.items())
    return Contrast(name=name, factor=factor, a=a, b=b, weights=weights)


def _follows(sample: Sample, factor: str) -> bool:
    """Whether a factor is a function of ``optimization`` (derived), not one that the study varies by itself."""
    pairs = {(t.levels[OPTIMIZATION], t.levels[factor]) for t in sample.treatments}
    return len(pairs) == len({optimization for optimization, _ in pairs})


def _asked(sample: Sample, spec: str) -> Contrast:
    head, _, condition = spec.partition(" at ")
    factor, colon, levels = (part.strip() for part in head.partition(":"))
    if not colon:
        raise AnalysisError(f'contrast "{spec}": write it like "agents: 1 - 3"')
    _known(sample, spec, factor)
    at = dict(_conditions(sample, spec, condition)) if condition else None
    wanted = " ".join(levels.split())
    pairs = list(itertools.permutations(sample.factors[factor], 2))
    for a, b in pairs:
        if wanted in {f"{a} - {b}", f"{a} vs {b}"} or [(a, b)] == _tight(wanted, pairs):
            contrast = _contrast(sample, factor, a, b, at)
            if contrast is None:
                raise AnalysisError(f'contrast "{spec}": no two treatments differ in {factor} alone')
            return contrast
    raise AnalysisError(
        f'contrast "{spec}": {wanted!r} is no pair of levels of {factor}; they are '
        f'{", ".join(sample.factors[factor])}, and a pair is written "A - B"'
    )


def _tight(wanted: str, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the pairs that are meant if spaces do not count: one, unless a level has a hyphen of its own."""
    return [(a, b) for a, b in pairs if wanted.replace(" ", "") == f"{a}-{b}".replace(" ", "")]


def _known(sample: Sample, spec: str, factor: str) -> None:
    if factor not in sample.factors:
        near = difflib.get_close_matches(factor, list(sample.factors), n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise AnalysisError(
            f'contrast "{spec}": {factor!r} is no factor{hint}; there are {", ".join(sample.factors)}'
        )


def _conditions(sample: Sample, spec: str, condition: str) -> Iterator[tuple[str, str]]:
    for part in condition.split(","):
        name, equals, level = (word.strip() for word in part.partition("="))
        if not equals:
            raise AnalysisError(f'contrast "{spec}": after "at" write FACTOR=LEVEL, got {part.strip()!r}')
        _known(sample, spec, name)
        if level not in sample.factors[name]:
            raise AnalysisError(
                f'contrast "{spec}": {level!r} is no level of {name}; they are {", ".join(sample.factors[name])}'
            )
        yield name, level


def contrast_tests(
    sample: Sample, contrasts: Sequence[Contrast], *, alpha: float
) -> tuple[ContrastTest, ...]:
    """Test contrasts with the pooled variance; Holm's adjustment is over all that could be tested.

    The intervals are 1 - alpha each, not adjusted.
    """
    tests = [
        _with_own_spreads(sample, pooled_test(sample, contrast, alpha=alpha), alpha) for contrast in contrasts
    ]
    adjusted = holm([test.p for test in tests])
    return tuple(dataclasses.replace(test, p_holm=p) for test, p in zip(tests, adjusted, strict=True))


def pooled_test(sample: Sample, contrast: Contrast, *, alpha: float) -> ContrastTest:
    """Test one contrast with the pooled variance, and with nothing beside it."""
    missing = [
        sample.treatments[i].label for i in np.flatnonzero((contrast.weights != 0) & (sample.counts == 0))
    ]
    treatments = of_treatments(sample)
    if missing or treatments is None:
        some = f"{missing[0]} and {len(missing) - 1} more" if len(missing) > 1 else "".join(missing)
        return _untested(contrast, None, f"no program passed of {some or 'any treatment'}")
    present = np.unique(sample.cell)
    weights = contrast.weights[present] @ treatments.weights
    if not treatments.fit.estimable(weights) and len(sample.blocks) > 1:
        return _untested(contrast, None, f"treatments and {sample.block_name}s can't be told apart")
    estimate, se = treatments.estimate(weights), treatments.se(weights)
    if se is None or se <= 0:
        return _untested(contrast, estimate, sample.sigma.note or "the spread between programs is unknown")
    df = treatments.fit.df
    half = critical_t(alpha, df) * se
    return ContrastTest(
        contrast=contrast,
        estimate=estimate,
        se=se,
        df=df,
        t=estimate / se,
        p=two_sided_p(estimate / se, df),
        p_holm=None,
        ci_low=estimate - half,
        ci_high=estimate + half,
        robust_df=None,
        robust_p=None,
    )


def _with_own_spreads(sample: Sample, test: ContrastTest, alpha: float) -> ContrastTest:
    """Add the test with a variance for each treatment, and what it does at this design, where it can be done."""
    if test.estimate is None or test.p is None or len(sample.blocks) > 1:
        return test
    weights = test.contrast.weights
    se, df = satterthwaite(sample, weights)
    if se is None or df is None:
        return test
    used = np.flatnonzero(weights)
    size = family_size(sample.counts[used], weights[None, used], levels=2, alpha=alpha)
    return dataclasses.replace(
        test,
        robust_df=df,
        robust_p=two_sided_p(test.estimate / se, df),
        robust_trusted=trusted(size.rate, alpha),
        robust_size=size,
    )


def _untested(contrast: Contrast, estimate: float | None, note: str) -> ContrastTest:
    return ContrastTest(
        contrast=contrast,
        estimate=estimate,
        se=None,
        df=0,
        t=None,
        p=None,
        p_holm=None,
        ci_low=None,
        ci_high=None,
        robust_df=None,
        robust_p=None,
        note=note,
    )
