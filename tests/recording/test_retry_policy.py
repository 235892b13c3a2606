"""Pauses between attempts, and what ``Retry-After`` says."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refinery_plugin._recording.retry import RetryPolicy, passes, retry_after_seconds

NOW = dt.datetime(2026, 3, 2, 12, 0, 0, tzinfo=dt.UTC)


@given(failed=st.integers(1, 60), seed=st.integers())
def test_pauses_double_up_to_the_longest_and_are_shortened_at_random(failed: int, seed: int) -> None:
    """Never by more than a quarter."""
    policy = RetryPolicy(first_pause=1.0, longest_pause=60.0)
    full = min(60.0, 2.0 ** (failed - 1))
    pause = policy.pause(failed, None, random.Random(seed))  # noqa: S311 - jitter
    assert 0.75 * full <= pause <= full


@given(asked=st.floats(0, 1e6))
def test_what_the_server_asks_for_is_never_shortened(asked: float) -> None:
    """Not at random, and not to the longest pause of ours."""
    assert RetryPolicy().pause(1, asked, random.Random(0)) == asked  # noqa: S311 - jitter


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        ("0.25", 0.25),
        ("-1", 0.0),
        ("Mon, 02 Mar 2026 12:01:30 GMT", 90.0),
        ("Mon, 02 Mar 2026 13:01:30 +0100", 90.0),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 0.0),
        ("Mon, 02 Mar 2026 12:01:30", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    """RFC 9110, section 10.2.3; a date without a zone is no HTTP date."""
    assert retry_after_seconds(header, NOW) == seconds


@given(st.text(max_size=40))
def test_no_header_breaks_the_reader(header: str) -> None:
    """Servers write what they like."""
    told = retry_after_seconds(header, NOW)
    assert told is None or told >= 0


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_these_may_pass(status: int) -> None:
    """A status that says busy, too many or a fault of the server is tried again."""
    assert passes(status)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 415, 422, 451])
def test_these_stay(status: int) -> None:
    """A status that blames the request is not tried again."""
    assert not passes(status)
