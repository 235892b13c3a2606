"""Analysis of variance over programs: types I, II and III, with effect sizes."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from .._errors import AnalysisError
from . import least_squares
from .combinations import combinations
from .formula import BLOCKS, MACHINE, TASK, Model, columns, crossing, name_of, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._arrays import Floats, Integers
    from .._reading.frames import Results
    from .formula import Term as Names
    from .sample import Sample

_TYPES = (1, 2, 3)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One line of the table; ``note`` says why figures are None (nothing that can't be estimated has a number)."""

    term: str
    df: int
    sum_sq: float | None
    f: float | None
    p: float | None
    partial_eta_sq: float | None
    omega_sq: float | None
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AnovaTable:
    """``terms`` in the order of the model (the machine first where it is a block), then the residual."""

    type: int
    model: str
    terms: tuple[Term, ...]
    residual_df: int
    residual_sum_sq: float
    total_sum_sq: float
    notes: tuple[str, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fitted:
    """A model fitted to a sample.

    Attributes
    ----------
    model : terms, the machine's included where it is a block.
    fit : least squares over cells; ``blocks[i]`` are the columns of term i - 1 (0 is the intercept).
    levels : the levels of each factor that some passing program has, in order.
    codes : for each factor the level of every cell of ``fit``, and the number of levels.
    """

    model: Model
    fit: least_squares.Fit
    blocks: list[Floats]
    levels: dict[str, tuple[str, ...]]
    codes: dict[str, tuple[Integers, int]]

    @property
    def spans(self) -> list[slice]:
        """Columns of the intercept and of each term in ``fit.x``."""
        ends = np.cumsum([block.shape[1] for block in self.blocks]).tolist()
        return [slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]

    @functools.cached_property
    def _known(self) -> dict[tuple[int, int], Floats]:
        return {}

    def gained(self, i: int, type: int) -> Floats:  # noqa: A002
        """Return what `added_by` does, worked out once: the table, and every doubt about it, need it."""
        if (i, type) not in self._known:
            root = np.sqrt(self.fit.cells.count.astype(float))
            weighted = [block * root[:, None] for block in self.blocks]
            self._known[i, type] = _gained(weighted, i, others_of(self.model.terms, i, type))
        return self._known[i, type]

    @property
    def residuals(self) -> Floats:
        """Value minus fitted value of each program, shape (n,)."""
        cells = self.fit.cells
        return cells.y - (self.fit.x @ self.fit.beta)[cells.index]


def choose_model(results: Results, formula: str | None) -> Model:
    """Parse the user's formula, or take the full crossing of the study's own factors that vary."""
    known = [*results.factors, *([MACHINE] if len(results.machines) > 1 else [])]
    known += [TASK] if len(results.tasks) > 1 else []
    if formula is not None:
        return parse(formula, known)
    own = [
        name for name, levels in results.factors.items() if name not in results.derived and len(levels) > 1
    ]
    return parse(crossing(own), known)


def fit_model(sample: Sample, model: Model) -> Fitted | None:
    """Fit a model to the programs that passed; None without any."""
    if not sample.y.size:
        return None
    if len(sample.blocks) > 1:
        model = model.with_block(sample.block_name)
    needed = list(dict.fromkeys(name for term in model.terms for name in term))
    per_program: dict[str, Integers] = {}
    levels: dict[str, tuple[str, ...]] = {}
    for name in needed:
        per_program[name], levels[name] = _codes(sample, name)
    if needed:
        first, index = combinations([per_program[name] for name in needed])
    else:
        first, index = np.zeros(1, dtype=np.intp), np.zeros(sample.y.size, dtype=np.intp)
    codes = {name: (per_program[name][first], len(levels[name])) for name in needed}
    _bounded(model, codes)
    blocks = columns(model, codes, len(first))
    cells = least_squares.Cells.of(sample.y, index, len(first))
    fit = least_squares.fit(cells, np.concatenate(blocks, axis=1))
    return Fitted(model=model, fit=fit, blocks=blocks, levels=levels, codes=codes)


def _codes(sample: Sample, name: str) -> tuple[Integers, tuple[str, ...]]:
    """Return the numbers of the levels that occur among passing programs, in natural order."""
    if name in BLOCKS:
        return sample.block, sample.blocks
    position = {level: i for i, level in enumerate(sample.factors[name])}
    of_treatment = np.asarray([position[t.levels[name]] for t in sample.treatments], dtype=np.intp)
    used, codes = np.unique(of_treatment[sample.cell], return_inverse=True)
    return codes.reshape(-1).astype(np.intp), tuple(sample.factors[name][i] for i in used)


def _bounded(model: Model, codes: dict[str, tuple[Integers, int]]) -> None:
    width = sum(int(np.prod([codes[name][1] for name in term])) for term in model.terms)
    if width > least_squares.MAX_COLUMNS:
        raise AnalysisError(
            f'model "{model.formula}": has {width} parameters, more than the {least_squares.MAX_COLUMNS} that are '
            f"worked out; leave out interactions with --model"
        )


def anova(fitted: Fitted, *, type: int) -> AnovaTable:  # noqa: A002 - the word of the literature
    """Test each term of the model.

    Parameters
    ----------
    fitted : the model over programs.
    type : 1 (each term after those before it), 2 (after all that do not contain it) or 3 (after all others, with
        sum-to-zero contrasts).

    Returns
    -------
    Sums of squares, F against the residual, partial eta squared SS / (SS + SSE) and omega squared
    (SS - df MSE) / (SST + MSE). What the data do not determine is None, with a note.
    """
    if type not in _TYPES:
        raise AnalysisError(f"type {type}: must be 1, 2 or 3")
    cells, fit = fitted.fit.cells, fitted.fit
    total = float(np.sum((cells.y - cells.y.mean()) ** 2))
    root = np.sqrt(cells.count.astype(float))
    weighted = [block * root[:, None] for block in fitted.blocks]
    target = root * (cells.mean - cells.y.mean())
    terms = tuple(
        _test(fitted, i, weighted=weighted, target=target, type=type, total=total)
        for i in range(len(fitted.model.terms))
    )
    return AnovaTable(
        type=type,
        model=fitted.model.formula,
        terms=terms,
        residual_df=fit.df,
        residual_sum_sq=fit.rss,
        total_sum_sq=total,
        notes=_notes(fitted),
    )


def _test(
    fitted: Fitted,
    i: int,
    *,
    weighted: Sequence[Floats],
    target: Floats,
    type: int,  # noqa: A002
    total: float,
) -> Term:
    names = fitted.model.terms
    width = weighted[i + 1].shape[1]
    others = others_of(names, i, type)
    gained = fitted.gained(i, type)
    df = gained.shape[1]
    if df == 0:
        why = "has one level" if width == 0 else _confounded(names, i, others, weighted)
        return _untested(names[i], 0, None, why)
    note: str | None = (
        None if df == width else f"{df} of {width} comparisons can be estimated, as treatments are empty"
    )
    if type == 3 and df < width and not _highest(names, i):  # noqa: PLR2004
        why = "type III can't be estimated with empty cells; use type II, or a model without the interaction"
        return _untested(names[i], df, None, why)
    projected = gained.T @ target
    sum_sq = float(projected @ projected)
    fit = fitted.fit
    if fit.mse is None:
        why = (
            "no programs are left to show what chance does"
            if fit.df <= 0
            else "programs of the same treatment do not differ at all"
        )
        return _untested(names[i], df, sum_sq, "; ".join(filter(None, [note, f"no F: {why}"])))
    f = sum_sq / df / fit.mse
    return Term(
        term=name_of(names[i]),
        df=df,
        sum_sq=sum_sq,
        f=f,
        p=float(special.fdtrc(df, fit.df, f)),
        partial_eta_sq=sum_sq / (sum_sq + fit.rss),
        omega_sq=(sum_sq - df * fit.mse) / (total + fit.mse),
        note=note,
    )


def _gained(weighted: Sequence[Floats], i: int, others: Sequence[int]) -> Floats:
    """Return an orthonormal basis of what term i adds to some others, (cells, df), in the metric of the counts."""
    base = least_squares.basis(np.concatenate([weighted[0], *(weighted[j + 1] for j in others)], axis=1))
    return least_squares.extend(base, weighted[i + 1])


def added_by(fitted: Fitted, i: int, *, type: int) -> Floats:  # noqa: A002
    """Return an orthonormal basis of what a type of sums of squares gives to term i, (cells, df).

    Its product with the cells' means, each times the root of its count, has the term's sum of squares.
    """
    return fitted.gained(i, type)


def _confounded(names: Sequence[Names], i: int, others: Sequence[int], weighted: Sequence[Floats]) -> str:
    """Say which other term changes together with term i, so that nobody can tell the two apart."""
    whole = name_of(names[i])
    for j in others:
        rest = [k for k in others if k != j]
        if _gained(weighted, i, rest).shape[1]:
            if names[j][0] in BLOCKS:
                return (
                    f"{whole} changes together with the {names[j][0]} (no level was timed beside another on the same "
                    "one), so the two can't be told apart"
                )
            return (
                f"{whole} changes together with {name_of(names[j])} among the programs that passed (of the other "
                "combinations none did), so the two can't be told apart"
            )
    return (
        f"{whole} can't be told from the other factors: treatments that it takes have no program that passed"
    )


def others_of(names: Sequence[Names], i: int, type: int) -> list[int]:  # noqa: A002
    """Return the terms that a type of sums of squares takes out before term i."""
    if type == 1:
        return list(range(i))
    if type == 3:  # noqa: PLR2004
        return [j for j in range(len(names)) if j != i]
    return [j for j in range(len(names)) if j != i and not set(names[i]) <= set(names[j])]


def _highest(names: Sequence[Names], i: int) -> bool:
    return not any(j != i and set(names[i]) < set(names[j]) for j in range(len(names)))


def _untested(names: Names, df: int, sum_sq: float | None, note: str) -> Term:
    return Term(
        term=name_of(names),
        df=df,
        sum_sq=sum_sq,
        f=None,
        p=None,
        partial_eta_sq=None,
        omega_sq=None,
        note=note,
    )


def _notes(fitted: Fitted) -> tuple[str, ...]:
    notes = []
    fit = fitted.fit
    if fit.df <= 0:
        why = (
            "There are so few programs that none is left to show how much times differ by chance, so nothing can be "
            "tested. Make more programs of each treatment."
        )
        return (why,)
    if _has_empty(fitted):
        notes.append(
            "Some treatments have no program that passed: what compares them with others can't be told."
        )
    if fit.mse is None:
        notes.append(
            "Programs of the same treatment do not differ at all, so nothing tells what chance does."
        )
    return tuple(notes)


def _has_empty(fitted: Fitted) -> bool:
    """Whether some combination of the levels that there are has no program."""
    own = [codes for name, codes in fitted.codes.items() if name not in BLOCKS]
    if not own:
        return False
    there, _ = combinations([codes for codes, _ in own])
    return len(there) < int(np.prod([size for _, size in own]))
