"""Time-outs: times of which no more is known than that they are longer than the limit."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import stats

from .._models.combinations import combinations
from .._models.lognormal_aft import Lognormal
from .._models.passing_table import task_numbers
from .._models.survival import curve, log_rank, restricted_mean
from .._models.time_limits import time_limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from .._arrays import Flags, Floats, Integers
    from .._models.passing_table import PassingTable
    from .._reading.frames import Results

_TIMEOUT: Final = "timeout"
_MOST_GROUPS: Final = 40
_MOST_STEPS: Final = 300
"""Steps of a curve: more can't be seen."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LogRank:
    """Do the treatments' times differ, time-outs counted as what they are? p is by permutation within tasks."""

    statistic: float | None
    p: float | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TimeRatio:
    """How many times as long level a takes as b; a limit is None where the data do not bound it."""

    factor: str
    a: str
    b: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    p: float | None
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Aft:
    """The log-normal model: ratios of times with profile intervals, and the likelihood ratio test of treatments."""

    time_ratios: tuple[TimeRatio, ...]
    p: float | None
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Restricted:
    """The mean time of a treatment's programs up to the limit, in seconds."""

    treatment: str
    estimate: float
    se: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FactorCensored:
    """Whether a factor matters for times that include time-outs: log-rank, dealt within tasks and other levels.

    ``clearest`` is the ratio of times of two levels that is farthest from 1, its limits holding for all levels against
    the first; None where there is none.
    """

    factor: str
    statistic: float | None
    p: float | None
    clearest: TimeRatio | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalCurve:
    """The share of a level's programs that are not done, by Kaplan and Meier, whatever else was varied.

    ``share`` holds from ``seconds`` on; the last of them are where the longest program returned or was stopped.
    ``median`` is when half are done, None where they never are.
    """

    factor: str
    level: str
    programs: int
    stopped: int
    seconds: tuple[float, ...]
    share: tuple[float, ...]
    median: float | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Censored:
    """What time-outs say; ``limit`` in seconds, the largest one.

    ``stopped_at`` has the smallest and the largest limit of those programs that were stopped: each task has its own.
    """

    limit: float
    stopped_at: tuple[float, float]
    timeouts: int
    logrank: LogRank
    aft: Aft
    rmst: tuple[Restricted, ...]
    factors: tuple[FactorCensored, ...]
    curves: tuple[SurvivalCurve, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Times:
    time: Floats
    finished: Flags
    treatment: Integers
    task: Integers


def censored(results: Results, table: PassingTable, *, alpha: float) -> Censored | None:
    """Compare the times of programs that passed or were stopped at their limit; None without time-outs.

    A program's time is the geometric mean of its runs; of one that was stopped no more is known than that it is longer
    than the limit of its task. Programs that failed otherwise are another outcome and are left out: a wrong answer is
    not slow.
    """
    programs = results.programs
    stopped = programs["verdict"].to_numpy(dtype=object) == _TIMEOUT
    limits = time_limits(programs)
    if not stopped.any() or not np.isfinite(limits).any():
        return None
    limit = float(limits.max())
    runs = results.runs
    number = runs["program"].cat.codes.to_numpy().astype(np.intp)
    logs = np.log(runs["seconds"].to_numpy(dtype=np.float64))
    known = np.isfinite(logs)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(number[known], weights=logs[known], minlength=len(programs)) / np.bincount(
            number[known], minlength=len(programs)
        )
    finished = programs["passed"].to_numpy(dtype=bool) & np.isfinite(mean)
    use = stopped | finished
    times = _Times(
        time=np.where(stopped, np.log(limits), mean)[use],
        finished=finished[use],
        treatment=_numbers(programs["treatment"], table.treatments)[use],
        task=task_numbers(results)[1][use],
    )
    logrank = log_rank(times.time, times.finished, times.treatment, times.task, len(table.treatments))
    model = _model(times, table)
    return Censored(
        limit=limit,
        stopped_at=(float(limits[stopped].min()), float(limits[stopped].max())),
        timeouts=int(stopped.sum()),
        logrank=LogRank(statistic=logrank and logrank[0], p=logrank and logrank[1]),
        aft=_aft(model, times, table, alpha),
        rmst=tuple(_restricted(times, table, limit)),
        factors=tuple(_factor(model, times, table, factor, alpha) for factor in table.varying()),
        curves=tuple(c for factor in table.varying() for c in _curves(times, table, factor)),
    )


def _numbers(labels: pd.Series[str], order: Sequence[str]) -> Integers:
    """Return where each label stands in ``order``."""
    number = {label: i for i, label in enumerate(order)}
    of_category = np.asarray([number.get(str(label), -1) for label in labels.cat.categories], dtype=np.intp)
    return np.asarray(of_category[labels.cat.codes.to_numpy()], dtype=np.intp)


def _restricted(times: _Times, table: PassingTable, limit: float) -> Iterator[Restricted]:
    for i, label in enumerate(table.treatments):
        inside = times.treatment == i
        if inside.any():
            mean, se = restricted_mean(np.exp(times.time[inside]), times.finished[inside], limit)
            yield Restricted(treatment=label, estimate=mean, se=se)


def _curves(times: _Times, table: PassingTable, factor: str) -> Iterator[SurvivalCurve]:
    for i, level in enumerate(table.factors[factor]):
        inside = np.isin(times.treatment, table.at(factor, i))
        if not inside.any():
            continue
        finished = times.finished[inside]
        seconds, share = curve(np.exp(times.time[inside]), finished)
        half = seconds[share <= 0.5]  # noqa: PLR2004 - the median
        end = float(np.exp(times.time[inside].max()))
        if len(seconds) > _MOST_STEPS:
            kept = np.linspace(0, len(seconds) - 1, _MOST_STEPS).astype(np.intp)
            seconds, share = seconds[kept], share[kept]
        left = float(share[-1]) if len(share) else 1.0
        yield SurvivalCurve(
            factor=factor,
            level=level,
            programs=int(inside.sum()),
            stopped=int((~finished).sum()),
            seconds=(*seconds.tolist(), end),
            share=(*share.tolist(), left),
            median=float(half[0]) if len(half) else None,
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """The log-normal model with one mean for each treatment and task, ``cells``, that finished at all."""

    fitted: Lognormal
    cells: Integers
    position: dict[int, int]


def _model(times: _Times, table: PassingTable) -> _Model | str:
    """Return the model, or why there is none; cells of which nothing finished add nothing to the likelihood."""
    size = len(table.treatments)
    cell = times.task * size + times.treatment
    events = np.bincount(cell, weights=times.finished, minlength=size * len(table.tasks))
    cells = np.flatnonzero(events)
    inside = np.isin(cell, cells)
    if len(cells) > _MOST_GROUPS or times.finished.sum() <= len(cells):
        note = "too many treatments" if len(cells) > _MOST_GROUPS else "too few programs finished"
        return f"{note} for the model"
    position = {int(c): i for i, c in enumerate(cells)}
    model = Lognormal(
        y=times.time[inside],
        finished=times.finished[inside],
        group=np.searchsorted(cells, cell[inside]).astype(np.intp),
        groups=len(cells),
    )
    if float(np.ptp(model.y[model.finished])) < 1e-9:  # noqa: PLR2004 - logs of seconds
        return "finished times do not differ at all"
    return _Model(fitted=model, cells=cells, position=position)


def _aft(model: _Model | str, times: _Times, table: PassingTable, alpha: float) -> Aft:
    if isinstance(model, str):
        return Aft(time_ratios=(), p=None, note=model)
    ratios = tuple(
        ratio
        for factor in table.varying()
        for ratio in _ratios(model.fitted, table, model.position, factor, alpha)
    )
    return Aft(time_ratios=ratios, p=_likelihood_ratio(model.fitted, times, table, model.cells))


def _factor(
    model: _Model | str, times: _Times, table: PassingTable, factor: str, alpha: float
) -> FactorCensored:
    """Compare the levels of one factor within tasks and the combinations of the other factors."""
    others = [name for name in table.own if name != factor]
    _, group = combinations(
        [np.zeros(len(table.treatments), np.intp), *(table.level[name] for name in others)]
    )
    stratum = times.task * (int(group.max()) + 1) + group[times.treatment]
    level = np.asarray(table.level[factor])[times.treatment]
    logrank = log_rank(times.time, times.finished, level, stratum, len(table.factors[factor]))
    clearest = None
    if not isinstance(model, str):
        pairs = max(1, len(table.factors[factor]) - 1)
        ratios = [
            ratio
            for ratio in _ratios(model.fitted, table, model.position, factor, alpha / pairs)
            if ratio.estimate
        ]
        clearest = max(ratios, key=lambda ratio: abs(math.log(ratio.estimate or 1.0)), default=None)
    return FactorCensored(
        factor=factor, statistic=logrank and logrank[0], p=logrank and logrank[1], clearest=clearest
    )


def _likelihood_ratio(model: Lognormal, times: _Times, table: PassingTable, cells: Integers) -> float | None:
    """Test that treatments of a task have one mean, against a mean for each."""
    size = len(table.treatments)
    used, task = np.unique(times.task, return_inverse=True)
    present = len(np.unique(times.task * size + times.treatment))
    df = present - len(used)
    if df < 1 or len(np.unique(cells // size)) < len(used):
        return None
    null = Lognormal(
        y=times.time, finished=times.finished, group=task.reshape(-1).astype(np.intp), groups=len(used)
    )
    return float(stats.chi2.sf(max(0.0, 2 * (model.highest[0] - null.highest[0])), df))


def _ratios(
    model: Lognormal, table: PassingTable, position: dict[int, int], factor: str, alpha: float
) -> Iterator[TimeRatio]:
    """Compare each level of a factor with the first, over the tasks and other levels that both have."""
    size, levels = len(table.treatments), table.factors[factor]
    others = [name for name in table.own if name != factor]
    keys = [tuple(int(table.level[name][i]) for name in others) for i in range(size)]
    for b in range(1, len(levels)):
        plain = TimeRatio(
            factor=factor, a=levels[b], b=levels[0], estimate=None, ci_low=None, ci_high=None, p=None
        )
        weights, matched = np.zeros(model.groups), 0
        for task in range(len(table.tasks)):
            first = {keys[i]: task * size + int(i) for i in table.at(factor, 0)}
            second = {keys[i]: task * size + int(i) for i in table.at(factor, b)}
            for key in first.keys() & second.keys():
                if first[key] in position and second[key] in position:
                    weights[position[second[key]]] += 1
                    weights[position[first[key]]] -= 1
                    matched += 1
        if matched == 0:
            yield dataclasses.replace(plain, note="of one of them nothing finished")
            continue
        estimate, low, high, p = model.profile(weights / matched, alpha=alpha)
        yield dataclasses.replace(
            plain,
            estimate=math.exp(estimate),
            ci_low=math.exp(low) if math.isfinite(low) else None,
            ci_high=math.exp(high) if math.isfinite(high) else None,
            p=p,
        )
