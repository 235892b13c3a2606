"""Which failures of a request pass, and how long to wait before the next attempt (pure)."""

from __future__ import annotations

import dataclasses
import email.utils
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    import random

_PASSING = frozenset({408, 409, 425, 429})
_SERVER_FAULT = 500


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how patiently a request is tried again; all times in seconds.

    Parameters
    ----------
    attempts : how many at most, the first included.
    silent_attempts : how many at most that got no whole answer within ``request_limit``: a server that was silent for
        minutes twice will be so again.
    unreached_attempts : how many at most before anything was ever reached: then an address is wrong.
    first_pause : before the second attempt; each pause doubles the one before.
    longest_pause : what doubling stops at.
    request_limit : of one attempt.
    total_limit : of all attempts and pauses, whatever ``Retry-After`` asks for.
    """

    attempts: int = 6
    silent_attempts: int = 2
    unreached_attempts: int = 3
    first_pause: float = 1.0
    longest_pause: float = 60.0
    request_limit: float = 300.0
    total_limit: float = 3600.0

    def pause(
        self, failed: int, retry_after: float | None, rng: random.Random, *, limited: bool = False
    ) -> float:
        """Return the pause after the ``failed``-th failure (from 1): what the server asks for, else doubling.

        Doubling pauses are shortened by up to a quarter at random, so that many trajectories do not come back at
        once; what a server asks for is never shortened. ``limited`` says that it was one request too many: quotas
        are by the minute, so those pauses are four times as long.
        """
        if retry_after is not None:
            return retry_after
        longest = min(self.longest_pause, self.first_pause * 2.0 ** (failed + 1 if limited else failed - 1))
        return float(longest * (1 - 0.25 * rng.random()))


def passes(status: int) -> bool:
    """Whether a response with this status may be different next time."""
    return status in _PASSING or status >= _SERVER_FAULT


def retry_after_seconds(header: str | None, now: dt.datetime) -> float | None:
    """Read a ``Retry-After`` header: seconds, or an HTTP date; anything else counts as absent."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (email.utils.parsedate_to_datetime(header) - now).total_seconds()
        except (TypeError, ValueError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
