"""Levels are read strictly, and a wrong one says what was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refinery_plugin._study.levels import Budget, LevelError, slug

if TYPE_CHECKING:
    from decimal import Decimal


@pytest.mark.parametrize(
    ("text", "iterations", "seconds", "normal"),
    [
        ("3 iterations", 3, None, "3 iterations"),
        ("1 iteration", 1, None, "1 iteration"),
        ("1 iterations", 1, None, "1 iteration"),
        ("60 s", None, 60, "60 s"),
        ("2 min", None, 120, "120 s"),
        ("8 iterations or 2 min", 8, 120, "8 iterations or 120 s"),
    ],
)
def test_a_budget_is_read_and_shown_in_its_normal_form(
    text: str, iterations: int | None, seconds: int | None, normal: str
) -> None:
    """Minutes become seconds and singular plural, so equal budgets look the same."""
    budget = Budget.parse(text)
    assert (budget.iterations, budget.seconds, str(budget)) == (iterations, seconds, normal)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("3 Iterations", "did you mean '3 iterations'"),
        ("3iterations", "did you mean '3 iterations'"),
        ("3 iteration", "did you mean '3 iterations'"),
        ("9" * 500 + " s", "write it like"),
        ("60 sec", "did you mean '60 s'"),
        ("60s", "did you mean '60 s'"),
        ("2 minutes", "did you mean '2 min'"),
        ("5 iters", "did you mean '5 iterations'"),
        ("1.5 min", "whole numbers"),
        ("-3 iterations", "whole numbers"),
        ("0 s", "whole numbers"),
        ("", "write it like"),
        ("forever", "write it like"),
        ("4000 token", "did you mean '4000 tokens'"),
        ("4000 Tokens", "did you mean '4000 tokens'"),
        ("0.02 USD", r"did you mean '\$0.02'"),
        ("$0", "write it like"),
        ("$0.02 or $0.03", "no budget: name each unit once"),
        ("0 tokens", "write it like"),
        ("3 iterations or 4 iterations", "no budget: name each unit once"),
        ("4000 tokens and 3 iterations", "did you mean '4000 tokens or 3 iterations'"),
        ("60 s, $0.02", r"did you mean '60 s or \$0.02'"),
        ("2000 iterations", "1000 iterations"),
        (3, "write it like"),
        (None, "write it like"),
    ],
)
def test_a_wrong_budget_says_what_is_allowed(text: object, hint: str) -> None:
    """A budget that can't be read is refused with the right spelling or the form."""
    with pytest.raises(LevelError, match=hint):
        Budget.parse(text)


@given(
    iterations=st.none() | st.integers(1, 1000),
    seconds=st.none() | st.integers(1, 10**6),
    tokens=st.none() | st.integers(1, 10**8),
    usd=st.none() | st.decimals("0.000000001", 10**6, places=9),
)
def test_a_budget_reads_back_what_it_shows(
    iterations: int | None, seconds: int | None, tokens: int | None, usd: Decimal | None
) -> None:
    """Parsing the text of any budget gives the budget."""
    budget = Budget(iterations=iterations, seconds=seconds, tokens=tokens, usd=usd)
    if str(budget) != "unlimited":
        assert Budget.parse(str(budget)) == budget


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("4000 tokens", "4000 tokens"),
        ("1 tokens", "1 token"),
        ("$0.020", "$0.02"),
        ("$20", "$20"),
        ("$0.02 or 4000 tokens or 2 min or 9 iterations", "9 iterations or 120 s or 4000 tokens or $0.02"),
    ],
)
def test_budgets_of_equal_cost_are_read_and_shown_in_their_normal_form(text: str, normal: str) -> None:
    """Tokens and dollars, alone and joined with the others, in one order."""
    assert str(Budget.parse(text)) == normal


@given(st.text())
def test_a_slug_can_be_typed_and_names_a_file(text: str) -> None:
    """A slug has no separator, blank, quote, bracket or colon, whatever it is made of."""
    assert not set(slug(text)) & set("/\\\0 \t\n'\"[]:")
