"""Is a team better than its members would be by themselves? Teams against nominal groups on the same budget."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from .._models import turns as of_turns
from .._models.students_t import critical_t, two_sided_p
from .._models.tasks import RANDOM_FROM
from . import stratified, two_proportions
from .passing import BOSCHLOO, CONDITIONAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .._models.turns import (
        Credit,
        InventedAtTurn,
        InventedNames,
        PassedAtTurn,
        RatioAtTurn,
        Transitions,
    )
    from .._reading.judged_turns import JudgedTrajectory

WELCH: Final = "Welch's t test of trajectories"
PAIRED: Final = "t test of the tasks' differences"
_FREE: Final = frozenset({"protocol", "memory", "selection"})
"""Settings in which a team and the nominal group that it is held against may differ."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Synergy:
    """Mean log ratio of a team's last programs minus that of the nominal group's: below 0 the team is faster.

    Only trajectories that ended with a correct, timed program have a log ratio; ``passed`` counts all of them.
    """

    team: str
    nominal: str
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    p: float | None
    method: str
    passed: SynergyPassed | None = None
    se: float | None = None
    df: float | None = None
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SynergyPassed:
    """Share of the team's trajectories that ended with a correct program minus that of the nominal group's."""

    team: tuple[int, int]
    nominal: tuple[int, int]
    difference: float
    ci_low: float
    ci_high: float
    p: float
    method: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """How trajectories ended by the results, by the trajectory's file, where that is known.

    ``log_ratio`` of the programs that passed and were timed; ``passed`` of all.
    """

    log_ratio: Mapping[str, float]
    passed: Mapping[str, bool]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Everything that trajectories tell."""

    ratio: tuple[RatioAtTurn, ...]
    passed: tuple[PassedAtTurn, ...]
    transitions: tuple[Transitions, ...]
    credit: tuple[Credit, ...]
    invented_names: tuple[InventedNames, ...]
    invented_by_turn: tuple[InventedAtTurn, ...]
    synergy: tuple[Synergy, ...]


def turns(
    trajectories: Sequence[JudgedTrajectory],
    ends: Ends,
    *,
    noise: float,
    alpha: float,
    random: bool | None = None,
) -> Turns | None:
    """Say all about trajectories; None where no turn was judged.

    Parameters
    ----------
    ends : what the last programs were found to be after all.
    noise : log ratios that differ by no more are the same.
    random : whether tasks are a sample of tasks; None decides by their number.
    """
    if not any(turn.verdict is not None for one in trajectories for turn in one.turns):
        return None
    return Turns(
        ratio=tuple(of_turns.ratios(trajectories, alpha=alpha)),
        passed=tuple(of_turns.passing(trajectories, alpha=alpha)),
        transitions=tuple(of_turns.transitions(trajectories, noise=noise)),
        credit=tuple(of_turns.credits(trajectories, alpha=alpha)),
        invented_names=tuple(of_turns.invented_names(trajectories, alpha=alpha)),
        invented_by_turn=tuple(of_turns.invented_by_turn(trajectories, alpha=alpha)),
        synergy=tuple(_synergies(trajectories, ends, alpha, random=random)),
    )


def _synergies(
    trajectories: Sequence[JudgedTrajectory], ends: Ends, alpha: float, *, random: bool | None
) -> Iterator[Synergy]:
    groups = of_turns.by_treatment(trajectories)
    budgets = {name: _budget(group[0]) for name, group in groups.items()}
    nominal = [name for name, group in groups.items() if group[0].settings.get("protocol") == "independent"]
    for name, group in groups.items():
        if name in nominal or len({turn.agent for one in group for turn in one.turns}) < 2:  # noqa: PLR2004
            continue
        for other in nominal:
            if budgets[name] == budgets[other]:
                difference = _difference(
                    (name, other), _last(group, ends), _last(groups[other], ends), alpha, random=random
                )
                yield dataclasses.replace(difference, passed=_passed(group, groups[other], ends, alpha))


def _passed(
    team: Sequence[JudgedTrajectory], nominal: Sequence[JudgedTrajectory], ends: Ends, alpha: float
) -> SynergyPassed | None:
    """Compare how many trajectories ended with a correct program: exactly, within tasks."""
    counts: dict[str, list[int]] = {}
    for place, group in ((0, team), (2, nominal)):
        for one in group:
            good = ends.passed.get(one.file)
            if good is None:
                judged = [turn for turn in one.turns if turn.verdict is not None]
                good = bool(judged) and judged[-1].verdict == "correct"
            of = counts.setdefault(one.task, [0, 0, 0, 0])
            of[place] += good
            of[place + 1] += 1
    both = [(x, n, y, m) for x, n, y, m in counts.values() if n and m]
    rates = stratified.matched(both)
    if rates is None:
        return None
    x, n, y, m = (sum(of) for of in zip(*both, strict=True))
    low, high = two_proportions.newcombe(rates.passed, rates.programs, alpha)
    p, method = 1.0, CONDITIONAL
    if len(both) == 1:
        p, method = two_proportions.boschloo((x, y), (n, m)), BOSCHLOO
    elif (exact := stratified.exact_conditional(both)) is not None:
        p = exact.p
    if p >= alpha:
        low, high = min(low, 0.0), max(high, 0.0)
    return SynergyPassed(
        team=(x, n), nominal=(y, m), difference=rates.difference, ci_low=low, ci_high=high, p=p, method=method
    )


def _budget(trajectory: JudgedTrajectory) -> str:
    """Return the settings that a fair comparison keeps: the budget, the agents, what they are told."""
    kept = {name: value for name, value in trajectory.settings.items() if name not in _FREE}
    return json.dumps(kept, sort_keys=True, default=str)


def _last(group: Sequence[JudgedTrajectory], ends: Ends) -> Mapping[str, list[float]]:
    """Return log ratios of last programs by task; the time after all is better than the one that chose it."""
    values: dict[str, list[float]] = {}
    for one in group:
        value = ends.log_ratio.get(one.file)
        if (
            value is None
            and ends.passed.get(one.file, True)
            and (parts := of_turns.of_trajectory(one)) is not None
        ):
            value = math.fsum(parts.values())
        if value is not None:
            values.setdefault(one.task, []).append(value)
    return values


def _difference(
    names: tuple[str, str],
    of_team: Mapping[str, list[float]],
    of_nominal: Mapping[str, list[float]],
    alpha: float,
    *,
    random: bool | None,
) -> Synergy:
    """Compare last programs over the tasks that both have.

    Welch's test of trajectories averaged over these tasks (R: ``t.test`` for one task); where tasks are a sample of
    tasks, the differences of the tasks' means against how much they vary (R: ``t.test(paired = TRUE)``).
    """
    plain = Synergy(
        team=names[0], nominal=names[1], difference=None, ci_low=None, ci_high=None, p=None, method=WELCH
    )
    common = [task for task in of_team if task in of_nominal]
    if len(common) > 1 and (len(common) >= RANDOM_FROM if random is None else random):
        apart = np.asarray([np.mean(of_team[task]) - np.mean(of_nominal[task]) for task in common])
        spread = float(apart.var(ddof=1)) / len(apart)
        plain = dataclasses.replace(plain, method=PAIRED)
        return _tested(plain, float(apart.mean()), spread, len(apart) - 1.0, alpha)
    shared = [task for task in common if len(of_team[task]) > 1 and len(of_nominal[task]) > 1]
    if not shared:
        note = "fewer than two trajectories of each ended with a correct, timed program"
        return dataclasses.replace(plain, note=note)
    parts, estimate = [], 0.0
    for task in shared:
        a, b = np.asarray(of_team[task]), np.asarray(of_nominal[task])
        estimate += float(a.mean() - b.mean()) / len(shared)
        parts += [
            (float(values.var(ddof=1)) / len(values) / len(shared) ** 2, len(values) - 1) for values in (a, b)
        ]
    total = sum(part for part, _ in parts)
    df = total**2 / sum(part**2 / n for part, n in parts) if total > 0 else 0.0
    return _tested(plain, estimate, total, df, alpha)


def _tested(plain: Synergy, estimate: float, variance: float, df: float, alpha: float) -> Synergy:
    if variance <= 0:
        return dataclasses.replace(plain, difference=estimate, note="the log ratios do not vary")
    se = math.sqrt(variance)
    half = critical_t(alpha, df) * se
    return dataclasses.replace(
        plain,
        difference=estimate,
        ci_low=estimate - half,
        ci_high=estimate + half,
        p=two_sided_p(estimate / se, df),
        se=se,
        df=df,
    )
