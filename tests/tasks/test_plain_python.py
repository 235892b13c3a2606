"""Expressions of foreign tests: evaluated as Python would, or refused in words."""

from __future__ import annotations

import ast

import pytest

from refinery_plugin._tasks.plain_python import Evaluator, UnknownSyntaxError

NAMES: dict[str, object] = {
    "values": [3, 1, 2],
    "text": "b,a",
    "table": {"x": 1},
    "pairs": [(1, "a"), (2, "b")],
}


def evaluate(expression: str, *, steps: int = 10_000) -> object:
    return Evaluator(NAMES, steps=[steps]).value(ast.parse(expression, mode="eval").body)


@pytest.mark.parametrize(
    "expression",
    [
        "[1, *values, 4]",
        "(*values,)",
        "{*values, 3}",
        "{**table, 'y': 2, 3: [4]}",
        "-values[0] + ~2 * 7 // 2 % 5 - 2 ** 3 / 4",
        "1 << 4 | 3 & 6 ^ 1 >> 0",
        "not values or values and 0",
        "0 or '' or text",
        "1 < 2 <= 2 != 3 > 1 >= 1 == 1",
        "1 < 0 < 1 / 0",
        "2 in values and 5 not in values and None is None and text is not None",
        "'yes' if values else 1 / 0",
        "1 / 0 if not values else 'no'",
        "values[1:], values[::-1], values[:2], values[-1]",
        "math.sqrt(16) + math.pi",
        "math.isclose(0.1 + 0.2, 0.3, abs_tol=1e-9)",
        "sorted(text.split(','), reverse=True)",
        "max([], default=7)",
        "list(range(1, 10, 3))",
        "[x * y for x in values if x > 1 for y in range(x) if y]",
        "sum(x for x in values)",
        "{x % 2 for x in values}",
        "{name: number for number, name in pairs}",
        "[a + c for a, [b, c] in [(1, [2, 3])]]",
        "', '.join(name.upper() for _, name in pairs)",
        "table.get('z', 5), dict(table), len(b'ab'), isinstance(1, int)",
        "[0] * 3 + [1], 'ab' * 2",
    ],
)
def test_what_is_known_has_the_value_that_python_gives(expression: str) -> None:
    """The walk over the syntax tree agrees with Python, in value and in type."""
    import math  # noqa: PLC0415 - for eval

    expected = eval(expression, {"math": math, **NAMES})  # noqa: S307 - literals of this file
    value = evaluate(expression)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("lambda x: x", "is not understood"),
        ("open", "the name open is not known"),
        ("open('x')", "the name open is not known"),
        ("values @ values", "this operator is not known"),
        ("text.__class__", "is not known"),
        ("text.format(1)", "is not known"),
        ("values.append(1)", "is not known"),
        ("math.factorial(9)", "is not known"),
        ("values[0](1)", "is not known"),
        ("sorted(values, strict=True)", "its keyword arguments are not understood"),
        ("range(10 ** 9)", "its range is too long"),
        ("10 ** 1000000", "it makes too large a number"),
        ("1 << 1000000", "it makes too large a number"),
        ("[0] * 10 ** 9", "it makes too many items"),
        ("10 ** 9 * 'ab'", "it makes too many items"),
        ("'%999999999d' % 1", "formatting is not understood"),
        ("[0 for values[0] in values]", "what it assigns to is not understood"),
    ],
)
def test_what_is_not_known_is_refused_with_its_line(expression: str, words: str) -> None:
    """Nothing outside the tables is done, and nothing that makes much of little."""
    with pytest.raises(UnknownSyntaxError, match=words) as refused:
        evaluate(expression)
    assert str(refused.value).startswith("line 1: ")


@pytest.mark.parametrize(
    "expression", ["[x for x in range(1000)]", "sum(range(1000))", "[[0] * 90 for _ in range(5)]"]
)
def test_what_takes_too_many_steps_is_refused(expression: str) -> None:
    """Work is counted by nodes and by items, so that short texts can't keep the machine busy."""
    with pytest.raises(UnknownSyntaxError, match="it takes too many steps"):
        evaluate(expression, steps=200)


def test_names_that_were_bound_can_be_taken_out() -> None:
    """What an assignment of a test bound is what later lines see."""
    evaluator = Evaluator({})
    evaluator.bind(ast.parse("a, (b, c)", mode="eval").body, (1, (2, 3)))
    assert evaluator.bound(["a", "c"]) == {"a": 1, "c": 3}
