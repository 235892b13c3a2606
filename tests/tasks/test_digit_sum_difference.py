"""The shipped task: its lists and its small inputs."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refinery_plugin._study.checksum import described
from refinery_plugin._tasks import DIGIT_SUM_DIFFERENCE as TASK
from refinery_plugin._tasks import stream
from refinery_plugin._tasks.digit_sum_difference import sample, strategy

if TYPE_CHECKING:
    import numpy.typing as npt

DIGITS = np.array([sum(map(int, str(number))) for number in range(100_001)])


def matches(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    found: npt.NDArray[np.int64] = values[DIGITS[values] == 30]
    return found


def reference(numbers: list[int]) -> int:
    namespace: dict[str, object] = {}
    exec(TASK.reference, namespace)  # noqa: S102
    return int(namespace["get_difference"](numbers))  # type: ignore[operator]


def numbers_of(arguments: tuple[object, ...]) -> npt.NDArray[np.int64]:
    return np.array(arguments[0])


def test_timed_lists_are_frozen() -> None:
    """Checksums of the decimal text: any change of a library or a platform that reaches the lists is seen here."""
    found = [hashlib.sha256(repr(sample(seed)).encode()).hexdigest()[:16] for seed in (0, 1, 2**63 - 1)]
    assert found == ["7f57bbe674356cfd", "31359bc578a4e5e8", "76594f48cc9f42e1"]


def test_numpy_is_imported_when_a_list_is_drawn_and_not_before() -> None:
    """A session of other tasks does not pay for it; what the checksum is of says what it always said."""
    code = (
        "import sys; from refinery_plugin._tasks import DIGIT_SUM_DIFFERENCE as task, SHIPPED_TASKS\n"
        "before = 'numpy' in sys.modules; task.sample(1, size=9); print(before, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    assert done.stdout == "False True\n"
    assert "\nimport numpy as np\n" in described(TASK.disguised)


def test_timed_lists_are_uniform_over_the_whole_domain() -> None:
    """Chi-squared over 100 cells has mean 99 and standard deviation 14."""
    values = numbers_of(sample(3))
    assert (len(values), values.min(), values.max()) == (1_000_000, 1, 100_000)
    counts = np.bincount((values - 1) // 1000, minlength=100)
    assert ((counts - 10_000) ** 2 / 10_000).sum() < 99 + 5 * 14


def test_the_stream_has_no_modulo_bias() -> None:
    """3 * 2**30 does not divide 2**32: without rejection the first third would come up twice as often."""
    values = stream.uniform(5, low=0, high=3 * 2**30 - 1, size=30_000)
    assert np.mean(values < 2**30) == pytest.approx(1 / 3, abs=0.015)


def test_a_longer_draw_begins_with_the_shorter_one() -> None:
    """A seed's first numbers do not depend on how many are drawn."""
    assert (
        stream.uniform(1, low=1, high=6, size=5000)[:50].tolist()
        == stream.uniform(1, low=1, high=6, size=50).tolist()
    )


def test_a_build_that_gives_other_numbers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose random numbers differ from the recorded checksum is refused."""
    stream.check_stream()
    monkeypatch.setattr(stream, "_CHECKSUM", "00000000")
    with pytest.raises(stream.StreamError, match="differ on this machine"):
        stream.check_stream()


@pytest.mark.parametrize("seed", range(1000, 1008))
def test_disguised_lists_look_uniform_but_have_another_answer(seed: int) -> None:
    """Length, range and mean are a sample's; the answer differs, and part of it stands late at an odd place."""
    assert TASK.disguised is not None
    values = numbers_of(TASK.disguised(seed))
    assert (len(values), values.min(), values.max()) == (1_000_000, 1, 100_000)
    assert values.mean() == pytest.approx(50_000.5, abs=5 * 28.9)  # the standard error of the mean is 28.9
    found = matches(values)
    low, high = found.min(), found.max()
    assert high - low != 95_931
    (at_low,), (at_high,) = np.flatnonzero(values == low), np.flatnonzero(values == high)
    late = max(at_low, at_high)
    assert late >= 800_000
    assert any(place >= 800_000 and place % 2 for place in (at_low, at_high))
    assert reference(values.tolist()) == high - low


def test_disguises_range_from_one_outermost_value_to_nearly_all() -> None:
    """By its seed a disguise takes one matching value away, some, most or nearly all."""
    assert TASK.disguised is not None
    total = np.count_nonzero(DIGITS == 30)
    left = [len(np.unique(matches(numbers_of(TASK.disguised(seed))))) for seed in range(8, 12)]
    assert left[0] == total - 1
    assert total * 0.97 < left[1] < total
    assert total * 0.25 < left[2] < total * 0.95
    assert left[3] < total * 0.21


@settings(max_examples=200, database=None)
@given(data=st.data())
def test_every_small_input_is_in_the_domain(data: st.DataObject) -> None:
    """Lists without a matching number are no part of the task."""
    (numbers,) = data.draw(strategy())
    values = np.array(numbers)
    assert all(type(number) is int for number in numbers)  # type: ignore[attr-defined]
    assert values.min() >= 1
    assert values.max() <= 100_000
    assert len(matches(values)) >= 1
