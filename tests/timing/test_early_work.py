"""What is suspicious between the first byte of the data and "ready"."""

from __future__ import annotations

import pytest

from refinery_plugin._verification.hand_over import Early, Pace
from refinery_plugin._verification.verdict import Verdict


def pace(*reference: float) -> Pace:
    known = Pace(factor=10, seconds=0.5)
    for seconds in reference:
        known.learn(seconds)
    return known


@pytest.mark.parametrize("seconds", [0.0205, 0.030, 0.040, 0.046])
def test_taking_the_data_as_the_reference_does_is_no_suspicion(seconds: float) -> None:
    """Within what two identical programs differ by; warm memory saves a part of it."""
    assert Early(all=seconds, aside=0.0001).suspicion(pace(0.030, 0.040)) is None


@pytest.mark.parametrize(
    ("early", "reason"),
    [
        pytest.param(Early(all=0.060, aside=0.0), "used 60 ms of CPU between", id="more-in-all"),
        pytest.param(Early(all=0.031, aside=0.002), "used 2 ms of CPU in other threads", id="aside"),
        pytest.param(Early(all=0.005, aside=0.0), "used only 5 ms of CPU", id="decoding-skipped"),
    ],
)
def test_work_before_the_call_is_tampering(early: Early, reason: str) -> None:
    """More than the reference, anything in another thread, or so little that nobody can have decoded the data."""
    judgement = early.suspicion(pace(0.030, 0.040))
    assert judgement is not None
    assert judgement.verdict is Verdict.TAMPERING
    assert reason in judgement.reason
    assert "needed 30 ms to 40 ms in this session" in judgement.reason


def test_little_data_is_taken_in_no_time() -> None:
    """Where the reference itself needs next to nothing, nobody can save anything by skipping it."""
    assert Early(all=0.0, aside=0.0).suspicion(pace(0.002)) is None
    assert Early(all=0.0, aside=0.0).suspicion(pace()) is None
