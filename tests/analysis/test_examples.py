"""The examples in docstrings give what they say."""

from __future__ import annotations

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["_contrasts", "_failures", "_levels", "_model"])
def test_examples_are_true(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"analysis.{name}"))
    assert found.attempted > 0
    assert found.failed == 0
