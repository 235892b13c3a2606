"""The restricted likelihood of value ~ fixed + (1|program) + (1|list) + (1|program:list), maximised."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize

from analysis._design import saturated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis._design import Floats
    from analysis._variance import Layout

_NAMES = ("program", "list", "program_list")
_TINY = 1e-300


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """Estimates by component name; what was not estimated is not in ``values``."""

    values: dict[str, float]
    notes: list[str]


# -- balanced: four mean squares


@dataclasses.dataclass(frozen=True, slots=True)
class _Stratum:
    df: int
    sum_sq: float


def balanced_components(layout: Layout, usable: Mapping[str, bool]) -> Found:
    """Maximise the restricted likelihood of balanced data in closed form, bounds included.

    The strata have expected mean squares run <= program_list <= program, list; the likelihood is that of
    independent gamma variables, so its maximum under the order is found by pooling strata that violate it.
    """
    strata = _strata(layout, usable)
    # A stratum that is missing leaves its place to the one below it.
    floor = "program_list" if "program_list" in strata else "run"
    order = [(floor, name) for name in ("program", "list") if name in strata and floor in strata]
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
    return Found({name: max(0.0, value) for name, value in values.items()}, [])


def _strata(layout: Layout, usable: Mapping[str, bool]) -> dict[str, _Stratum]:
    programs, lists = layout.count.shape
    runs = int(layout.count.flat[0])
    of_program, of_list = layout.mean.mean(axis=1), layout.mean.mean(axis=0)
    between = saturated(of_program, layout.cell, layout.block)
    left = 0.0 if between is None else between[0].rss
    both = layout.mean - of_program[:, None] - of_list[None, :] + layout.mean.mean()
    found = {
        "run": _Stratum(layout.runs - layout.cells, layout.within),
        "program": _Stratum(programs - layout.rank, runs * lists * left),
        "list": _Stratum(lists - 1, runs * programs * float(np.sum((of_list - of_list.mean()) ** 2))),
        "program_list": _Stratum((programs - 1) * (lists - 1), runs * float(np.sum(both**2))),
    }
    if not usable["program_list"] and found["run"].df == 0:
        # One run per cell: what is left of program by list is all that is known of runs.
        found["run"] = found.pop("program_list")
    return {name: stratum for name, stratum in found.items() if stratum.df > 0}


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
    in by Woodbury's identity. So one evaluation takes time in the number of programs by lists.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.x = layout.fixed()
        self.present = layout.count > 0
        self.inverse = np.where(self.present, 1 / np.maximum(layout.count, 1), 1.0)
        self.df = layout.runs - layout.rank
        self.base = self._terms(1.0, 0.0, 0.0)[0]

    def _terms(self, program: float, lists: float, both: float) -> tuple[float, float]:
        """Return the deviance (up to a constant) and the residual quadratic form."""
        y, x = self.layout.mean, self.x
        spread = self.inverse + both
        w = np.where(self.present, 1 / spread, 0.0)
        total = w.sum(axis=1)
        shrink = 1 / (1 + program * total)
        wy = np.sum(w * y, axis=1)
        logs = float(np.sum(np.log(spread[self.present]))) - float(np.sum(np.log(shrink)))
        a = np.diag(w.sum(axis=0)) - (w * (program * shrink)[:, None]).T @ w
        xx = x.T @ (x * (total * shrink)[:, None])
        xy = x.T @ (wy * shrink)
        zx = (w * shrink[:, None]).T @ x
        zy = (w * y).sum(axis=0) - w.T @ (program * shrink * wy)
        yy = float(np.sum(w * y * y) - np.sum(program * shrink * wy**2))
        if lists > 0:
            m = np.eye(len(a)) + lists * a
            logs += float(np.linalg.slogdet(m)[1])
            solved = np.linalg.solve(m, np.concatenate([zx, zy[:, None]], axis=1)) * lists
            xx = xx - zx.T @ solved[:, :-1]
            xy = xy - zx.T @ solved[:, -1]
            yy -= float(zy @ solved[:, -1])
        factor = np.linalg.cholesky((xx + xx.T) / 2)
        half = np.linalg.solve(factor, xy)
        logs += 2 * float(np.sum(np.log(np.diag(factor))))
        quadratic = self.layout.within + yy - float(half @ half)
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


def numerical_components(layout: Layout, usable: Mapping[str, bool]) -> Found:
    """Maximise the restricted likelihood numerically, with every set of components that may be at zero."""
    free = [name for name in _NAMES if usable[name]]
    profile = _Profile(layout)
    scale = float(np.abs(layout.mean).max(initial=0.0))
    if profile.run_variance({}) <= (64 * np.finfo(float).eps * scale) ** 2:
        return Found(dict.fromkeys([*free, "run"], 0.0), ["all runs took the same time"])
    flat = [name for name in free if _is_flat(profile, name, free)]
    free = [name for name in free if name not in flat]
    notes = [f"{name.replace('_', ' by ')} can't be told from the other terms" for name in flat]
    best: tuple[float, dict[str, float]] = (profile({}), {})
    for size in range(1, len(free) + 1):
        for names in itertools.combinations(free, size):
            found = _maximise(profile, names)
            # A larger set must really be better: otherwise the extra component is at its bound of zero.
            if found[0] < best[0] - 1e-9:
                best = found
    ratios = best[1]
    run = profile.run_variance(ratios)
    if run <= 0:
        return Found({}, [*notes, "runs do not differ, so ratios to their variance have no meaning"])
    values = {name: ratios.get(name, 0.0) * run for name in free}
    return Found({**values, "run": run}, notes)


def _is_flat(profile: _Profile, name: str, free: Sequence[str]) -> bool:
    others = dict.fromkeys(free, 1.0)
    values = [profile({**others, name: ratio}) for ratio in (0.0, 0.1, 10.0)]
    return max(values) - min(values) < 1e-8 * max(1.0, abs(values[0]))


def _maximise(profile: _Profile, names: Sequence[str]) -> tuple[float, dict[str, float]]:
    """Search log ratios from two starts by Nelder-Mead, restarted until it stays (it can stall)."""

    def deviance(logs: Floats) -> float:
        return profile(dict(zip(names, np.exp(np.clip(logs, -40, 40)).tolist(), strict=True)))

    best: tuple[float, dict[str, float]] = (math.inf, {})
    for start in (0.0, -3.0):
        at, value = np.full(len(names), start), math.inf
        for _ in range(6):
            simplex = np.vstack([at, at + np.eye(len(names))])
            result = optimize.minimize(
                deviance,
                at,
                method="Nelder-Mead",
                options={"xatol": 1e-8, "fatol": 1e-12, "maxiter": 1000, "initial_simplex": simplex},
            )
            gain, at, value = value - float(result.fun), result.x, float(result.fun)
            if gain < 1e-9:
                break
        if value < best[0]:
            best = value, dict(zip(names, np.exp(np.clip(at, -40, 40)).tolist(), strict=True))
    return best
