"""Verification lists that begin as timed lists do, where that leaves them in their task's domain (pure)."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from refinery_plugin._study.task import Arguments

_PLAIN = (int, float, str, bytes, bool)
_LEAST_SIZE = 128
"""Shorter lists stay as they are: their heads would be less than four values."""
_WIDEST = 64


def in_the_dress_of(timed: Arguments, disguised: Arguments) -> Arguments:
    """Return ``disguised`` with the head of the timed list, and stretches further on, in the place of its own.

    Seeds of timed lists are public, so a program may know such a list by its first numbers. Then it takes this one for
    it, and is wrong. The last fifth stays as it is: there disguises hide what decides their answer.

    It must stay an input of the task, of whose domain nothing is known but two samples. So only lists of plain values
    of one type are changed, all of them at the same places (one may belong to another, item by item), only where all
    else is the same in both, and only if what holds for both lists still holds: an order, that no value is there
    twice, that both are made of the same values. Half of one network and half of another may be no network.
    """
    pairs = list(zip(disguised, timed, strict=True))
    lists = [(own, other) for own, other in pairs if type(own) is list and type(other) is list]
    # An array has no truth value; it is no list, and is not compared.
    rest = [(own, other) for own, other in pairs if not (type(own) is list and type(other) is list)]
    if any(type(own) not in {*_PLAIN, type(None)} or own != other for own, other in rest):
        return disguised
    if len({len(part) for pair in lists for part in pair}) != 1:
        return disguised
    if any(not _is_plain(own, other) for own, other in lists):
        return disguised
    dressed = [_dressed(other, own) for own, other in lists]
    if not all(_still_holds(*pair, new) for pair, new in zip(lists, dressed, strict=True)):
        return disguised
    new = iter(dressed)
    return tuple(next(new) if type(own) is list else own for own in disguised)


def _dressed(timed: list[object], own: list[object]) -> list[object]:
    size = len(own)
    if size < _LEAST_SIZE:
        return own
    dressed = list(own)
    width = min(_WIDEST, size // 32)
    for start in range(0, size * 4 // 5, size // 16):
        dressed[start : start + width] = timed[start : start + width]
        # Further on less: what decides the timed list's answer should mostly not come along.
        width = max(1, min(_WIDEST, size // 1000))
    return dressed


def _is_plain(own: list[object], other: list[object]) -> bool:
    types = {*map(type, own), *map(type, other)}
    return len(types) == 1 and types <= {*_PLAIN}


def _still_holds(own: list[object], other: list[object], dressed: list[object]) -> bool:
    properties: tuple[Callable[[list[object]], bool], ...] = (_rises, _falls, _is_distinct)
    if not all(holds(dressed) for holds in properties if holds(own) and holds(other)):
        return False
    return not _have_same_values(own, other) or _have_same_values(own, dressed)


def _rises(values: list[object]) -> bool:
    return all(one <= next_one for one, next_one in pairwise(values))  # type: ignore[operator]


def _falls(values: list[object]) -> bool:
    return all(one >= next_one for one, next_one in pairwise(values))  # type: ignore[operator]


def _is_distinct(values: Sequence[object]) -> bool:
    # A long list of random numbers shows it soon, without a set of all of them.
    size = 1000
    while size < len(values):
        if len(set(values[:size])) < size:
            return False
        size *= 8
    return len(set(values)) == len(values)


def _have_same_values(one: Sequence[object], other: Sequence[object]) -> bool:
    # Counting a million values takes a second; a sum that no order changes nearly always tells lists apart before.
    return sum(map(hash, one)) == sum(map(hash, other)) and Counter(one) == Counter(other)
