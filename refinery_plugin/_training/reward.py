"""From what was found of a program to one number (pure)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError

if TYPE_CHECKING:
    from refinery_plugin._training.verification import Verification

_ERRORS = 2.0
"""So many standard errors of a log ratio are taken for noise."""


def require_speed(speed: float) -> float:
    """Return the weight of speed, or refuse it.

    Raises
    ------
    RefineryError : when it is no number from 0 to 1.
    """
    if isinstance(speed, bool) or not isinstance(speed, (int, float)) or not 0 <= speed <= 1:
        raise RefineryError(f"speed must be a number from 0 to 1, got {speed!r}")
    return float(speed)


def reward(verification: Verification, *, speed: float = 0.0) -> float | None:
    """Return the reward of a program, from 0 to 1; ``None``, no score, where the fault is not the program's.

    Parameters
    ----------
    speed : how much of the reward depends on the time of a correct program. 0 rewards correctness alone.

    Notes
    -----
    A correct program gets ``1 - speed + speed / (1 + ratio)``: half of the part for speed where it is as fast as the
    reference, nearly all of it where it is much faster. Of the log ratio only counts what is more than two standard
    errors from 0, so chance is not rewarded; a program whose time or whose noise is not known counts as as fast as the
    reference. What is not correct gets 0.
    """
    weight = require_speed(speed)
    if verification.verdict is None:
        return None
    if not verification.correct:
        return 0.0
    return 1 - weight + weight / (1 + math.exp(min(_beyond_noise(verification), 700.0)))


def _beyond_noise(verification: Verification) -> float:
    ratio, error = verification.ratio, verification.log_ratio_se
    if ratio is None or error is None or not ratio > 0:
        return 0.0
    log = math.log(ratio)
    return math.copysign(max(0.0, abs(log) - _ERRORS * error), log)
