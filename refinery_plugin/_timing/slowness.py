"""Whether a program is slower than a multiple of the reference, beyond the noise (pure)."""

from __future__ import annotations

import dataclasses
import math
import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LEVEL = 0.95


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Slowness:
    """How much slower than the reference a program is.

    Parameters
    ----------
    ratio : geometric mean of program / reference.
    least : what the ratio is at least, at 95 % confidence (one-sided); the ratio itself where nothing tells the noise.
    """

    ratio: float
    least: float


def ratio_to_reference(
    runs: Mapping[tuple[int, int], Sequence[float]], reference: Mapping[tuple[int, int], Sequence[float]]
) -> float | None:
    """Return the geometric mean of program / reference over blocks and lists; ``None`` where none stands beside.

    Examples
    --------
    >>> ratio_to_reference({(1, 1): [2.0, 8.0]}, {(1, 1): [1.0]})
    4.0
    """
    differences = [
        statistics.fmean(map(math.log, seconds)) - statistics.fmean(map(math.log, reference[place]))
        for place, seconds in runs.items()
        if seconds and reference.get(place)
    ]
    return math.exp(statistics.fmean(differences)) if differences else None


def slowness(
    runs: Mapping[tuple[int, int], Sequence[float]], reference: Mapping[tuple[int, int], Sequence[float]]
) -> Slowness | None:
    """Compare a program with the reference that was timed beside it.

    Parameters
    ----------
    runs, reference : seconds by block and list.

    Returns
    -------
    ``None`` where no run has a reference beside it.

    Notes
    -----
    Means of log seconds are compared list by list; the noise is the pooled variance of runs of the same code on
    the same list in the same block, and the bound is Student's.
    """
    differences, weights = [], []
    squares = degrees = 0.0
    for place, seconds in runs.items():
        beside = reference.get(place, ())
        if not seconds or not beside:
            continue
        groups = [[math.log(value) for value in group] for group in (seconds, beside)]
        means = [statistics.fmean(group) for group in groups]
        differences.append(means[0] - means[1])
        weights.append(1 / len(seconds) + 1 / len(beside))
        squares += sum((x - mean) ** 2 for group, mean in zip(groups, means, strict=True) for x in group)
        degrees += sum(len(group) - 1 for group in groups)
    if not differences:
        return None
    mean = statistics.fmean(differences)
    if not degrees:
        return Slowness(ratio=math.exp(mean), least=math.exp(mean))
    from scipy import special  # noqa: PLC0415 - slow to import, and needed only where it is asked for

    error = math.sqrt(squares / degrees * sum(weights)) / len(differences)
    return Slowness(
        ratio=math.exp(mean), least=math.exp(mean - float(special.stdtrit(degrees, _LEVEL)) * error)
    )
