"""Group-sequential t and F tests: bounds, futility and power from the joint distribution of all looks.

Bounds for normal statistics are too low for t and F: with few programs sigma is estimated, and a nominal p value put
through the normal bounds is an approximation whose error nobody bounds. The exact distribution of F at several looks
has no closed form, but its sufficient statistics are easily drawn: the score of the effect is Brownian in information,
and each look adds to the residual sum of squares a chi-square *and* what the new estimate differs from the old one
(which is why the looks' F statistics aren't functions of independent pieces). So paths are simulated, a million at
fixed seeds; the first bound is exact, later ones stay two Monte-Carlo standard errors below the error they may spend.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
from scipy import stats

from .._errors import AnalysisError
from .spending import check_fractions, spent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .._arrays import Floats

Futility: TypeAlias = Literal["non-binding", "binding", "none"]

FUTILITIES: tuple[Futility, ...] = get_args(Futility)
SEED = 19830401
PATHS = 1_000_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What there is at a look.

    ``replicates`` is the information, in programs per treatment (with unequal numbers: the equal number that would
    tell as much); ``df_den`` the residual's degrees of freedom.
    """

    replicates: float
    df_den: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """When to stop at a look: the F statistic at or above ``efficacy``, or at or below ``futility``.

    ``nominal_p`` is the p value that belongs to ``efficacy``; ``spent`` the type I error that may be used up to this
    look. ``futility`` is None where there is no such stop.
    """

    efficacy: float
    nominal_p: float
    spent: float
    futility: float | None

    def document(self) -> dict[str, Any]:
        """Return plain JSON values; an efficacy bound that nothing reaches is None."""
        return {
            **dataclasses.asdict(self),
            "efficacy": self.efficacy if math.isfinite(self.efficacy) else None,
        }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is fixed before the first look.

    ``unit_ncp`` is the noncentrality that one replicate per treatment adds under the effect that matters (``groups
    f^2``); ``target`` the power, whose complement the futility bounds spend. With ``binding`` futility the efficacy
    bounds count on it: going on after such a stop breaks the type I error. ``non-binding`` bounds don't.
    """

    df_num: int
    alpha: float
    target: float
    unit_ncp: float
    spending: str
    futility: str = "non-binding"

    def __post_init__(self) -> None:
        if self.futility not in FUTILITIES:
            raise AnalysisError(f"futility {self.futility!r}: choose from {', '.join(FUTILITIES)}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Operating:
    """How a design does in simulation; ``stops`` are the chances to end at each look, shape (looks,)."""

    power: float
    error: float
    stops: tuple[float, ...]


def paths(
    stages: Sequence[Stage], df_num: int, unit_ncp: float, *, count: int, rng: np.random.Generator
) -> Iterator[Floats]:
    """Yield the F statistics at one look after the other, shape (count,), of the same simulated studies.

    Parameters
    ----------
    stages : the looks; information grows, and each adds at least ``df_num`` residual degrees of freedom.
    df_num : 1 for a contrast (F is then the square of Student's t).
    unit_ncp : noncentrality per replicate; 0 when nothing differs.

    Notes
    -----
    Sigma is 1. With score S and information I, the estimate is S / I and F's numerator S'S / I / df. The residual
    sum of squares grows by (S/I - S0/I0)^2 / (1/I0 - 1/I) in every direction of the hypothesis, and by an independent
    chi-square in all others. Directions without effect enter by their length only. Exact for a contrast at any group
    sizes, and for the omnibus test where all treatments grow alike (Jennison & Turnbull 1991, Biometrika 78).
    """
    along, across = np.zeros(count), np.zeros(count)
    before, residual = 0.0, np.zeros(count)
    df_before = 0
    for stage in stages:
        now = stage.replicates
        step = math.sqrt(now - before)
        new_along = along + step * rng.standard_normal(count) + math.sqrt(unit_ncp) * (now - before)
        turn = across + step * rng.standard_normal(count) if df_num > 1 else np.zeros(count)
        aside = step**2 * rng.chisquare(df_num - 2, count) if df_num > 2 else np.zeros(count)  # noqa: PLR2004
        if before:
            moved = (
                (new_along / now - along / before) ** 2 + (turn / now - across / before) ** 2 + aside / now**2
            )
            residual += moved / (1 / before - 1 / now)
        others = stage.df_den - df_before - (df_num if before else 0)
        if others > 0:
            residual += rng.chisquare(others, count)
        along, across = new_along, np.sqrt(turn**2 + aside)
        before, df_before = now, stage.df_den
        yield (along**2 + across**2) / now / df_num / (residual / stage.df_den)


def bounds(
    stages: Sequence[Stage],
    rules: Rules,
    *,
    planned: float,
    last: bool | None = None,
    margin: float = 2.0,
    count: int = PATHS,
    seed: int = SEED,
) -> tuple[Bound, ...]:
    """Return the bounds at these looks.

    Parameters
    ----------
    stages : the looks so far, or all that are planned; their information need not be what was planned.
    rules : what was fixed before.
    planned : replicates per treatment at the end, the information of fraction 1.
    last : whether the last of the stages ends the study; then all error is spent there, and there is no futility
        bound. By default when its information is what was planned.
    margin : Monte-Carlo standard errors that bounds after the first stay below the error they may spend.
    count, seed : simulated studies. Bounds of early looks don't depend on later ones.

    Raises
    ------
    AnalysisError : information or degrees of freedom don't grow as they must.
    """
    check_stages(stages, rules.df_num)
    ends = stages[-1].replicates >= planned if last is None else last
    nothing, something = (np.random.default_rng([seed, i]) for i in range(2))
    null = paths(stages, rules.df_num, 0.0, count=count, rng=nothing)
    other = paths(stages, rules.df_num, rules.unit_ncp, count=count, rng=something)
    going, missing = np.ones(count, dtype=bool), np.ones(count, dtype=bool)
    crossed = gone = 0
    stage_bounds: list[Bound] = []
    for i, stage in enumerate(stages):
        final = ends and i == len(stages) - 1
        t = 1.0 if final else min(stage.replicates / planned, 1.0)
        error = spent(rules.spending, t, rules.alpha)
        f = next(null)
        # Nothing is ever shown with less than a study without looks would ask for, binding futility or not.
        fixed = float(stats.f.isf(rules.alpha, rules.df_num, stage.df_den))
        efficacy = (
            float(stats.f.isf(error, rules.df_num, stage.df_den))
            if i == 0
            else _upper(f[going], allowed_paths(error, count, margin) - crossed, floor=fixed)
        )
        futility = None
        if rules.futility != "none" and not final:
            g = next(other)
            futility = _lower(g[missing], spent(rules.spending, t, 1 - rules.target) * count - gone, efficacy)
            gone += int(np.sum(missing & (g <= futility)))
            missing &= (g > futility) & (g < efficacy)
        crossed += int(np.sum(going & (f >= efficacy)))
        going &= f < efficacy
        if rules.futility == "binding" and futility is not None:
            going &= f > futility
        nominal = float(stats.f.sf(efficacy, rules.df_num, stage.df_den))
        stage_bounds.append(Bound(efficacy=efficacy, nominal_p=nominal, spent=error, futility=futility))
    return tuple(stage_bounds)


def check_stages(stages: Sequence[Stage], df_num: int) -> None:
    """Refuse looks between which too little was added.

    Raises
    ------
    AnalysisError : as it says.
    """
    check_fractions([stage.replicates for stage in stages])
    df = 0
    for i, stage in enumerate(stages):
        least = df + df_num if i else 1
        if stage.df_den < least:
            raise AnalysisError(
                f"look {i + 1}: {stage.df_den} residual degrees of freedom; at least {least} are needed, so record "
                "one more program of every treatment first"
            )
        df = stage.df_den


def operating(
    stages: Sequence[Stage],
    stage_bounds: Sequence[Bound],
    rules: Rules,
    *,
    unit_ncp: float,
    count: int,
    seed: int = SEED,
) -> Operating:
    """Simulate a design with its bounds, stopping for futility where there are such bounds."""
    going = np.ones(count, dtype=bool)
    shown, stops = 0, []
    rng = np.random.default_rng([seed, 2])
    for i, f in enumerate(paths(stages, rules.df_num, unit_ncp, count=count, rng=rng)):
        bound = stage_bounds[i]
        up = going & (f >= bound.efficacy)
        down = (
            going & (f <= bound.futility) & ~up if bound.futility is not None else np.zeros(count, dtype=bool)
        )
        out = going.copy() if i == len(stages) - 1 else up | down
        shown += int(up.sum())
        stops.append(float(out.mean()))
        going &= ~out
    power = shown / count
    return Operating(
        power=power, error=math.sqrt(max(power * (1 - power), 1 / count) / count), stops=tuple(stops)
    )


def allowed_paths(error: float, count: int, margin: float) -> float:
    """Return the paths that may have crossed: some standard errors below the error, so that it holds."""
    return count * error - margin * math.sqrt(count * error)


def _upper(f: Floats, paths_left: float, floor: float) -> float:
    """Return the lowest bound that at most so many paths reach; infinite where none may."""
    allowed = math.floor(paths_left)
    if allowed < 1:
        return math.inf
    if allowed >= f.size:
        return floor
    return max(floor, float(np.partition(f, f.size - allowed)[f.size - allowed]))


def _lower(f: Floats, paths_left: float, efficacy: float) -> float:
    """Return the highest bound that at most so many paths are below, never above efficacy; 0 stops none."""
    allowed = math.floor(paths_left)
    if allowed < 1 or not f.size:
        return 0.0
    return min(efficacy, float(np.partition(f, min(allowed, f.size) - 1)[min(allowed, f.size) - 1]))
