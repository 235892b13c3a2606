"""Group-sequential designs before the first program is made: how many replicates, and what is to be expected."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from .._errors import AnalysisError
from .._power.power import replicates_required
from .bounds import Bound, Operating, Rules, Stage, bounds, operating
from .spending import MOST_LOOKS, z_bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

_SEARCH, _PATHS = 20_000, 100_000
_STEPS = 6


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A group-sequential design; replicates are per treatment, programs of all treatments together.

    Attributes
    ----------
    replicates_per_treatment : cumulative, at each look.
    bounds : at each look, on the scale of F.
    normal_bounds : what |z| would have to reach were sigma known, for contrasts; to see what its estimation costs.
    power, type_one : by simulation, each with its Monte-Carlo standard error.
    expected_if_nothing, expected_if_effect : programs until the study stops, on average.
    single_look_programs : what the same power takes without interim looks.
    """

    replicates_per_treatment: tuple[int, ...]
    bounds: tuple[Bound, ...]
    normal_bounds: tuple[float, ...] | None
    groups: int
    spending: str
    futility: str
    power: float
    power_error: float
    type_one: float
    type_one_error: float
    expected_if_nothing: float
    expected_if_effect: float
    single_look_programs: int

    @property
    def most_programs(self) -> int:
        """Programs if the study goes on to its end."""
        return self.groups * self.replicates_per_treatment[-1]

    def document(self) -> dict[str, Any]:
        """Return plain JSON values."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {
            **fields,
            "replicates_per_treatment": list(self.replicates_per_treatment),
            "bounds": [bound.document() for bound in self.bounds],
            "normal_bounds": None if self.normal_bounds is None else list(self.normal_bounds),
            "most_programs": self.most_programs,
        }


def check_looks(looks: int) -> None:
    """Refuse numbers of looks that are not planned for.

    Raises
    ------
    AnalysisError : not 2 to 5.
    """
    if not 2 <= looks <= MOST_LOOKS:  # noqa: PLR2004
        raise AnalysisError(
            f"looks: {looks} asked for; plan 2 to {MOST_LOOKS} (one look is an ordinary test)"
        )


def schedule(rules: Rules, groups: int, looks: int) -> Schedule | None:
    """Find the fewest replicates whose group-sequential design has the target power, by simulation.

    Parameters
    ----------
    rules : with ``unit_ncp`` the noncentrality of one replicate per treatment.
    groups : treatments; all get the same number of programs at every look.
    looks : 2 to 5, equally spaced; the search knows power to 0.003 (20,000 studies), the result to 0.0013 (100,000).

    Returns
    -------
    The design; None where even one look takes more than 10 million replicates.
    """
    check_looks(looks)
    single = replicates_required(
        math.sqrt(rules.unit_ncp / groups), groups, rules.df_num, alpha=rules.alpha, target=rules.target
    )
    if single is None:
        return None
    low, high = single - 1, max(single + math.ceil(single / 12), looks + 1)
    while _at(rules, groups, looks, high, _SEARCH)[2].power < rules.target:
        low, high = high, high + max(1, high // 6)
    low = max(low, looks)
    for _ in range(_STEPS):
        # To about one percent: the search tells no more.
        if high - low <= max(1, high // 100):
            break
        middle = (low + high) // 2
        if _at(rules, groups, looks, middle, _SEARCH)[2].power >= rules.target:
            high = middle
        else:
            low = middle
    return _described(rules, groups, single, _at(rules, groups, looks, high, _PATHS))


def _at(
    rules: Rules, groups: int, looks: int, most: int, paths: int
) -> tuple[tuple[Stage, ...], tuple[Bound, ...], Operating]:
    replicates = planned_looks(most, looks)
    stages = tuple(Stage(replicates=n, df_den=groups * (n - 1)) for n in replicates)
    stage_bounds = bounds(stages, rules, planned=most, margin=0.0, count=paths)
    return stages, stage_bounds, operating(stages, stage_bounds, rules, unit_ncp=rules.unit_ncp, count=paths)


def planned_looks(most: int, looks: int) -> tuple[int, ...]:
    """Return equally spaced cumulative replicates, at least 2 at the first look and one more at each other.

    Examples
    --------
    >>> planned_looks(20, 3), planned_looks(4, 3)
    ((7, 14, 20), (2, 3, 4))
    """
    replicates: list[int] = []
    for i in range(1, looks + 1):
        replicates.append(max(math.ceil(most * i / looks), replicates[-1] + 1 if replicates else 2))
    return tuple(replicates)


def _described(
    rules: Rules,
    groups: int,
    single: int,
    design: tuple[tuple[Stage, ...], tuple[Bound, ...], Operating],
) -> Schedule:
    stages, stage_bounds, effect = design
    nothing = operating(stages, stage_bounds, rules, unit_ncp=0.0, count=_PATHS)
    replicates = tuple(int(stage.replicates) for stage in stages)
    fractions = [n / replicates[-1] for n in replicates]
    normal = z_bounds(fractions, alpha=rules.alpha, spending=rules.spending) if rules.df_num == 1 else None
    return Schedule(
        replicates_per_treatment=replicates,
        bounds=stage_bounds,
        normal_bounds=normal,
        groups=groups,
        spending=rules.spending,
        futility=rules.futility,
        power=effect.power,
        power_error=effect.error,
        type_one=nothing.power,
        type_one_error=nothing.error,
        expected_if_nothing=groups * _expected(replicates, nothing.stops),
        expected_if_effect=groups * _expected(replicates, effect.stops),
        single_look_programs=groups * single,
    )


def _expected(replicates: Sequence[int], stops: Sequence[float]) -> float:
    return math.fsum(n * chance for n, chance in zip(replicates, stops, strict=True))
