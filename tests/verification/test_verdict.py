"""Judging one result."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refinery_plugin._verification.equality import same
from refinery_plugin._verification.verdict import (
    Verdict,
    failed,
    judge,
    shorten,
    show_arguments,
)
from refinery_plugin._words import printable


@dataclasses.dataclass(frozen=True)
class Said:
    """What a sandbox says of one call, as far as a verdict needs it."""

    ok: bool
    value: object = None
    kind: str | None = None
    reason: str = ""
    error_type: str | None = None


PLAIN = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.floats(), st.text()), lambda inner: st.lists(inner, max_size=3)
)


@given(PLAIN)
def test_a_value_is_the_same_as_itself(value: object) -> None:
    """Any plain value equals itself."""
    assert same(value, value)


@pytest.mark.parametrize(
    ("value", "expected"), [(True, 1), (1.0, 1), ("1", 1), ([1], (1,)), ([1], [True]), ([1], [1, 1])]
)
def test_values_of_another_type_or_length_are_not_the_same(value: object, expected: object) -> None:
    """True is not 1, a list is no tuple, and a longer list not a shorter one, at any depth."""
    assert not same(value, expected)


def test_not_a_number_is_the_same_as_itself() -> None:
    """NaN where NaN is expected is right."""
    assert same([math.nan], [math.nan])


def test_a_wrong_answer_names_input_answer_and_expectation() -> None:
    """The reason of a wrong answer holds the input, what came and what should have."""
    judgement = judge(Said(ok=True, value=8346), expected=0, where="for [3999, 3999, 12345]")
    assert judgement.verdict is Verdict.WRONG_ANSWER
    assert judgement.reason == "for [3999, 3999, 12345] it returned 8346, expected 0"


@pytest.mark.parametrize("kind", ["error", "timeout", "memory", "tampering"])
def test_a_failure_keeps_the_kind_that_the_sandbox_tells(kind: str) -> None:
    """Verdict, reason and type of error are those that the sandbox tells."""
    judgement = failed(Said(ok=False, kind=kind, reason="so", error_type="X"), where="here")
    assert (str(judgement.verdict), judgement.reason, judgement.error_type) == (kind, "here: so", "X")


def test_a_result_of_a_wrong_type_is_a_wrong_answer() -> None:
    """A result that is not of the task's type is wrong, and not an error."""
    assert failed(Said(ok=False, kind="wrong_type"), where="").verdict is Verdict.WRONG_ANSWER


def test_long_arguments_are_clipped_and_counted() -> None:
    """A million numbers and huge integers are shown short, with their size."""
    text = show_arguments((list(range(1_000_000)),))
    assert text == "[0, 1, 2, 3, 4, 5, ...] (1,000,000 items)"
    assert shorten(10**5000) == "an integer of 16610 bits"
    assert len(shorten("x" * 10**6)) < 200


def test_what_a_program_says_cannot_drive_a_terminal() -> None:
    """Escape sequences and lone surrogates are shown as text; line ends stay."""
    assert printable("a\x1b[31mb\nc\ud800") == "a\\x1b[31mb\nc\\xd800"
