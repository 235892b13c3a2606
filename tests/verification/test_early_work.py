"""What taking the data may cost, and what is charged."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from refinery_plugin._verification.hand_over import Pace


def pace(*taking: float) -> Pace:
    known = Pace(factor=10, seconds=0.5)
    for seconds in taking:
        known.learn(seconds)
    return known


def test_nothing_is_charged_before_the_reference_was_seen() -> None:
    """Without a reference there is no resolution, so neither a charge nor a least time."""
    assert pace().resolution is None


@given(st.lists(st.floats(0.001, 0.1), min_size=1, max_size=30))
def test_the_resolution_covers_what_the_reference_usually_needs(taking: list[float]) -> None:
    """At least three quarters of the last nine lie within it, and it is at most a tenth above the largest of them."""
    recent = taking[-9:]
    resolution = pace(*taking).resolution
    assert resolution is not None
    assert sum(seconds < resolution for seconds in recent) * 4 >= 3 * len(recent)
    assert resolution <= 1.1 * max(recent) + 0.001


def test_one_disturbed_run_of_the_reference_does_not_blur_the_times() -> None:
    """A single stumble of the machine leaves the resolution where it was."""
    quiet = pace(*[0.02] * 8).resolution
    assert pace(*[0.02] * 8, 0.9).resolution == quiet
