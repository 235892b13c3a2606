"""From frames to the numbers that are tested: one response per program, its treatment, its block."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from scipy import special

from .._errors import AnalysisError
from . import least_squares
from .combinations import combinations
from .formula import MACHINE, TASK

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from .._arrays import Flags, Floats, Integers
    from .._reading.frames import Results

Response: TypeAlias = Literal["seconds", "log", "ratio", "cpu"]

UNITS: Mapping[str, str] = {
    "seconds": "s",
    "log": "ln(s)",
    "ratio": "ln(program / reference)",
    "cpu": "CPU s",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LabelledTreatment:
    """One combination of levels, derived factors included; ``label`` reads like ``"agents 1, 60 s"``."""

    label: str
    levels: Mapping[str, str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sigma:
    """Standard deviation between programs of the same treatment, pooled; its 95 % interval is from chi-square.

    All None where no treatment has two programs (``note`` says so).
    """

    value: float | None
    df: int
    ci_low: float | None
    ci_high: float | None
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value per program that passed, and the design it belongs to.

    Attributes
    ----------
    response : what the values are; ``unit`` names their unit.
    treatments : every treatment of the study in natural order, those without a passing program too; length k.
    factors : levels of each factor, derived ones last.
    programs : names, shape (n,).
    rows : each program's row in the programs of the results, shape (n,); 0 to n - 1 where values were drawn.
    y : values, shape (n,).
    cell : index into ``treatments``, shape (n,).
    block : index into ``blocks`` (machines), shape (n,); all 0 where there is one machine, or where programs were
        timed on all of them. With several tasks these are blocks, on each machine, and ``block_name`` says so.
    counts, means, sds : per treatment, shape (k,); means of none and SDs of fewer than two are NaN.
    sigma : pooled within treatments (and blocks).
    generated : programs made per treatment, failed ones included, shape (k,).
    """

    response: Response
    unit: str
    treatments: tuple[LabelledTreatment, ...]
    factors: Mapping[str, tuple[str, ...]]
    programs: tuple[str, ...]
    rows: Integers
    y: Floats
    cell: Integers
    block: Integers
    blocks: tuple[str, ...]
    counts: Integers
    means: Floats
    sds: Floats
    sigma: Sigma
    generated: Integers
    block_name: str = MACHINE

    @property
    def balanced(self) -> bool:
        """Every treatment has the same number of passing programs, at least one."""
        return bool(self.counts.size) and int(self.counts.min()) == int(self.counts.max()) > 0


def run_values(results: Results, response: Response) -> Floats:
    """Return the response of every run, shape (runs,); NaN where a file does not tell it."""
    runs = results.runs
    seconds = runs["seconds"].to_numpy(dtype=np.float64)
    if response == "seconds":
        return seconds
    if response == "cpu":
        return runs["cpu_seconds"].to_numpy(dtype=np.float64)
    if response == "log":
        return np.asarray(np.log(seconds))
    return np.asarray(np.log(seconds / runs["reference_seconds"].to_numpy(dtype=np.float64)))


def times_by_program(results: Results) -> pd.DataFrame:
    """Return the ``median_seconds`` and the ``ratio`` of each program, by its place in ``results.programs``.

    The ratio is the geometric mean over runs of time / time of the reference in the same block and list, in which a
    machine's speed cancels. NaN where a program was not timed, or the reference not beside it.
    """
    runs = results.runs
    by_program = runs.assign(log_ratio=run_values(results, "ratio")).groupby(
        runs["program"].cat.codes, observed=True
    )
    times = by_program.agg(median_seconds=("seconds", "median"), ratio=("log_ratio", "mean"))
    times["ratio"] = np.exp(times["ratio"])
    return times.reindex(range(len(results.programs)))


_LACKING = {
    "cpu": "extra_info.cpu_seconds: {n} runs of programs that passed have no CPU time; use another --response",
    "ratio": "refinery.reference: {n} runs of programs that passed have no time of the reference in the same block "
    "and list; use another --response",
}


def sample(results: Results, response: Response, *, keep: Flags | None = None) -> Sample:
    """Take one value per program that passed: the mean of its runs.

    Parameters
    ----------
    results : what was read.
    response : which value; ``ratio`` and ``cpu`` need what only some files have.
    keep : runs to use, shape (runs,); all by default.

    Raises
    ------
    AnalysisError : the files do not have this response.
    """
    programs, runs = results.programs, results.runs
    number = runs["program"].cat.codes.to_numpy().astype(np.intp)
    use = programs["passed"].to_numpy(dtype=bool)[number]
    if keep is not None:
        use = use & keep
    values = run_values(results, response)[use]
    bad = ~np.isfinite(values)
    if bad.any():
        row = runs.loc[use].iloc[int(np.argmax(bad))]
        text = _LACKING.get(response, "seconds: {n} runs of programs that passed have no time").format(
            n=int(bad.sum())
        )
        raise AnalysisError(
            f"{row['machine']}: {row['program']}, list {row['list']}, run {row['run']}: {text}"
        )
    machine = runs["machine"].cat.codes.to_numpy().astype(np.intp)[use]
    program, y, block, blocks = _per_program(number[use], machine, values, results.machines)
    own = [name for name in results.factors if name not in results.derived]
    if len(programs["treatment"].cat.categories) > least_squares.MAX_COLUMNS:
        raise AnalysisError(
            f"treatment: {len(programs['treatment'].cat.categories)} treatments, more than the "
            f"{least_squares.MAX_COLUMNS} that are compared at once"
        )
    cell, treatments = _treatments(programs, own, results)
    block_name = MACHINE
    if len(results.tasks) > 1:
        block_name = TASK
        block, blocks = _by_task(programs["task"].to_numpy()[program], results.tasks, block, blocks)
    return _sample(
        response=response,
        treatments=treatments,
        factors=results.factors,
        programs=tuple(programs["program"].to_numpy(dtype=object)[program].tolist()),
        rows=program,
        y=y,
        cell=cell[program],
        block=block,
        blocks=blocks,
        generated=np.bincount(cell, minlength=len(treatments)),
        block_name=block_name,
    )


def _by_task(
    task: np.ndarray[Any, np.dtype[Any]], tasks: tuple[str, ...], block: Integers, blocks: tuple[str, ...]
) -> tuple[Integers, tuple[str, ...]]:
    """Make a block of each task (on each machine), tasks in the study's order."""
    place = {name: number for number, name in enumerate(tasks)}
    number = np.asarray([place[name] for name in task], dtype=np.intp)
    used, index = np.unique(number * max(1, len(blocks)) + block, return_inverse=True)
    names = [
        tasks[key // len(blocks)] + (f" @ {blocks[key % len(blocks)]}" if len(blocks) > 1 else "")
        for key in used.tolist()
    ]
    return index.reshape(-1).astype(np.intp), tuple(names)


def _treatments(
    programs: pd.DataFrame, own: list[str], results: Results
) -> tuple[Integers, tuple[LabelledTreatment, ...]]:
    """Return the combinations of levels that occur, numbered, in the order of the design."""
    first, cell = combinations([programs[name].cat.codes.to_numpy().astype(np.intp) for name in own])
    one_each = programs.iloc[first]
    levels = {name: one_each[name].tolist() for name in results.factors}
    treatments = tuple(
        LabelledTreatment(label=str(label), levels={name: str(of[i]) for name, of in levels.items()})
        for i, label in enumerate(one_each["treatment"].tolist())
    )
    return cell, treatments


def _per_program(
    number: Integers, machine: Integers, values: Floats, machines: tuple[str, ...]
) -> tuple[Integers, Floats, Integers, tuple[str, ...]]:
    """Average runs within program and machine, then machines within program.

    Machines that share programs are compared through them and form one block; machines that share none differ by
    their programs too, and stay blocks of their own.
    """
    pairs, inverse = np.unique(number * len(machines) + machine, return_inverse=True)
    y = np.bincount(inverse, weights=values) / np.bincount(inverse)
    of_pair, on = pairs // len(machines), pairs % len(machines)
    program, index = np.unique(of_pair, return_inverse=True)
    block_of = _linked(index, on, len(machines))
    if len(program) < len(pairs):
        y = y - machine_effects(index, on, y, len(machines))[on]
    mean = np.bincount(index, weights=y) / np.bincount(index)
    first = np.unique(index, return_index=True)[1]
    used, block = np.unique(block_of[on[first]], return_inverse=True)
    names = tuple(" + ".join(machines[m] for m in range(len(machines)) if block_of[m] == b) for b in used)
    return program.astype(np.intp), mean, block.reshape(-1).astype(np.intp), names


def _linked(index: Integers, on: Integers, machines: int) -> Integers:
    """Return the groups of machines that are linked by programs timed on several of them."""
    group = np.arange(machines)
    if machines == 1 or len(index) == int(index.max(initial=-1)) + 1:
        return group.astype(np.intp)
    order = np.argsort(index, kind="stable")
    for a, b in itertools.pairwise(order.tolist()):
        if index[a] == index[b] and group[on[a]] != group[on[b]]:
            group[group == group[on[b]]] = group[on[a]]
    return group.astype(np.intp)


def machine_effects(index: Integers, on: Integers, y: Floats, machines: int) -> Floats:
    """Least squares of value ~ program + machine, programs swept out; effects sum to zero by minimum norm."""
    count = np.bincount(index)
    mean = np.bincount(index, weights=y) / count
    right = np.bincount(on, weights=y - mean[index], minlength=machines)
    shared = np.zeros((len(count), machines))
    shared[index, on] = 1
    left = np.diag(shared.sum(axis=0)) - (shared / count[:, None]).T @ shared
    return np.asarray(np.linalg.pinv(left, hermitian=True) @ right)


def _sample(
    *,
    response: Response,
    treatments: tuple[LabelledTreatment, ...],
    factors: Mapping[str, tuple[str, ...]],
    programs: tuple[str, ...],
    rows: Integers,
    y: Floats,
    cell: Integers,
    block: Integers,
    blocks: tuple[str, ...],
    generated: Integers,
    block_name: str = MACHINE,
) -> Sample:
    size = len(treatments)
    counts = np.bincount(cell, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.bincount(cell, weights=y, minlength=size) / counts
        squares = np.bincount(cell, weights=(y - means[cell]) ** 2, minlength=size)
        sds = np.sqrt(squares / (counts - 1))
    sds[counts < 2] = np.nan  # noqa: PLR2004 - no spread of one
    return Sample(
        response=response,
        unit=UNITS[response],
        treatments=treatments,
        factors=factors,
        programs=programs,
        rows=rows,
        y=y,
        cell=cell,
        block=block,
        blocks=blocks,
        counts=counts.astype(np.intp),
        means=means,
        sds=sds,
        sigma=_sigma(y, cell, block),
        generated=generated.astype(np.intp),
        block_name=block_name,
    )


def of_values(
    y: Floats,
    cell: Integers,
    *,
    treatments: tuple[LabelledTreatment, ...],
    factors: Mapping[str, tuple[str, ...]],
    generated: Integers,
) -> Sample:
    """Return a sample of log times of one machine that were drawn, not read: what simulations are made of.

    Parameters
    ----------
    y, cell : value and treatment of each program that passed, shape (n,).
    generated : programs of each treatment, failed ones included, shape (k,).
    """
    return _sample(
        response="log",
        treatments=treatments,
        factors=factors,
        programs=tuple(map(str, range(y.size))),
        rows=np.arange(y.size, dtype=np.intp),
        y=y,
        cell=cell.astype(np.intp),
        block=np.zeros(y.size, dtype=np.intp),
        blocks=("here",),
        generated=generated,
    )


def program_of_runs(results: Results, sample: Sample) -> Integers:
    """Return each run's program as an index into those of the sample, -1 where it is none of them; shape (runs,)."""
    place = np.full(len(results.programs), -1, dtype=np.intp)
    place[sample.rows] = np.arange(sample.rows.size)
    return np.asarray(place[results.runs["program"].cat.codes.to_numpy()])


def part_of(whole: Sample, keep: Flags) -> Sample:
    """Return the sample of some of its programs; ``keep`` has shape (n,); ``generated`` stays that of all."""
    used, block = np.unique(whole.block[keep], return_inverse=True)
    return _sample(
        response=whole.response,
        treatments=whole.treatments,
        factors=whole.factors,
        programs=tuple(itertools.compress(whole.programs, keep.tolist())),
        rows=whole.rows[keep],
        y=whole.y[keep],
        cell=whole.cell[keep],
        block=block.reshape(-1).astype(np.intp),
        blocks=tuple(whole.blocks[i] for i in used.tolist()),
        generated=whole.generated,
        block_name=whole.block_name,
    )


def saturated(
    y: Floats, cell: Integers, block: Integers
) -> tuple[least_squares.Fit, Integers, Integers] | None:
    """Fit value ~ block + treatment; None without values. The cells' treatments and blocks come with it."""
    if not y.size:
        return None
    wide = int(block.max()) + 1
    keys, index = np.unique(cell * wide + block, return_inverse=True)
    of_cell, of_block = keys // wide, keys % wide
    cells = least_squares.Cells.of(y, index.reshape(-1).astype(np.intp), len(keys))
    treatments = np.unique(of_cell)
    x = np.concatenate(
        [(of_cell[:, None] == treatments), (of_block[:, None] == np.arange(1, wide))], axis=1
    ).astype(float)
    if wide == 1:
        # One block: the fit is the cells' means; no decomposition of a large identity is needed.
        fit = least_squares.Fit(
            cells=cells,
            x=x,
            beta=cells.mean,
            bread=np.diag(1.0 / cells.count),
            rank=len(keys),
            rss=cells.within,
            df=int(y.size) - len(keys),
        )
    else:
        fit = least_squares.fit(cells, x)
    return fit, of_cell.astype(np.intp), of_block.astype(np.intp)


def _sigma(y: Floats, cell: Integers, block: Integers) -> Sigma:
    fitted = saturated(y, cell, block)
    if fitted is None:
        return Sigma(value=None, df=0, ci_low=None, ci_high=None, note="no program that passed has a time")
    fit = fitted[0]
    if fit.df <= 0:
        note = "no treatment has two programs that passed, so their spread is unknown"
        return Sigma(value=None, df=0, ci_low=None, ci_high=None, note=note)
    if fit.mse is None:
        note = "programs of the same treatment do not differ at all; there is no spread to reason with"
        return Sigma(value=None, df=fit.df, ci_low=None, ci_high=None, note=note)
    low, high = special.chdtri(fit.df, [0.025, 0.975])
    return Sigma(
        value=math.sqrt(fit.mse),
        df=fit.df,
        ci_low=math.sqrt(fit.rss / low),
        ci_high=math.sqrt(fit.rss / high),
    )
