"""Dicts: how often each product was bought together with another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-companions"


def find_companions(pairs: list[tuple[str, str]]) -> dict[str, int]:
    """Ask all pairs for every product."""
    companions = {}
    for product in sorted({name for pair in pairs for name in pair}):
        times = 0
        for one, other in pairs:
            if product in (one, other):
                times += 1
        if times > 1:
            companions[product] = times
    return companions


def sample(seed: int, *, size: int = 4000, products: int = 500) -> tuple[list[tuple[str, str]]]:
    """Return pairs of products, some of which were bought together more often, in either order."""
    draw = Draw(NAME, seed)
    names = [f"p{number}" for number in draw.subset(range(1000, 10_000), products)]
    ones, steps = draw.integers(0, products - 1, size), draw.integers(1, 20, size)
    turned = draw.integers(0, 1, size)
    pairs = [(names[one], names[(one + step) % products]) for one, step in zip(ones, steps, strict=True)]
    return ([pair[::-1] if turn else pair for pair, turn in zip(pairs, turned, strict=True)],)


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return few pairs: none, the same one twice, in both orders, one product with all others."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    def pairs(products: str) -> SearchStrategy[list[tuple[str, str]]]:
        both = [(one, other) for one in products for other in products if one != other]
        return st.lists(st.sampled_from(both), max_size=10)

    return st.tuples(st.one_of(pairs("ab"), pairs("abc"), pairs("hgfedcba")))


TASK = declare(
    find_companions,
    name=NAME,
    version="3",
    prompt="""
        You are given `pairs`, a list of 0 to 5,000 tuples `(a, b)`: the names of two different products that were
        bought together. Names are short strings of lowercase letters and digits. The same two products may be in the
        list more than once, in the same order or the other way round.

        Return a dict with a key for each product that is in two or more of the pairs. Its value is the number of pairs
        that the product is in, as the first or as the second of the two. A product that is in one pair only is left
        out. The order of the keys does not matter.

        For example, `find_companions([("tea", "milk"), ("milk", "tea"), ("rice", "milk")])` is `{"tea": 2, "milk": 3}`:
        rice is in one pair only, and is left out.
    """,
    examples=((([("tea", "milk"), ("milk", "tea"), ("rice", "milk")],), {"tea": 2, "milk": 3}),),
    sample=sample,
    strategy=strategy,
)
