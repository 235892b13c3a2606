"""Declared types: which can be checked, how they are written, and what a value lacks."""

from __future__ import annotations

import typing
from typing import Any

import numpy as np
import pytest

from refinery_plugin._study.value_types import misfit, type_name, unknown_form


@pytest.mark.parametrize(
    ("declared", "unknown"),
    [
        (int, ""),
        (None, ""),
        (Any, ""),
        (list, ""),
        (np.ndarray, ""),
        (tuple[int, ...], ""),
        (dict[str, set[bytes] | None], ""),
        (complex, "complex"),
        (list[tuple[int, complex]], "complex"),
    ],
)
def test_a_type_that_nothing_can_be_checked_against_is_named(declared: object, unknown: str) -> None:
    """However deep it stands in the declared one."""
    assert unknown_form(declared) == unknown


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        (None, "None"),
        (type(None), "None"),
        (Any, "Any"),
        (np.ndarray, "numpy.ndarray"),
        (list[int], "list[int]"),
    ],
)
def test_a_type_is_named_as_a_program_writes_it(declared: object, name: str) -> None:
    """Messages and prompts show it."""
    assert type_name(declared) == name


@pytest.mark.parametrize(
    ("value", "declared", "told"),
    [
        (1, Any, ""),
        (None, None, ""),
        (0, None, "it returned an int, expected None"),
        (np.zeros(2), np.ndarray, ""),
        ([0.0], np.ndarray, "it returned a list, expected numpy.ndarray"),
        ({1, 2}, set[int], ""),
        (
            frozenset({"a"}),
            frozenset[int],
            "it returned a frozenset, expected frozenset[int]: item 'a' is a str",
        ),
        (True, int, "it returned a bool, expected int"),
        ((1, 2, 3), tuple[int, int], "it returned a tuple of 3, expected tuple[int, int]"),
        ([1, None], list[int | None], ""),
        (
            {1: "a"},
            dict[str, str],
            "it returned a dict, expected dict[str, str]: key 1 is an int, expected str",
        ),
    ],
)
def test_what_a_value_lacks_is_told_with_its_place(value: object, declared: object, told: str) -> None:
    """Nothing, where it is exactly of the declared type."""
    found = misfit(value, declared)
    assert found.startswith(told)
    assert bool(found) is bool(told)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("List", ([], [1, "a"])),
        ("Tuple", ((), (1, "a"))),
        ("Set", (set(), {1, "a"})),
        ("FrozenSet", (frozenset(), frozenset({1, "a"}))),
        ("Dict", ({}, {1: "a"})),
    ],
)
def test_a_name_of_typing_alone_means_the_type_that_it_stands_for(
    name: str, values: tuple[object, ...]
) -> None:
    """With any items, also where it is a part of another type."""
    declared, kind = getattr(typing, name), type(values[0])
    several: Any = list[declared]  # type: ignore[valid-type]
    assert unknown_form(declared) == unknown_form(several) == ""
    assert type_name(declared) == kind.__name__
    for value in values:
        assert misfit(value, declared) == ""
        assert misfit([value], several) == ""
    assert misfit(None, declared) == f"it returned None, expected {kind.__name__}"
    assert misfit((1,), tuple[()]).startswith("it returned a tuple of 1, expected tuple[()]")


def test_numbers_may_stand_for_each_other_where_types_do_not_matter() -> None:
    """As ``==`` has it; a text is no number all the same."""
    assert misfit(2.0, int, exact=False) == ""
    assert misfit("2", int, exact=False) == "it returned a str, expected int"
