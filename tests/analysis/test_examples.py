"""The examples in docstrings give what they say."""

from __future__ import annotations

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "name", ["_inference.multiplicity", "_models.pass_rates", "_reading.levels", "_models.formula"]
)
def test_examples_are_true(name: str) -> None:
    """The examples in the docstrings give what they show."""
    found = doctest.testmod(importlib.import_module(f"refinery_analysis.{name}"))
    assert found.attempted > 0
    assert found.failed == 0
