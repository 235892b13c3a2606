"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import refinery_plugin

MODULES = [
    module.name
    for module in pkgutil.walk_packages(refinery_plugin.__path__, "refinery_plugin.")
    # Runs inside a sandbox, under a loader of its own.
    if not module.name.endswith((".main", ".guardian", ".harden", ".shared_memory"))
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    """Most modules have none; those that have are run."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_some_modules_have_examples() -> None:
    """Or else the test above would check nothing."""
    assert sum(doctest.testmod(importlib.import_module(name)).attempted for name in MODULES) >= 2
