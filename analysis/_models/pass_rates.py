"""Failed programs: how many, of which kind, and what leaving them out would do."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import fft, special

from .freeman_halton import pass_test
from .time_limits import time_limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from .._arrays import Floats, Integers
    from .._reading.frames import Results
    from .freeman_halton import PassTest
    from .sample import Sample

_INVENTED = frozenset({"NameError", "ModuleNotFoundError", "ImportError", "AttributeError"})
_SEED = 20250302
_DEALT = 10_000_000  # values in all: many deals of few programs, few deals of many
_MOST_DEALS, _FEWEST_DEALS = 9_999, 199
_ROTATED = 10_000
"""Programs from which on values are rotated through a random order, in every way, instead of dealt."""
_MOST_ROTATED = 20_000_000
"""Programs times treatments up to which they are: each treatment takes two Fourier transforms of all programs."""
_CHUNK = 1_000_000
_INVENTED_ARGUMENTS = ("unexpected keyword argument", "got an unexpected", "got multiple values for argument")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PassRate:
    """Programs that passed, with Wilson's interval; ``factor`` may be ``all``, ``task`` and ``treatment``."""

    factor: str
    level: str
    passed: int
    programs: int
    estimate: float
    ci_low: float
    ci_high: float

    @classmethod
    def of(cls, factor: str, level: str, passed: int, programs: int, *, alpha: float) -> PassRate:
        """Return the rate of a level, with its interval at 1 - alpha."""
        low, high = wilson(passed, programs, alpha)
        return cls(
            factor=factor,
            level=level,
            passed=passed,
            programs=programs,
            estimate=passed / programs,
            ci_low=low,
            ci_high=high,
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Par2:
    """Mean seconds with each failed program counted as twice its time limit, and the omnibus test over treatments.

    ``by_treatment`` has the PAR2 mean of each treatment; ``limit`` says where the limit came from. ``penalty`` is the
    largest one, and ``is_same`` says whether all are: each task has limits of its own. Penalties are far from normal,
    so ``p`` is how often F is as large when the values are dealt to the treatments at random (``shuffles`` times; of
    10,000 programs and more, rotated through a random order in all ways): exact at any size, where treatments differ in
    nothing.
    """

    by_treatment: Mapping[str, float]
    penalty: float | None
    limit: str
    f: float | None
    p: float | None
    shuffles: int | None = None
    note: str | None = None
    is_same: bool = True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FailureKind:
    """How many programs of a treatment failed in one way; ``invented`` marks names that do not exist.

    ``kind`` is the verdict, with the type of the exception where there was one (``"error: NameError"``).
    """

    treatment: str
    kind: str
    invented: bool
    programs: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """``sentence`` says plainly which way dropping failures moved the answer.

    ``given_success`` is the mean time in seconds of the programs that passed, by treatment.
    """

    failed: int
    rates: tuple[PassRate, ...]
    test: PassTest
    given_success: Mapping[str, float]
    par2: Par2
    kinds: tuple[FailureKind, ...]
    sentence: str


def failures(results: Results, sample: Sample, *, alpha: float) -> Failures:
    """Describe what failed.

    Parameters
    ----------
    results : what was read.
    sample : of the response ``seconds``, whatever response the analysis has.
    alpha : intervals are 1 - alpha.
    """
    programs = results.programs
    passed = programs["passed"].to_numpy(dtype=bool)
    totals = sample.generated
    good = np.bincount(_cells(programs, sample)[passed], minlength=len(totals)).astype(np.intp)
    given = {
        t.label: float(mean)
        for t, mean, n in zip(sample.treatments, sample.means, sample.counts, strict=True)
        if n
    }
    par2 = _par2(programs, sample)
    return Failures(
        failed=int((~passed).sum()),
        rates=tuple(_rates(results, sample, good, alpha)),
        test=pass_test(totals.tolist(), good.tolist()),
        given_success=given,
        par2=par2,
        kinds=_kinds(programs),
        sentence=_sentence(sample, good, given, par2),
    )


def _cells(programs: pd.DataFrame, sample: Sample) -> Integers:
    """Return the treatment of each program, failed ones too."""
    number = {treatment.label: i for i, treatment in enumerate(sample.treatments)}
    treatment = programs["treatment"].cat
    of_category = np.asarray([number[label] for label in treatment.categories], dtype=np.intp)
    return of_category[treatment.codes.to_numpy()]


def _rates(results: Results, sample: Sample, good: Integers, alpha: float) -> Iterator[PassRate]:
    yield PassRate.of("all", "all programs", int(good.sum()), int(sample.generated.sum()), alpha=alpha)
    for factor, levels in results.factors.items():
        for level in levels:
            inside = [i for i, t in enumerate(sample.treatments) if t.levels[factor] == level]
            yield PassRate.of(
                factor, level, int(good[inside].sum()), int(sample.generated[inside].sum()), alpha=alpha
            )
    for i, treatment in enumerate(sample.treatments):
        yield PassRate.of("treatment", treatment.label, int(good[i]), int(sample.generated[i]), alpha=alpha)


def wilson(good: float, total: float, alpha: float) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion (Wilson 1927, JASA 22), without continuity correction.

    Examples
    --------
    >>> [round(limit, 4) for limit in wilson(2, 2, 0.05)]
    [0.3424, 1.0]
    """
    z = -float(special.ndtri(alpha / 2))
    share, wider = good / total, 1 + z**2 / total
    centre = (share + z**2 / (2 * total)) / wider
    half = z * math.sqrt(share * (1 - share) / total + z**2 / (4 * total**2)) / wider
    return max(0.0, centre - half), min(1.0, centre + half)


def _kinds(programs: pd.DataFrame) -> tuple[FailureKind, ...]:
    counts: dict[tuple[str, str, bool], int] = {}
    failed = programs.loc[~programs["passed"]]
    order = {label: i for i, label in enumerate(programs["treatment"].cat.categories)}
    told = (failed[name].tolist() for name in ("treatment", "verdict", "error_type", "reason"))
    for treatment, verdict, error, reason in zip(*told, strict=True):
        kind = f"{verdict}: {error}" if isinstance(error, str) else str(verdict)
        key = (str(treatment), kind, is_invented(error, reason))
        counts[key] = counts.get(key, 0) + 1
    return tuple(
        FailureKind(treatment=treatment, kind=kind, invented=invented, programs=n)
        for (treatment, kind, invented), n in sorted(
            counts.items(), key=lambda item: (order[item[0][0]], item[0])
        )
    )


def is_invented(error_type: object, reason: object) -> bool:
    """Whether a program failed because it uses a module, attribute, name or argument that does not exist."""
    if error_type in _INVENTED:
        return True
    return (
        error_type == "TypeError"
        and isinstance(reason, str)
        and any(w in reason for w in _INVENTED_ARGUMENTS)
    )


# -- failed programs as slow ones


def _par2(programs: pd.DataFrame, sample: Sample) -> Par2:
    passed = programs["passed"].to_numpy(dtype=bool)
    cells = _cells(programs, sample)
    limits, limit = time_limits(programs), "twice the time limit of the runs"
    if not np.isfinite(limits).any():
        if not sample.y.size:
            return Par2(
                by_treatment={},
                penalty=None,
                limit="unknown",
                f=None,
                p=None,
                note="no time limit is on record",
            )
        limits = np.full(len(programs), sample.y.max())
        limit = "twice the slowest program that passed (no time limit is on record)"
    own, failed = 2 * limits, ~passed
    penalties = own[failed] if failed.any() else own
    values = np.concatenate([sample.y, own[failed]])
    cell = np.concatenate([sample.cell, cells[failed]])
    size = len(sample.treatments)
    count = np.bincount(cell, minlength=size)
    mean = np.bincount(cell, weights=values, minlength=size) / np.maximum(count, 1)
    f = _omnibus(values, cell)
    p, shuffles = (None, None) if f is None else shuffle_test(values, cell)
    return Par2(
        by_treatment={t.label: float(m) for t, m, n in zip(sample.treatments, mean, count, strict=True) if n},
        penalty=float(penalties.max()),
        limit=limit,
        is_same=bool(penalties.min() == penalties.max()),
        f=f,
        p=p,
        shuffles=shuffles,
        note=None if f is not None else "not testable: the spread within treatments is unknown",
    )


def _omnibus(y: Floats, cell: Integers) -> float | None:
    """One-way F over treatments."""
    present, at = np.unique(cell, return_inverse=True)
    count = np.bincount(at)
    mean = np.bincount(at, weights=y - y.mean()) / count
    within = float(np.sum((y - y.mean() - mean[at]) ** 2))
    k, df = len(present), len(y) - len(present)
    tolerance = len(y) * (64 * np.finfo(float).eps * float(np.abs(y).max())) ** 2
    if k < 2 or df < 1 or within <= tolerance:  # noqa: PLR2004
        return None
    return float(count @ mean**2) / (k - 1) / (within / df)


def shuffle_test(y: Floats, cell: Integers, *, deals: int | None = None) -> tuple[float, int]:
    """Return how often values dealt at random differ as much between treatments as the real ones, and the deals made.

    The real assignment counts as one of the deals (Phipson & Smyth 2010), so that p is never 0 and never too small.
    """
    order = np.argsort(cell, kind="stable")
    count = np.unique(cell, return_counts=True)[1]
    starts = np.concatenate([[0], np.cumsum(count)[:-1]])
    centred = (y - y.mean())[order]
    if deals is None and y.size >= _ROTATED and y.size * count.size <= _MOST_ROTATED:
        return _rotated(centred, count)
    if deals is None:
        deals = int(np.clip(_DEALT // y.size, _FEWEST_DEALS, _MOST_DEALS))
    rng, chunk = np.random.default_rng(_SEED), max(1, _CHUNK // y.size)
    # Between and within sum to the same total in every deal, so F and the sum of squares between order them alike.
    real = float(np.sum(np.add.reduceat(centred, starts) ** 2 / count))
    as_far = 0
    for start in range(0, deals, chunk):
        dealt = np.tile(centred, (min(chunk, deals - start), 1))
        for row in dealt:  # what ``permuted`` deals, in two thirds of its time
            rng.shuffle(row)
        between = np.sum(np.add.reduceat(dealt, starts, axis=1) ** 2 / count, axis=1)
        as_far += int(np.sum(between >= real * (1 - 1e-9)))
    return (1 + as_far) / (1 + deals), deals


def _rotated(centred: Floats, count: Integers) -> tuple[float, int]:
    """Return how often rotating the values through a random order of the programs differs as much, and the rotations.

    The rotations of one fixed order are a group, so the test is as exact as with all orders (Hemerik & Goeman 2018),
    and sums over treatments of all of them at once are correlations, which Fourier transforms give. The last few of
    the order stay where they are: what rotates has a number of programs for which transforms are fast.
    """
    size = fft.prev_fast_len(centred.size, real=True)
    order = np.random.default_rng(_SEED).permutation(centred.size)
    treatment = np.repeat(np.arange(count.size), count)[order]
    values = centred[order]
    staying = np.bincount(treatment[size:], weights=values[size:], minlength=count.size)
    turning, transformed = treatment[:size], np.conj(fft.rfft(values[:size]))
    between = np.zeros(size)
    for number, programs in enumerate(count.tolist()):
        sums = fft.irfft(transformed * fft.rfft((turning == number).astype(np.float64)), size)
        sums += staying[number]
        sums *= sums
        sums /= programs
        between += sums
    as_far = int(np.sum(between[1:] >= between[0] * (1 - 1e-9)))
    return (1 + as_far) / size, size - 1


# -- in words


def _sentence(sample: Sample, good: Integers, given: Mapping[str, float], par2: Par2) -> str:
    total, failed = int(sample.generated.sum()), int(sample.generated.sum() - good.sum())
    if failed == 0:
        return f"All {total} programs passed, so no time was left out."
    if failed == total:
        return f"None of the {total} programs passed, so there are no times to compare."
    if not sample.counts.any():
        return f"{failed} of {total} programs failed; those that passed were not timed."
    have = "has" if failed == 1 else "have"
    head = f"{failed} of {total} programs failed and {have} no valid time; times are those of the programs that passed."
    gains = {
        label: par2.by_treatment[label] - mean for label, mean in given.items() if label in par2.by_treatment
    }
    if not gains:
        return head
    flattered = max(gains, key=lambda label: gains[label])
    parts = [head]
    lost = [t.label for t, n in zip(sample.treatments, good, strict=True) if n == 0]
    if lost:
        parts.append(f"Nothing of {_some(lost)} passed, so the times say nothing of {_it(lost)}.")
    if gains[flattered] > 0:
        parts.append(
            f"Leaving failures out flatters {flattered} most: {given[flattered]:.3g} s among those that passed, "
            f"{par2.by_treatment[flattered]:.3g} s with each failure counted as {par2.limit}."
        )
    fastest, robust = (
        min(given, key=lambda x: given[x]),
        min(par2.by_treatment, key=lambda x: par2.by_treatment[x]),
    )
    if fastest == robust:
        parts.append(f"The smallest mean is that of {fastest} either way.")
    else:
        parts.append(
            f"It moves the smallest mean: {fastest} among those that passed, {robust} when failures count."
        )
    return " ".join(parts)


def _some(labels: list[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{labels[0]} and {len(labels) - 1} more treatments"


def _it(labels: list[str]) -> str:
    return "it" if len(labels) == 1 else "them"
