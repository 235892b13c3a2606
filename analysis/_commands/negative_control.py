"""The negative control (A/A): how often tests find a difference between programs of which nothing differs."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from .._errors import AnalysisError
from .._inference.contrasts import planned_contrasts
from .._inference.registry import COMPARING
from .._inference.rowwise import DataSets, contrast_test
from .._inference.simulated_size import rate
from .._inference.statistical_test import always_possible
from .._models.sample import program_of_runs, run_values

if TYPE_CHECKING:
    import argparse

    from .._analysis import Analysis
    from .._arrays import Floats, Integers
    from .._inference.contrasts import Contrast
    from .._models.sample import Sample
    from .._reading.frames import Results

RESAMPLES = 10_000
SEED = 20250302
NAIVE = "F over runs, as if each were a program"

_IMPOSSIBLE = {test.title: test.impossible for test in COMPARING}
_FEWEST = 100
_WORK = 40_000_000
_CHUNK = 500_000
_FEW = 1000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FalsePositives:
    """One test: its p value in the study as it is, and how often it was at most alpha under random labels.

    ``error`` is the Monte-Carlo standard error of ``rate``. ``p`` and ``rate`` are None where ``note`` says why.
    """

    test: str
    p: float | None
    rate: float | None
    error: float | None
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NegativeResult:
    """False-positive rates at ``alpha`` over ``resamples`` random assignments of programs to treatments."""

    alpha: float
    resamples: int
    seed: int
    programs: int
    treatments: int
    tests: tuple[FalsePositives, ...]
    notes: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"schema": 1, **dataclasses.asdict(self)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``negative`` takes beside the options of the analysis."""
    parser.add_argument(
        "--resamples",
        type=int,
        default=RESAMPLES,
        metavar="N",
        help="random assignments (default: %(default)s)",
    )
    parser.add_argument(
        "--seed", type=int, default=SEED, metavar="N", help="of the assignments (default: %(default)s)"
    )


def run(analysis: Analysis, args: argparse.Namespace) -> NegativeResult:
    """Answer ``python -m analysis negative``."""
    return negative(analysis, resamples=args.resamples, seed=args.seed)


def negative(analysis: Analysis, *, resamples: int = RESAMPLES, seed: int = SEED) -> NegativeResult:
    """Give programs to treatments at random, many times, and count what the tests find.

    Parameters
    ----------
    analysis : of any study; of one whose two treatments differ in nothing, ``p`` shows the real assignment, too.
    resamples : assignments, at least 100; fewer are made of very large studies.
    seed : of the assignments.

    Notes
    -----
    Under random labels the null hypothesis holds by construction, for these very values: whatever their distribution.
    Programs change places within their machine only, and the machines' means are taken out first.

    Raises
    ------
    AnalysisError : fewer than two treatments have programs, nothing varies, or an option makes no sense.
    """
    sample, alpha = analysis.sample, analysis.options.alpha
    if resamples < _FEWEST:
        raise AnalysisError(
            f"--resamples {resamples}: give at least {_FEWEST}; a rate from fewer says nothing"
        )
    if seed < 0:
        raise AnalysisError(f"--seed {seed}: it must not be negative")
    if not 0 < alpha < 1:
        raise AnalysisError(f"alpha {alpha:g}: it must be between 0 and 1, for example 0.05")
    setting = _setting(sample, analysis.results)
    number = max(_FEWEST, min(resamples, _WORK // setting.y.size))
    contrasts = _contrasts(analysis, sample)
    here = _p_values(setting, setting.y[None], contrasts)
    p_values = _resampled(setting, contrasts, number, seed)
    return NegativeResult(
        alpha=alpha,
        resamples=number,
        seed=seed,
        programs=setting.y.size,
        treatments=setting.counts.size,
        tests=tuple(_false_positives(name, here[name], p, alpha, setting) for name, p in p_values.items()),
        notes=tuple(_notes(setting, number, resamples, p_values)),
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """Values sorted by treatment (machines' means taken out), with their machines; what runs add to the naive test."""

    y: Floats
    counts: Integers
    block: Integers
    present: Integers
    runs: int | None
    within: float


def _setting(sample: Sample, results: Results) -> _Setting:
    order = np.argsort(sample.cell, kind="stable")
    present = np.flatnonzero(sample.counts)
    counts = sample.counts[present]
    if present.size < 2:  # noqa: PLR2004 - nothing to compare
        raise AnalysisError(
            "negative: programs of fewer than two treatments passed, so there is nothing to compare"
        )
    if int(counts.sum()) <= counts.size:
        raise AnalysisError("negative: no treatment has two programs that passed, so nothing can be tested")
    block = sample.block[order]
    y = sample.y[order]
    y = y - (np.bincount(block, weights=y) / np.bincount(block))[block] + y.mean()
    # What rounding leaves of equal values is no spread.
    if float(np.ptp(y)) <= 1e-12 * float(np.abs(y).max()):
        raise AnalysisError("negative: all programs took the same time, so every test is 0/0")
    runs, within = _runs(results, sample)
    return _Setting(y=y, counts=counts, block=block, present=present, runs=runs, within=within)


def _runs(results: Results, sample: Sample) -> tuple[int | None, float]:
    """Return the runs of each program and their sum of squares within programs; None unless all have as many."""
    if len(sample.blocks) > 1 or results.crossed:
        return None, 0.0
    program = program_of_runs(results, sample)
    values = run_values(results, sample.response)[program >= 0]
    program = program[program >= 0]
    count = np.bincount(program, minlength=sample.y.size)
    if int(count.min()) != int(count.max()) or int(count.max()) < 2:  # noqa: PLR2004
        return None, 0.0
    mean = np.bincount(program, weights=values) / count
    return int(count[0]), float(np.sum((values - mean[program]) ** 2))


def _contrasts(analysis: Analysis, sample: Sample) -> tuple[Contrast, ...]:
    able = planned_contrasts(sample, analysis.options.contrasts)
    return tuple(c for c in able if not np.any((c.weights != 0) & (sample.counts == 0)))


def _p_values(setting: _Setting, y: Floats, contrasts: tuple[Contrast, ...]) -> dict[str, Floats]:
    """Test rows of values, (s, n): p values (s,) by test."""
    data = DataSets(counts=setting.counts, y=y)
    # Values that happen to be equal within all treatments leave 0/0; such a row finds nothing.
    with np.errstate(divide="ignore", invalid="ignore"):
        p = {
            test.title: np.full(len(y), np.nan) if test.impossible(data.counts) else test.figures(data).p
            for test in COMPARING
        }
        for contrast in contrasts:
            p[contrast.name] = contrast_test(data, contrast.weights[setting.present])
        if setting.runs is not None:
            p[NAIVE] = _naive(setting, data)
    return p


def _naive(setting: _Setting, data: DataSets) -> Floats:
    counts, runs, k = data.counts, setting.runs or 1, data.counts.size
    centre = data.mean @ counts / counts.sum()
    between = runs * ((data.mean - centre[:, None]) ** 2 @ counts) / (k - 1)
    df = int(counts.sum()) * runs - k
    within = runs * data.squares.sum(axis=1) + setting.within
    return np.asarray(stats.f.sf(between / (within / df), k - 1, df))


def _resampled(
    setting: _Setting, contrasts: tuple[Contrast, ...], resamples: int, seed: int
) -> dict[str, Floats]:
    rng = np.random.default_rng(seed)
    columns = [np.flatnonzero(setting.block == b) for b in np.unique(setting.block)]
    step = max(1, _CHUNK // setting.y.size)
    parts: dict[str, list[Floats]] = {}
    for start in range(0, resamples, step):
        y = np.tile(setting.y, (min(step, resamples - start), 1))
        for of_block in columns:
            y[:, of_block] = rng.permuted(y[:, of_block], axis=1)
        for name, p in _p_values(setting, y, contrasts).items():
            parts.setdefault(name, []).append(p)
    return {name: np.concatenate(chunks) for name, chunks in parts.items()}


def _false_positives(name: str, here: Floats, p: Floats, alpha: float, setting: _Setting) -> FalsePositives:
    if problem := _IMPOSSIBLE.get(name, always_possible)(setting.counts):
        return FalsePositives(test=name, p=None, rate=None, error=None, note=f"cannot be done: {problem}")
    share, error = rate(p <= alpha)
    remark = None
    if share - 2 * error > 1.2 * alpha:
        remark = "finds far too much"
    elif share + 2 * error < 0.6 * alpha:
        remark = "finds too little"
    own = float(here[0])
    return FalsePositives(
        test=name, p=own if math.isfinite(own) else None, rate=share, error=error, note=remark
    )


def _notes(setting: _Setting, number: int, asked: int, p_values: dict[str, Floats]) -> list[str]:
    notes = []
    if number < asked:
        notes.append(f"{number:,} assignments instead of {asked:,}, as there are {setting.y.size:,} programs")
    log_ways = math.lgamma(setting.y.size + 1) - math.fsum(
        math.lgamma(n + 1) for n in setting.counts.tolist()
    )
    if log_ways < math.log(_FEW):
        notes.append(
            f"there are only {round(math.exp(log_ways))} different assignments, so these rates come in coarse steps; "
            "make more programs per treatment"
        )
    if NAIVE in p_values:
        notes.append(
            "counting runs as programs is shown because it is a common mistake; the analysis never does it"
        )
    notes.append(
        '"p here" is of the real assignment: in an A/A study it should be large, 19 times out of 20 above 0.05'
    )
    return notes
