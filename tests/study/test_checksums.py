"""Checksums of what tasks are made of: the same for the same thing in every process, another for another."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

from refinery_plugin._study.checksum import checksum, described

if TYPE_CHECKING:
    from collections.abc import Callable


class Dealer:
    """Deals numbers; its state is in its ``repr``."""

    def __init__(self, cards: int) -> None:
        self.cards = cards

    def __repr__(self) -> str:
        return f"Dealer({self.cards})"

    def deal(self, seed: int) -> tuple[int]:
        """Deal one."""
        return (seed % self.cards,)


def within(limit: int) -> Callable[[int], tuple[int]]:
    def sample(seed: int) -> tuple[int]:
        return (seed % limit,)

    return sample


def test_a_function_is_told_from_one_that_was_made_with_another_value() -> None:
    """What a closure holds is a part of it."""
    assert described(within(3)) == described(within(3)) != described(within(4))


def test_a_method_is_told_with_its_object() -> None:
    """The same method of another object is another one."""
    assert described(Dealer(3).deal) == described(Dealer(3).deal) != described(Dealer(4).deal)


def test_a_partial_is_told_with_its_arguments() -> None:
    """Given by place or by name."""
    texts = {
        described(functools.partial(within, 3)),
        described(functools.partial(within, 4)),
        described(functools.partial(within, limit=3)),
    }
    assert len(texts) == 3


def test_lambdas_are_told_by_their_code() -> None:
    """Not by their line, on which other things may stand."""
    assert described(lambda n: n + 1) == described(lambda n: n + 1) != described(lambda n: n + 2)


def test_a_class_is_told_by_its_source_and_one_of_c_by_its_name() -> None:
    """Addresses of this process are in neither."""
    assert "def deal" in described(Dealer)
    assert (described(int), described(math.sqrt)) == ("int", "<built-in function sqrt>")


def test_a_function_that_holds_itself_has_a_checksum() -> None:
    """The description ends, and does not double with each step."""

    def descend(n: int) -> int:
        return descend(n - 1) if n else 0

    assert len(checksum({"sample": descend})) == 64


def test_names_and_parts_are_kept_apart() -> None:
    """Parts that would run together as one text differ; their order does not matter."""
    assert (
        checksum({"a": "bc", "d": "e"}) == checksum({"d": "e", "a": "bc"}) != checksum({"ab": "c", "d": "e"})
    )
