"""Several tasks: each task's ratio to its reference, and treatments compared over tasks like these, or over these."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from .._errors import AnalysisError
from .anova import anova, fit_model
from .formula import TASK, Model, columns, crossing, name_of, parse
from .least_squares import MAX_COLUMNS, basis
from .students_t import critical_t
from .task_reml import CellTable, FTest, Satterthwaite, TaskFit, exact_f, fit_tasks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._arrays import Flags, Floats
    from .._reading.frames import Results
    from .anova import Term
    from .formula import Term as Names
    from .sample import Response, Sample

RANDOM_FROM: Final = 5
"""So many tasks are a sample of tasks, unless somebody says otherwise; fewer tell too little of other tasks."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TaskRatio:
    """One task: geometric mean of program / reference, treatments weighing the same; None where no program passed."""

    task: str
    programs: int
    passed: int
    ratio: float | None
    ci_low: float | None
    ci_high: float | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MeanRatio:
    """Geometric mean of the tasks' ratios, each task weighing the same.

    Limits are Student's over the tasks where these are a sample of tasks, from programs alone where they are all that
    matters.
    """

    ratio: float
    ci_low: float | None
    ci_high: float | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TaskVariance:
    """Variances of the response between tasks, of what treatments do from task to task, and between programs."""

    task: float | None
    task_treatment: float | None
    program: float | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LevelPair:
    """The two levels of a factor that are farthest apart: the ratio of their times a / b, limits for all pairs."""

    a: str
    b: str
    ratio: float
    ci_low: float
    ci_high: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OverTerm:
    """One term, tested over tasks like these; ``pair`` is there for a factor by itself."""

    term: str
    df: int
    df_den: float | None
    f: float | None
    p: float | None
    note: str | None = None
    pair: LevelPair | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OverContrast:
    """A weighted sum of treatment means, over tasks like these."""

    estimate: float
    se: float
    df: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TasksFound:
    """What is known of several tasks.

    Attributes
    ----------
    random : whether conclusions are about tasks like these; otherwise about these alone.
    response : ``ratio``, or ``log`` where a run has no reference beside it; ``by_task`` has no ratios then.
    fixed : terms with the tasks as a factor, crossed with the others, against programs; empty where there are too many.
    over : the same terms over tasks like these, by ``method``.
    contrasts : what was asked for beside, in its order; None where a treatment has no programs, or nothing is left.
    ratio : of all tasks together; None without a ratio of two tasks.
    """

    random: bool
    response: Response
    by_task: tuple[TaskRatio, ...]
    variance: TaskVariance
    fixed: tuple[Term, ...]
    fixed_df_den: int | None
    over: tuple[OverTerm, ...]
    method: str
    notes: tuple[str, ...]
    contrasts: tuple[OverContrast | None, ...] = ()
    ratio: MeanRatio | None = None


def task_results(
    results: Results,
    sample: Sample,
    *,
    random: bool | None,
    alpha: float,
    contrasts: Sequence[Floats] = (),
) -> TasksFound | None:
    """Compare treatments over several tasks; None in a study of one.

    Parameters
    ----------
    sample : log ratios to the reference of each program's own task (or log seconds), tasks as blocks.
    random : whether tasks are a sample of tasks; None decides by their number.
    contrasts : weights of the sample's treatments, to be compared over tasks like these.
    """
    if len(results.tasks) < 2:  # noqa: PLR2004 - several
        return None
    if not len(sample.y):
        return _untimed(results, sample, random=random, alpha=alpha, contrasts=len(contrasts))
    own = [n for n, levels in results.factors.items() if n not in results.derived and len(levels) > 1]
    table, terms, levels, notes = _table(results, sample, own)
    fit = fit_tasks(table)
    tests = _Tests(table, fit)
    over, method = _over(tests, terms, levels, alpha=alpha), tests.method
    if fit is None:
        notes.append("too few programs passed to tell tasks, treatments and programs apart")
    elif fit.task_treatment is None:
        notes.append(
            "one program of each task and treatment: what treatments do from task to task is in program"
        )
    fixed, df_den = _fixed(sample, own, notes)
    sampled = len(results.tasks) >= RANDOM_FROM if random is None else random
    means = _means_by_task(results, sample)
    return TasksFound(
        random=sampled,
        response=sample.response,
        by_task=_by_task(results, means, alpha=alpha),
        variance=TaskVariance(
            task=None if fit is None else fit.task,
            task_treatment=None if fit is None else fit.task_treatment,
            program=None if fit is None else fit.program,
        ),
        fixed=fixed,
        fixed_df_den=df_den,
        over=over,
        method=method,
        notes=tuple(notes),
        contrasts=tuple(tests.contrast(_present(sample), weights) for weights in contrasts),
        ratio=_of_all([mean for mean in means if mean is not None], random=sampled, alpha=alpha),
    )


def _untimed(
    results: Results, sample: Sample, *, random: bool | None, alpha: float, contrasts: int
) -> TasksFound:
    """Say what is known where no program has a time: tasks that are never timed, or no program that passed."""
    return TasksFound(
        random=len(results.tasks) >= RANDOM_FROM if random is None else random,
        response=sample.response,
        by_task=_by_task(results, _means_by_task(results, sample), alpha=alpha),
        variance=TaskVariance(task=None, task_treatment=None, program=None),
        fixed=(),
        fixed_df_den=None,
        over=(),
        method="none",
        notes=("no program has a time: tasks are compared by their pass rates",),
        contrasts=(None,) * contrasts,
    )


def _present(sample: Sample) -> Flags:
    """Return which treatments have programs: the rows of the table's columns, in their order."""
    return np.asarray(sample.counts > 0)


def _tasks_of(results: Results, sample: Sample) -> list[int]:
    """Return the number of the task of each value."""
    place = {task: number for number, task in enumerate(results.tasks)}
    return [place[task] for task in results.programs["task"].to_numpy()[sample.rows].tolist()]


def _table(
    results: Results, sample: Sample, own: list[str]
) -> tuple[CellTable, dict[Names, slice], dict[str, list[str]], list[str]]:
    """Return the cells of tasks and treatments, which columns are of which term, and factors' levels by treatment."""
    tasks, size = len(results.tasks), len(sample.treatments)
    key = np.asarray(_tasks_of(results, sample), dtype=np.intp) * size + sample.cell
    count = np.bincount(key, minlength=tasks * size)
    mean = np.bincount(key, weights=sample.y, minlength=tasks * size) / np.maximum(count, 1)
    within = float(np.sum((sample.y - mean[key]) ** 2))
    count, mean = count.reshape(tasks, size), mean.reshape(tasks, size)
    present = np.flatnonzero(count.sum(axis=0))
    model = parse(crossing(own), own)
    notes = []
    codes = {
        name: (
            np.asarray([sample.factors[name].index(sample.treatments[i].levels[name]) for i in present]),
            len(sample.factors[name]),
        )
        for name in own
    }
    blocks = columns(model, codes, len(present))
    x = np.concatenate(blocks, axis=1)
    terms: dict[Names, slice] = {}
    if basis(x).shape[1] < x.shape[1]:
        notes.append("some treatments have no program that passed in any task: they are compared as a whole")
        model, x = Model(formula="treatment", terms=(("treatment",),)), _sum_coded(len(present))
        blocks = [x[:, :1], x[:, 1:]]
    ends = np.cumsum([block.shape[1] for block in blocks]).tolist()
    for names, start, end in zip(model.terms, ends[:-1], ends[1:], strict=True):
        if end > start:
            terms[names] = slice(start, end)
    there = np.flatnonzero(count.sum(axis=1))
    cells = np.ix_(there, present)
    table = CellTable(count=count[cells].astype(np.intp), mean=mean[cells], within=within, x=x)
    levels = {name: [sample.treatments[i].levels[name] for i in present] for name in own}
    return table, terms, levels, notes


def _sum_coded(size: int) -> Floats:
    coded = np.eye(size)[:, :-1] - (np.arange(size) == size - 1)[:, None]
    return np.concatenate([np.ones((size, 1)), coded], axis=1)


class _Tests:
    """Tests over tasks like these: exact where the table is balanced, by Satterthwaite's method elsewhere."""

    def __init__(self, table: CellTable, fit: TaskFit | None) -> None:
        self.table, self._fit = table, fit
        self._exact = table.balanced and len(table.count) > 1
        self._satterthwaite = None if self._exact or fit is None else Satterthwaite(fit)
        self._inverse = np.linalg.pinv(table.x)
        self.method = (
            "exact F of the balanced mixed model, against treatments by tasks"
            if self._exact
            else "REML with (1|task) + (1|task:treatment), F with Satterthwaite's degrees of freedom"
        )

    def test(self, of: slice) -> FTest | None:
        """Test the coefficients of some columns."""
        return self._tested(np.eye(self.table.x.shape[1])[of])

    def _tested(self, contrasts: Floats) -> FTest | None:
        if self._exact:
            return exact_f(self.table, contrasts @ self._inverse)
        return None if self._satterthwaite is None else self._satterthwaite.test(contrasts)

    def contrast(self, present: Flags, weights: Floats) -> OverContrast | None:
        """Estimate a weighted sum of the means of treatments; None where one of them has no programs."""
        if self._fit is None or bool((weights[~present] != 0).any()):
            return None
        row = weights[present] @ self.table.x
        tested, estimate = self._tested(row[None]), float(row @ self._fit.beta)
        if tested is None or not tested.f > 0:
            return None
        return OverContrast(estimate=estimate, se=abs(estimate) / math.sqrt(tested.f), df=tested.df_den)

    def farthest(self, levels: list[str], *, alpha: float) -> LevelPair | None:
        """Compare the two levels of a factor that are farthest apart; limits are Bonferroni's for all pairs."""
        names = list(dict.fromkeys(levels))
        if len(names) < 2 or self._fit is None:  # noqa: PLR2004 - a pair
            return None
        of = np.asarray(levels)
        rows = {name: self.table.x[of == name].mean(axis=0) for name in names}
        means = {name: float(row @ self._fit.beta) for name, row in rows.items()}
        high, low = max(names, key=lambda name: means[name]), min(names, key=lambda name: means[name])
        if high == low:
            return None
        # The later level against the earlier one, as everywhere.
        b, a = sorted((high, low), key=names.index)
        tested = self._tested((rows[a] - rows[b])[None])
        difference = means[a] - means[b]
        if tested is None or not tested.f > 0:
            return None
        pairs = len(names) * (len(names) - 1) / 2
        reach = abs(difference) / math.sqrt(tested.f) * critical_t(alpha / pairs, tested.df_den)
        return LevelPair(
            a=a,
            b=b,
            ratio=math.exp(difference),
            ci_low=math.exp(difference - reach),
            ci_high=math.exp(difference + reach),
        )


def _over(
    tests: _Tests, terms: dict[Names, slice], levels: dict[str, list[str]], *, alpha: float
) -> tuple[OverTerm, ...]:
    """Test each term over tasks like these."""
    over = []
    for names, of in terms.items():
        tested = tests.test(of)
        term = OverTerm(term=name_of(names), df=of.stop - of.start, df_den=None, f=None, p=None)
        if tested is None:
            why = "treatments differ alike in every task, or too few programs passed: no F"
            over.append(dataclasses.replace(term, note=why))
            continue
        pair = (
            tests.farthest(levels[names[0]], alpha=alpha) if len(names) == 1 and names[0] in levels else None
        )
        over.append(
            dataclasses.replace(term, df=tested.df, df_den=tested.df_den, f=tested.f, p=tested.p, pair=pair)
        )
    return tuple(over)


def _fixed(sample: Sample, own: list[str], notes: list[str]) -> tuple[tuple[Term, ...], int | None]:
    width = len(sample.blocks) * math.prod(len(sample.factors[name]) for name in own)
    if not own or width > MAX_COLUMNS:
        if own:
            notes.append("too many tasks and treatments to cross them all as fixed factors")
        return (), None
    try:
        fitted = fit_model(sample, parse(crossing([TASK, *own]), [TASK, *own]))
    except AnalysisError as exc:
        notes.append(str(exc))
        return (), None
    if fitted is None:
        return (), None
    table = anova(fitted, type=2)
    return table.terms, table.residual_df


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Mean:
    """A task's mean log ratio, its standard error and the error's degrees of freedom; no error, no degrees."""

    value: float
    error: float | None
    df: int


def _means_by_task(results: Results, sample: Sample) -> list[_Mean | None]:
    """Return each task's mean with the spread of its own programs, that of all where it has too few."""
    if sample.response != "ratio":
        return [None] * len(results.tasks)
    of = np.asarray(_tasks_of(results, sample), dtype=np.intp)
    cells = [
        [sample.y[(of == number) & (sample.cell == cell)] for cell in np.unique(sample.cell[of == number])]
        for number in range(len(results.tasks))
    ]
    everything = _pooled([values for group in cells for values in group])
    return [_mean(group, _pooled(group) or everything) if group else None for group in cells]


def _pooled(cells: list[Floats]) -> tuple[float, int] | None:
    """Return the variance within cells and its degrees of freedom; None without any."""
    degrees = sum(len(values) - 1 for values in cells)
    if degrees < 1:
        return None
    return sum(float(np.sum((values - values.mean()) ** 2)) for values in cells) / degrees, degrees


def _mean(cells: list[Floats], spread: tuple[float, int] | None) -> _Mean:
    """Weigh the task's treatments alike."""
    value = float(np.mean([values.mean() for values in cells]))
    if spread is None:
        return _Mean(value=value, error=None, df=0)
    variance, df = spread
    error = math.sqrt(variance * sum(1 / len(values) for values in cells)) / len(cells)
    return _Mean(value=value, error=error, df=df)


def _by_task(results: Results, means: list[_Mean | None], *, alpha: float) -> tuple[TaskRatio, ...]:
    programs = results.programs
    counts, passed = programs["task"].value_counts(), programs.loc[programs["passed"], "task"].value_counts()
    return tuple(
        TaskRatio(
            task=task,
            programs=int(counts.get(task, 0)),
            passed=int(passed.get(task, 0)),
            ratio=None if mean is None else math.exp(mean.value),
            ci_low=None if mean is None else _limits(mean, alpha)[0],
            ci_high=None if mean is None else _limits(mean, alpha)[1],
        )
        for task, mean in zip(results.tasks, means, strict=True)
    )


def _limits(mean: _Mean, alpha: float) -> tuple[float, float] | tuple[None, None]:
    if mean.error is None:
        return None, None
    reach = critical_t(alpha, mean.df) * mean.error
    return math.exp(mean.value - reach), math.exp(mean.value + reach)


def _of_all(means: list[_Mean], *, random: bool, alpha: float) -> MeanRatio | None:
    """Average tasks: what varies from task to task is chance where they are a sample, and none of it otherwise."""
    count = len(means)
    if count < 2:  # noqa: PLR2004 - several
        return None
    values = np.asarray([mean.value for mean in means])
    variances = [mean.error**2 for mean in means if mean.error is not None]
    error, df = None, 0
    if random:
        error, df = float(values.std(ddof=1)) / math.sqrt(count), count - 1
    elif len(variances) == count:
        # Welch's degrees of freedom: each task has a variance of its own.
        total = sum(variances)
        squares = sum(v**2 / mean.df for v, mean in zip(variances, means, strict=True))
        error, df = math.sqrt(total) / count, int(total**2 / squares) if squares > 0 else 1
    whole = _Mean(value=float(values.mean()), error=error, df=df)
    low, high = _limits(whole, alpha)
    return MeanRatio(ratio=math.exp(whole.value), ci_low=low, ci_high=high)
