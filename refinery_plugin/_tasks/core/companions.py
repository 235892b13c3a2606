"""Dicts: what is bought together with one product, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-companions"


def find_companions(baskets: list[list[str]], product: str) -> dict[str, int]:
    """Ask every basket for every other product."""
    others = sorted({other for basket in baskets for other in basket if other != product})
    companions = {}
    for other in others:
        together = 0
        for basket in baskets:
            if product in basket and other in basket:
                together += 1
        if together > 0:
            companions[other] = together
    return companions


def sample(seed: int, *, size: int = 1500, products: int = 400) -> tuple[list[list[str]], str]:
    """Return baskets of three to nine products each; a third of them hold the product that is asked for."""
    draw = Draw(NAME, seed)
    names = [f"p{number}" for number in draw.subset(range(1000, 10_000), products)]
    asked = names[0]
    baskets = []
    for place, count in enumerate(draw.integers(3, 9, size)):
        basket = list(dict.fromkeys(draw.choices(names, count)))
        if place % 3 == 0 and asked not in basket:
            basket[place % len(basket)] = asked
        baskets.append(basket)
    return baskets, asked


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return few baskets: empty ones, equal ones, products that stand alone, one that nobody bought."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    def case(products: str, longest: int) -> SearchStrategy[tuple[object, ...]]:
        basket = st.lists(st.sampled_from(products), max_size=longest, unique=True)
        return st.tuples(st.lists(basket, max_size=8), st.sampled_from("abc"))

    return st.one_of(case("ab", 2), case("abcd", 4), case("hgfedcba", 5))


TASK = declare(
    find_companions,
    name=NAME,
    version="2",
    prompt="""
        You are given `baskets`, a list of 0 to 2,000 lists, and `product`, the name of one product. Each list holds the
        names of 0 to 20 different products that somebody bought together, in any order; names are short strings of
        lowercase letters and digits.

        Look at the baskets that hold `product`, and count for every other product in how many of them it is. Return
        these counts in a dict from the name of the other product to its count. `product` itself is no key of the
        result, and a product that is in none of these baskets is none either. The order of the keys does not matter.

        For example, `find_companions([["tea", "milk"], ["rice", "milk", "tea"], ["rice", "salt"]], "tea")` is `{"milk":
        2, "rice": 1}`.
    """,
    examples=(
        (
            ([["tea", "milk"], ["rice", "milk", "tea"], ["rice", "salt"]], "tea"),
            {"milk": 2, "rice": 1},
        ),
    ),
    sample=sample,
    strategy=strategy,
)
