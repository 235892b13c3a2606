"""pass@k: the chance that at least one of k programs passes."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import special

from .pass_rates import wilson
from .students_t import critical_t

if TYPE_CHECKING:
    from collections.abc import Sequence

_KS: Final = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PassAtK:
    """The estimate for ``k`` programs and its interval, 1 - alpha."""

    k: int
    estimate: float
    ci_low: float
    ci_high: float


def unbiased(programs: int, passed: int, k: int) -> float:
    """Return the share of all sets of k of the programs made that have one that passed (Chen et al. 2021, eq. 1).

    Examples
    --------
    >>> round(unbiased(5, 1, 2), 4), unbiased(5, 4, 2)
    (0.4, 1.0)
    """
    if programs - passed < k:
        return 1.0
    log = special.gammaln([programs - passed + 1, programs - k + 1, programs + 1, programs - passed - k + 1])
    return float(-math.expm1(log[0] + log[1] - log[2] - log[3]))


def pass_at_k(programs: Sequence[int], passed: Sequence[int], *, alpha: float) -> tuple[PassAtK, ...]:
    """Estimate pass@k over tasks, for round k up to the programs of the task that has fewest.

    Intervals: over several tasks from the spread between tasks (Student's t, tasks are a sample); of one task
    Wilson's limits of the rate p, as 1 - (1 - p)^k.
    """
    ks = [k for k in _KS if k <= min(programs)]
    return tuple(_at(k, programs, passed, alpha) for k in ks)


def _at(k: int, programs: Sequence[int], passed: Sequence[int], alpha: float) -> PassAtK:
    values = np.asarray([unbiased(n, good, k) for n, good in zip(programs, passed, strict=True)])
    estimate = float(values.mean())
    if len(values) == 1:
        low, high = (1 - (1 - limit) ** k for limit in wilson(passed[0], programs[0], alpha))
    elif float(values.std()) == 0.0:
        # All tasks alike: no spread to reason with, so tasks count as trials of one another.
        low, high = wilson(estimate * len(values), len(values), alpha)
    else:
        half = critical_t(alpha, len(values) - 1) * float(values.std(ddof=1)) / math.sqrt(len(values))
        low, high = max(0.0, estimate - half), min(1.0, estimate + half)
    return PassAtK(k=k, estimate=estimate, ci_low=min(low, estimate), ci_high=max(high, estimate))
