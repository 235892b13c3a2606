"""Dicts: what is bought together with one product, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-companions"


def find_companions(baskets: dict[str, list[str]], product: str) -> dict[str, int]:
    """Ask every basket for every other product."""
    others = sorted({other for basket in baskets.values() for other in basket if other != product})
    companions = {}
    for other in others:
        together = 0
        for basket in baskets.values():
            if product in basket and other in basket:
                together += 1
        if together > 0:
            companions[other] = together
    return companions


def sample(seed: int, *, customers: int = 1500, products: int = 400) -> tuple[dict[str, list[str]], str]:
    """Return baskets of three to nine products each, some twice; a third holds the product that is asked for."""
    draw = Draw(NAME, seed)
    names = [f"p{number}" for number in draw.subset(range(1000, 10_000), products)]
    asked = names[0]
    baskets = {}
    for customer, size in enumerate(draw.integers(3, 9, customers)):
        basket = draw.choices(names, size)
        if customer % 3 == 0:
            basket[: 1 + customer % 2] = [asked] * (1 + customer % 2)
        baskets[f"c{customer}"] = basket
    return baskets, asked


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return few baskets: empty ones, repeats in a basket, products that stand alone, one that nobody bought."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    def case(products: str, longest: int) -> SearchStrategy[tuple[object, ...]]:
        basket = st.lists(st.sampled_from(products), max_size=longest)
        baskets = st.dictionaries(st.sampled_from([f"c{n}" for n in range(12)]), basket, max_size=8)
        return st.tuples(baskets, st.sampled_from("abc"))

    return st.one_of(case("ab", 3), case("abcd", 4), case("hgfedcba", 5))


TASK = declare(
    find_companions,
    name=NAME,
    version="2",
    prompt="""
        You are given `baskets`, a dict from the name of a customer to the list of the products that the customer
        bought, and `product`, the name of one product; names are short strings of lowercase letters and digits. There
        are 0 to 2,000 customers and 0 to 20 products a list. A product may occur in one list more than once, which
        counts like once.

        Return a dict from every other product that at least one customer bought together with `product` to the number
        of customers who bought both. `product` itself is no key of the result, and neither is a product that nobody
        bought together with it. The order of the keys does not matter.

        For example, `find_companions({"ann": ["tea", "milk", "tea"], "bob": ["rice", "milk", "tea", "rice"], "eve":
        ["rice", "salt"]}, "tea")` is `{"milk": 2, "rice": 1}`.
    """,
    examples=(
        (
            (
                {
                    "ann": ["tea", "milk", "tea"],
                    "bob": ["rice", "milk", "tea", "rice"],
                    "eve": ["rice", "salt"],
                },
                "tea",
            ),
            {"milk": 2, "rice": 1},
        ),
    ),
    sample=sample,
    strategy=strategy,
)
