"""Asserts of foreign tests, taken for what they say of single calls, without running any of their code."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refinery_plugin._tasks.lift import Assertions, NotLiftedError, lift

ATOMS = (
    st.none() | st.booleans() | st.integers() | st.floats().filter(math.isfinite) | st.text() | st.binary()
)
KEYS = st.integers() | st.text(max_size=3)
PLAIN = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=3)
        | st.sets(KEYS, min_size=1, max_size=3)
    ),
    max_leaves=6,
)

TEST = """
METADATA = {"author": "nobody"}

def check(candidate):
    assert candidate([1, 2], 3) == True, "a message"
    assert abs(candidate(3.5) - 0.5) < 1e-6
    assert candidate("a")
    assert not candidate("b")
    for number in range(2, 4):
        assert candidate(number, number + 1) == str(number)
    found = candidate(7)
    assert found == [1, {"a": 2}] and len(found) == 2
    assert (1, 2) == candidate(2**10)
    assert True
    assert sorted(candidate([3, 1])) == [1, 3]
    assert all(number > 0 for number in candidate(1))
    assert candidate(last=4) is None
"""


def test_plain_comparisons_are_examples_and_all_others_are_kept_as_they_are() -> None:
    """Arguments are the values that the test would call with."""
    found = lift(TEST, entry_point="solve", parameters=["last"])
    assert [each.example for each in found if each.example] == [
        (([1, 2], 3), True),
        ((2, 3), "2"),
        ((3, 4), "3"),
        ((7,), [1, {"a": 2}]),
        ((1024,), (1, 2)),
        ((4,), None),
    ]
    assert [each.text for each in found if not each.example] == [
        "abs(result - 0.5) < 1e-06",
        "result",
        "not result",
        "len(result) == 2",
        "sorted(result) == [1, 3]",
        "all((number > 0 for number in result))",
    ]


@given(arguments=st.lists(PLAIN, max_size=3), expected=PLAIN)
def test_an_assert_of_plain_values_says_the_same_by_names_and_without(
    arguments: list[object], expected: object
) -> None:
    """It is taken at once where all of it stands there, and is walked through where some of it has a name."""
    given_here = ", ".join(map(repr, arguments))
    (at_once,) = lift(f"assert f({given_here}) == {expected!r}", entry_point="f")
    (by_name,) = lift(f"given = {arguments!r}\nassert f(*given) == {expected!r}", entry_point="f")
    assert at_once == by_name
    assert at_once.example == (tuple(arguments), expected)


def test_a_loop_asserts_of_every_value_that_it_runs_through() -> None:
    """What is put into an assertion once does not stay there for the next round."""
    found = lift("for n in range(3):\n    g = f(n)\n    assert g == 2 * n and g < n + 9", entry_point="f")
    assert [each.example or each.names for each in found] == [
        part for n in range(3) for part in (((n,), 2 * n), (("value0", n),))
    ]


@pytest.mark.parametrize(
    ("arguments", "right", "wrong"),
    [
        ((3.5,), 0.5000001, 0.6),
        (("a",), 1, 0),
        (([3, 1],), (1, 3), [1, 2]),
        ((1,), [1, 2], [0]),
        ((1,), [], None),
    ],
)
def test_a_result_is_held_against_the_assertions_about_its_arguments(
    arguments: tuple[object, ...], right: object, wrong: object
) -> None:
    """Where an assertion raises, it does not hold."""
    check = Assertions(lift(TEST, entry_point="solve", parameters=["last"]))
    assert check(arguments, right) is True
    said = check(arguments, wrong)
    assert isinstance(said, str)
    assert said.startswith("'assert ")


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ("assert f(1) == f(2)", "line 1: it compares the results of several calls"),
        ("import os\nassert f(os.getcwd()) == 1", "line 2: the name os is not known"),
        ("def g(x): return x\nassert f(1) == g(1)", "line 2: g is code of the test's own"),
        ("import random\nfor _ in range(9):\n    x = random.random()\n    assert f(x) == x", "line 4: .*x"),
        ("def check(candidate):\n    candidate(1)", r"line 2: 'candidate\(1\)' cannot be lifted"),
        ("while True: pass", "'while True:' cannot be lifted"),
        ("assert f(2 ** 10 ** 9) == 1", "too large a number"),
        ("assert f([0] * 10 ** 9) == 1", "too many items"),
        ("assert f(sum(range(10 ** 9))) == 1", "its range is too long"),
        ("for x in range(10000):\n  for y in range(10000):\n    z = 1", "it takes too many steps"),
        ("assert f(1).__class__ == 1", "'result.__class__' is not known"),
        ("assert f(().__class__.__bases__) == 1", "is not known"),
        ("assert f('{0.__class__}'.format(1)) == 1", "format.* is not known"),
        ("assert f(open('/etc/passwd').read()) == 1", "the name open is not known"),
        ("assert f(eval('1')) == 1", "the name eval is not known"),
        ("assert f(*open('a')) == 1", "the name open is not known"),
        ("assert f(1) == (", "its test is not valid Python"),
        ("assert 1 == 2", "it asserts something false of no call"),
        ("x = 1", "its test asserts nothing of the function"),
        ("assert f == 1", "the function is not called"),
        ("first, second = f(1)\nassert first == 2", "line 1: a result is taken apart"),
        ("assert f(1, b=2) == 1", "line 1: its keyword arguments are not understood"),
        ("assert f(1 / 0) == 1", "its test raises ZeroDivisionError"),
        ("assert f(1, c=2, d=3) == 1", "line 1: its keyword arguments are not understood"),
        (f"assert f({'-' * 2000}1) == 1", "its test is nested too deep|its test is not valid Python"),
    ],
)
def test_what_cannot_be_lifted_is_told_with_its_line(test: str, told: str) -> None:
    """And nothing of it is run."""
    with pytest.raises(NotLiftedError, match=told):
        lift(test, entry_point="f")


@pytest.mark.parametrize(
    ("test", "examples"),
    [
        ("x: int = 3\nassert f(x) == 4", [((3,), 4)]),
        ("if 1 < 2:\n    assert f(1) == 2\nelse:\n    assert f(2) == 1", [((1,), 2)]),
        ("if 1 > 2:\n    assert f(1) == 2\nelse:\n    assert f(2) == 1", [((2,), 1)]),
        ("y = f(1)\ny = 5\nassert f(y) == 6", [((5,), 6)]),
        ("import math\npass\n'words'\nassert f(1) == 2", [((1,), 2)]),
        ("assert f(*[1, 2]) == 3", [((1, 2), 3)]),
        ("class Helper: ...\nprint('done')\nassert f(1) is None", [((1,), None)]),
        (
            "assert f({'a': {1, 2}}, frozenset([3])) == (1, [2])",
            [(({"a": {1, 2}}, frozenset({3})), (1, [2]))],
        ),
    ],
)
def test_statements_of_a_test_are_followed(test: str, examples: list[object]) -> None:
    """Names, branches and helpers that decide nothing lead to the same calls as Python's own run."""
    assert [each.example for each in lift(test, entry_point="f")] == examples


def test_an_identity_is_an_example_only_where_there_is_one_such_object() -> None:
    """``is`` between other values says something of objects, and is kept as it stands."""
    (one,) = lift("assert f(1) is True", entry_point="f")
    assert one.example == ((1,), True)
    (other,) = lift("assert f(1) is not (2, 3)", entry_point="f")
    assert other.example is None


def test_assertions_about_sets_and_dicts_find_their_calls_again() -> None:
    """Arguments are told apart by what they hold, whatever the order in which it was put there."""
    check = Assertions(lift("assert len(f({'b': {2, 1}, 'a': 1})) == 1", entry_point="f"))
    assert check(({"a": 1, "b": {1, 2}},), [1]) is True
    assert isinstance(check(({"a": 1, "b": {1, 2}},), []), str)


def test_a_tolerance_that_is_no_number_is_told() -> None:
    """The comparison of EvalPlus takes one; anything else is not guessed at."""
    helper = """def assertion(out, exp, atol):
    exact_match = out == exp
    assert exact_match
"""
    with pytest.raises(NotLiftedError, match="its tolerance is no number"):
        lift(f"{helper}assertion(f(1), 2, 'near')", entry_point="f")
    (one,) = lift(f"{helper}assertion(f(1), 2, 0.5)", entry_point="f")
    assert one.atol == 0.5
