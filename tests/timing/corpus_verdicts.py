"""Programs that try to cheat, each judged by the library: run by test_other_users.py as other users, never by itself.

As root the same programs go through whole sessions, which is slower: test_red_team.py.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

import pytest
from corpus import BASELINE, CORPUS, expectations, fits

from refinery_plugin import Verifier
from refinery_plugin._tasks import digit_sum_difference as shipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from refinery_plugin import Verification

TASK = dataclasses.replace(
    shipped.DIGIT_SUM_DIFFERENCE,
    sample=functools.partial(shipped.sample, size=20_000),
    disguised=functools.partial(shipped.disguised, size=20_000),
)


@pytest.fixture(scope="module", params=["bwrap", "landlock"])
def verifier(request: pytest.FixtureRequest) -> Iterator[Verifier]:
    """Open a verifier for each backend; one that cannot start here fails the tests."""
    with Verifier(TASK, request.param, seed=11, load_seconds=3, memory_mb=512, time_factor=40) as opened:
        yield opened


@pytest.fixture(scope="module")
def baseline(verifier: Verifier) -> Verification:
    """Time the honest program that attacks fall back on."""
    return verifier.verify((CORPUS / f"{BASELINE}.py").read_bytes(), timed=True, runs=2)


@pytest.mark.parametrize(("name", "expected"), expectations().items())
def test_a_program_gets_what_it_deserves(
    verifier: Verifier, baseline: Verification, name: str, expected: str
) -> None:
    """The verdict is the one in its first line; who falls back on honest work is timed, and gains nothing."""
    source = (CORPUS / f"{name}.py").read_bytes()
    found = verifier.verify(source, timed=expected == "not faster", runs=2)
    assert found.fault is None
    assert found.verdict is not None
    assert fits(expected, found.verdict, found.seconds, baseline.seconds or 0.0), found
