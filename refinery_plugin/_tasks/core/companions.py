"""Dicts: what is bought together with what most often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-companions"


def find_companions(baskets: dict[str, list[str]]) -> dict[str, str]:
    """Ask every basket for every pair of products."""
    products = sorted({product for basket in baskets.values() for product in basket})
    companions = {}
    for product in products:
        most = 0
        for other in products:
            if other == product:
                continue
            together = 0
            for basket in baskets.values():
                if product in basket and other in basket:
                    together += 1
            if together > most:
                most = together
                companions[product] = other
    return companions


def sample(seed: int, *, customers: int = 260, products: int = 90) -> tuple[dict[str, list[str]]]:
    """Return baskets of three to eleven products each; a product may stand in one twice."""
    draw = Draw(NAME, seed)
    names = [f"p{number}" for number in draw.subset(range(100, 1000), products)]
    return (
        {
            f"c{customer}": draw.choices(names, size)
            for customer, size in enumerate(draw.integers(3, 11, customers))
        },
    )


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return few baskets: empty ones, repeats in a basket, ties, products that stand alone."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    def baskets(products: str, longest: int) -> SearchStrategy[dict[str, list[str]]]:
        basket = st.lists(st.sampled_from(products), max_size=longest)
        return st.dictionaries(st.sampled_from([f"c{n}" for n in range(12)]), basket, max_size=8)

    return st.tuples(st.one_of(baskets("ab", 3), baskets("abcd", 4), baskets("hgfedcba", 3)))


TASK = declare(
    find_companions,
    name=NAME,
    prompt="""
        You are given `baskets`, a dict from the name of a customer to the list of the products that the customer
        bought; names of customers and products are short strings of lowercase letters and digits. There are 0 to 300
        customers, 0 to 20 products a list, and a product may occur in one list more than once.

        Two products are companions as many times as there are customers whose list holds both of them, however often
        each. Return a dict that maps every product with at least one companion to the other product that is its
        companion the most times; among equals it is the one that comes first in alphabetical order. A product that was
        never bought together with another one is no key of the result. The order of the keys does not matter.
    """,
    sample=sample,
    strategy=strategy,
)
