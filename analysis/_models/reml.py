"""The restricted likelihood of value ~ fixed + (1|program) + (1|list) + (1|program:list), maximised."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize

from .sample import saturated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._arrays import Floats, Integers
    from .balanced_layout import Layout

_NAMES = ("program", "list", "program_list")
_TINY = 1e-300
_GAIN = 1e-9
"""A deviance that is not smaller by this much is no better: the extra component is at its bound of zero."""

_STEP = 1e-3
"""Of central differences in log ratios: the error of the third order is far below the 1e-4 that is promised."""


@dataclasses.dataclass(frozen=True, slots=True)
class ComponentEstimates:
    """Estimates by component name; what was not estimated is not in ``values``."""

    values: dict[str, float]
    notes: list[str]


# -- balanced: four mean squares


@dataclasses.dataclass(frozen=True, slots=True)
class _Stratum:
    df: int
    sum_sq: float


def balanced_components(layout: Layout, usable: Mapping[str, bool]) -> ComponentEstimates:
    """Maximise the restricted likelihood of balanced data in closed form, bounds included.

    The strata have expected mean squares run <= program_list <= program, list; the likelihood is that of
    independent gamma variables, so its maximum under the order is found by pooling strata that violate it.
    """
    strata = _strata(layout, usable)
    # A stratum that is missing leaves its place to the one below it.
    floor = "program_list" if "program_list" in strata else "run"
    order: list[tuple[str, str]] = [
        (floor, name) for name in ("program", "list") if name in strata and floor in strata
    ]
    if floor == "program_list" and "run" in strata:
        order.append(("run", "program_list"))
    expected = _isotonic(strata, order)
    runs, lists = int(layout.count.flat[0]), layout.count.shape[1]
    base = expected.get(floor, 0.0)
    values = {"run": expected.get("run", base)}
    if "program_list" in expected and usable["program_list"]:
        values["program_list"] = (expected["program_list"] - expected["run"]) / runs
    if "program" in expected:
        values["program"] = (expected["program"] - base) / (runs * lists)
    if "list" in expected:
        values["list"] = (expected["list"] - base) / (runs * layout.count.shape[0])
    return ComponentEstimates({name: max(0.0, value) for name, value in values.items()}, [])


def _strata(layout: Layout, usable: Mapping[str, bool]) -> dict[str, _Stratum]:
    programs, lists = layout.count.shape
    runs = int(layout.count.flat[0])
    of_program, of_list = layout.mean.mean(axis=1), layout.mean.mean(axis=0)
    between = saturated(of_program, layout.cell, layout.block)
    left = 0.0 if between is None else between[0].rss
    both = layout.mean - of_program[:, None] - of_list[None, :] + layout.mean.mean()
    strata = {
        "run": _Stratum(layout.runs - layout.cells, layout.within),
        "program": _Stratum(programs - layout.rank, runs * lists * left),
        "list": _Stratum(lists - 1, runs * programs * float(np.sum((of_list - of_list.mean()) ** 2))),
        "program_list": _Stratum((programs - 1) * (lists - 1), runs * float(np.sum(both**2))),
    }
    if not usable["program_list"] and strata["run"].df == 0:
        # One run per cell: what is left of program by list is all that is known of runs.
        strata["run"] = strata.pop("program_list")
    return {name: stratum for name, stratum in strata.items() if stratum.df > 0}


def _isotonic(strata: Mapping[str, _Stratum], order: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Try every set of binding constraints; the feasible solution of the highest likelihood is the maximum."""
    best: tuple[float, dict[str, float]] = (math.inf, {})
    for size in range(len(order) + 1):
        for binding in itertools.combinations(order, size):
            expected = _pooled(strata, binding)
            if all(expected[low] <= expected[high] * (1 + 1e-14) for low, high in order):
                deviance = sum(
                    s.df * math.log(max(expected[name], _TINY)) + s.sum_sq / max(expected[name], _TINY)
                    for name, s in strata.items()
                )
                best = min(best, (deviance, expected), key=lambda pair: pair[0])
    return best[1]


def _pooled(strata: Mapping[str, _Stratum], binding: Sequence[tuple[str, str]]) -> dict[str, float]:
    group = {name: name for name in strata}
    for low, high in binding:
        old = group[high]
        group = {name: group[low] if of == old else of for name, of in group.items()}
    pooled = {}
    for of in set(group.values()):
        members = [strata[name] for name in strata if group[name] == of]
        pooled[of] = sum(s.sum_sq for s in members) / sum(s.df for s in members)
    return {name: pooled[group[name]] for name in strata}


# -- unbalanced: the profile of the restricted likelihood


class _Profile:
    """-2 log restricted likelihood, profiled over the run variance; arguments are variance ratios to it.

    Per program the covariance is that of list means plus a common part (Sherman-Morrison); lists are few and come
    in by Woodbury's identity. Programs of one treatment with the same numbers of runs share their covariance, so
    sums and sums of products of their list means are all that is needed of them: one evaluation takes time in the
    number of patterns, not of programs.
    """

    def __init__(self, layout: Layout) -> None:
        keys = np.concatenate([layout.count, layout.cell[:, None], layout.block[:, None]], axis=1)
        patterns, group = np.unique(keys, axis=0, return_inverse=True)
        group, lists = group.reshape(-1), layout.count.shape[1]
        count = patterns[:, :lists]
        self.present = count > 0
        self.inverse = np.where(self.present, 1 / np.maximum(count, 1), 1.0)
        self.size = np.bincount(group).astype(float)
        self.x = layout.fixed(patterns[:, lists], patterns[:, lists + 1])
        self.sums = np.zeros(count.shape)
        np.add.at(self.sums, group, layout.mean)
        self.products = np.zeros((*count.shape, lists))
        np.add.at(self.products, group, layout.mean[:, :, None] * layout.mean[:, None, :])
        self.within = layout.within
        self.df = layout.runs - layout.rank
        self.base = self._terms(1.0, 0.0, 0.0)[0]

    def _terms(self, program: float, lists: float, both: float) -> tuple[float, float]:
        """Return the deviance (up to a constant) and the residual quadratic form."""
        x, m = self.x, self.size
        spread = self.inverse + both
        w = np.where(self.present, 1 / spread, 0.0)
        total = w.sum(axis=1)
        shrink = 1 / (1 + program * total)
        common = program * shrink
        wy = np.sum(w * self.sums, axis=1)
        logs = float(m @ np.sum(np.where(self.present, np.log(spread), 0.0), axis=1)) - float(
            m @ np.log(shrink)
        )
        a = np.diag(m @ w) - (w * (m * common)[:, None]).T @ w
        xx = x.T @ (x * (m * total * shrink)[:, None])
        xy = x.T @ (wy * shrink)
        zx = (w * (m * shrink)[:, None]).T @ x
        zy = np.sum(w * self.sums, axis=0) - w.T @ (common * wy)
        squares = np.einsum("gij,gi,gj->g", self.products, w, w)
        yy = float(np.einsum("gii,gi->", self.products, w)) - float(common @ squares)
        if lists > 0:
            inner = np.eye(len(a)) + lists * a
            logs += float(np.linalg.slogdet(inner)[1])
            solved = np.linalg.solve(inner, np.concatenate([zx, zy[:, None]], axis=1)) * lists
            xx = xx - zx.T @ solved[:, :-1]
            xy = xy - zx.T @ solved[:, -1]
            yy -= float(zy @ solved[:, -1])
        factor = np.linalg.cholesky((xx + xx.T) / 2)
        half = np.linalg.solve(factor, xy)
        logs += 2 * float(np.sum(np.log(np.diag(factor))))
        quadratic = self.within + yy - float(half @ half)
        return logs + self.df * math.log(max(quadratic, _TINY)), quadratic

    def __call__(self, ratios: Mapping[str, float]) -> float:
        try:
            deviance = self._terms(*(ratios.get(name, 0.0) for name in _NAMES))[0]
        except np.linalg.LinAlgError:
            return math.inf
        return deviance - self.base

    def run_variance(self, ratios: Mapping[str, float]) -> float:
        """Return the run variance at some ratios."""
        return self._terms(*(ratios.get(name, 0.0) for name in _NAMES))[1] / self.df


def numerical_components(layout: Layout, usable: Mapping[str, bool]) -> ComponentEstimates:
    """Maximise the restricted likelihood numerically; components may be at zero."""
    free = [name for name in _NAMES if usable[name]]
    profile = _Profile(layout)
    scale = float(np.abs(layout.mean).max(initial=0.0))
    if profile.run_variance({}) <= (64 * np.finfo(float).eps * scale) ** 2:
        return ComponentEstimates(dict.fromkeys([*free, "run"], 0.0), ["all runs took the same time"])
    flat = [name for name in free if _is_flat(profile, name, free)]
    free = [name for name in free if name not in flat]
    notes = [f"{name.replace('_', ' by ')} can't be told from the other terms" for name in flat]
    ratios = _maximise(profile, free)
    run = profile.run_variance(ratios)
    if run <= 0:
        return ComponentEstimates(
            {}, [*notes, "runs do not differ, so ratios to their variance have no meaning"]
        )
    values = {name: ratios.get(name, 0.0) * run for name in free}
    return ComponentEstimates({**values, "run": run}, notes)


def _is_flat(profile: _Profile, name: str, free: Sequence[str]) -> bool:
    others = dict.fromkeys(free, 1.0)
    values = [profile({**others, name: ratio}) for ratio in (0.0, 0.1, 10.0)]
    return max(values) - min(values) < 1e-8 * max(1.0, abs(values[0]))


def _maximise(profile: _Profile, names: Sequence[str]) -> dict[str, float]:
    """Search ratios, bounded below by zero, from three starts; then polish what is above zero."""
    best: tuple[float, Floats] = (profile({}), np.zeros(len(names)))
    for start in (0.1, 1.0, 10.0) if names else ():
        optimum = optimize.minimize(
            lambda u, scale=start: profile(dict(zip(names, (scale * u).tolist(), strict=True))),
            np.ones(len(names)),
            method="L-BFGS-B",
            jac="3-point",
            bounds=[(0.0, None)] * len(names),
            options={"ftol": 1e-14, "gtol": 1e-8, "maxiter": 200},
        )
        at = _polish(profile, names, start * optimum.x)
        value = profile(dict(zip(names, at.tolist(), strict=True)))
        if value < best[0] - _GAIN:
            best = value, at
    return dict(zip(names, best[1].tolist(), strict=True))


def _polish(profile: _Profile, names: Sequence[str], at: Floats) -> Floats:
    """Set to zero what makes no difference, and take Newton steps in the logarithms of the others."""
    at = at.copy()
    for i in np.argsort(at):
        without = np.where(np.arange(len(at)) == i, 0.0, at)
        if _value(profile, names, without) <= _value(profile, names, at) + _GAIN:
            at = without
    free = np.flatnonzero(at > 0)
    value = _value(profile, names, at)
    for _ in range(12 if free.size else 0):
        step = _newton(profile, names, at, free)
        if step is None:
            break
        better = False
        for damping in (1.0, 0.5, 0.1, 0.01):
            tried = at.copy()
            tried[free] *= np.exp(damping * step)
            new = _value(profile, names, tried)
            if new < value:
                at, value, better = tried, new, True
                break
        if not better or float(np.abs(step).max()) < _STEP / 10:
            break
    return at


def _value(profile: _Profile, names: Sequence[str], at: Floats) -> float:
    return profile(dict(zip(names, at.tolist(), strict=True)))


def _newton(profile: _Profile, names: Sequence[str], at: Floats, free: Integers) -> Floats | None:
    """Return a Newton step in log ratios from central differences; None where the Hessian is not positive."""

    def shifted(move: Floats) -> float:
        moved = at.copy()
        moved[free] *= np.exp(move)
        return _value(profile, names, moved)

    unit = _STEP * np.eye(len(free))
    middle = shifted(np.zeros(len(free)))
    plus, minus = [shifted(e) for e in unit], [shifted(-e) for e in unit]
    gradient = np.asarray([(p - m) / (2 * _STEP) for p, m in zip(plus, minus, strict=True)])
    hessian = np.diag([(p - 2 * middle + m) / _STEP**2 for p, m in zip(plus, minus, strict=True)])
    for i, j in itertools.combinations(range(len(free)), 2):
        mixed = shifted(unit[i] + unit[j]) - plus[i] - plus[j] + 2 * middle
        mixed += shifted(-unit[i] - unit[j]) - minus[i] - minus[j]
        hessian[i, j] = hessian[j, i] = mixed / (2 * _STEP**2)
    try:
        np.linalg.cholesky(hessian)
    except np.linalg.LinAlgError:
        return None
    return np.clip(-np.linalg.solve(hessian, gradient), -2.0, 2.0)
