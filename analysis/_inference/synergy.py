"""Is a team better than its members would be by themselves? Teams against nominal groups on the same budget."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import stats

from .._models import turns as of_turns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .._models.turns import Credit, InventedNames, PassedAtTurn, RatioAtTurn, Transitions
    from .._reading.judged_turns import Trajectory

_FREE: Final = frozenset({"protocol", "memory", "selection"})
"""Settings in which a team and the nominal group that it is held against may differ."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Synergy:
    """Mean log ratio of a team's last programs minus that of the nominal group's: below 0 the team is faster."""

    team: str
    nominal: str
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    p: float | None
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Everything that trajectories tell."""

    ratio: tuple[RatioAtTurn, ...]
    passed: tuple[PassedAtTurn, ...]
    transitions: tuple[Transitions, ...]
    credit: tuple[Credit, ...]
    invented_names: tuple[InventedNames, ...]
    synergy: tuple[Synergy, ...]


def turns(
    trajectories: Sequence[Trajectory], finals: Mapping[str, float], *, noise: float, alpha: float
) -> Turns | None:
    """Say all about trajectories; None where no turn was judged.

    Parameters
    ----------
    finals : log ratio of the last program as it was timed after all, by the trajectory's file, where that is known.
    noise : log ratios that differ by no more are the same.
    """
    if not any(turn.verdict is not None for one in trajectories for turn in one.turns):
        return None
    return Turns(
        ratio=tuple(of_turns.ratios(trajectories, alpha=alpha)),
        passed=tuple(of_turns.passing(trajectories, alpha=alpha)),
        transitions=tuple(of_turns.transitions(trajectories, noise=noise)),
        credit=tuple(of_turns.credits(trajectories, alpha=alpha)),
        invented_names=tuple(of_turns.invented_names(trajectories, alpha=alpha)),
        synergy=tuple(_synergies(trajectories, finals, alpha)),
    )


def _synergies(
    trajectories: Sequence[Trajectory], finals: Mapping[str, float], alpha: float
) -> Iterator[Synergy]:
    groups = of_turns.by_treatment(trajectories)
    budgets = {name: _budget(group[0]) for name, group in groups.items()}
    nominal = [name for name, group in groups.items() if group[0].settings.get("protocol") == "independent"]
    for name, group in groups.items():
        if name in nominal or len({turn.agent for one in group for turn in one.turns}) < 2:  # noqa: PLR2004
            continue
        for other in nominal:
            if budgets[name] == budgets[other]:
                yield _difference(name, other, _last(group, finals), _last(groups[other], finals), alpha)


def _budget(trajectory: Trajectory) -> str:
    """Return the settings that a fair comparison keeps: the budget, the agents, what they are told."""
    kept = {name: value for name, value in trajectory.settings.items() if name not in _FREE}
    return json.dumps(kept, sort_keys=True, default=str)


def _last(group: Sequence[Trajectory], finals: Mapping[str, float]) -> Mapping[str, list[float]]:
    """Return log ratios of last programs by task; the time after all is better than the one that chose it."""
    found: dict[str, list[float]] = {}
    for one in group:
        value = finals.get(one.file)
        if value is None and (parts := of_turns.of_trajectory(one)) is not None:
            value = math.fsum(parts.values())
        if value is not None:
            found.setdefault(one.task, []).append(value)
    return found


def _difference(
    team: str,
    nominal: str,
    of_team: Mapping[str, list[float]],
    of_nominal: Mapping[str, list[float]],
    alpha: float,
) -> Synergy:
    """Welch's test of trajectories, averaged over the tasks that both have (R: ``t.test`` for one task)."""
    shared = [task for task in of_team if len(of_team[task]) > 1 and len(of_nominal.get(task, ())) > 1]
    if not shared:
        note = "fewer than two trajectories of each ended with a correct, timed program"
        return Synergy(
            team=team, nominal=nominal, difference=None, ci_low=None, ci_high=None, p=None, note=note
        )
    parts, estimate = [], 0.0
    for task in shared:
        a, b = np.asarray(of_team[task]), np.asarray(of_nominal[task])
        estimate += float(a.mean() - b.mean()) / len(shared)
        parts += [
            (float(values.var(ddof=1)) / len(values) / len(shared) ** 2, len(values) - 1) for values in (a, b)
        ]
    total = sum(part for part, _ in parts)
    if total <= 0:
        note = "the log ratios do not vary"
        return Synergy(
            team=team, nominal=nominal, difference=estimate, ci_low=None, ci_high=None, p=None, note=note
        )
    df = total**2 / sum(part**2 / n for part, n in parts)
    se = math.sqrt(total)
    half = float(stats.t.isf(alpha / 2, df)) * se
    return Synergy(
        team=team,
        nominal=nominal,
        difference=estimate,
        ci_low=estimate - half,
        ci_high=estimate + half,
        p=float(2 * stats.t.sf(abs(estimate) / se, df)),
    )
