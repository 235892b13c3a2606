"""One name, one thing."""

from __future__ import annotations

import ast
from collections import defaultdict

from imports import modules


def test_no_two_classes_have_one_name() -> None:
    """In both packages together, private ones included."""
    homes: dict[str, list[str]] = defaultdict(list)
    for module, path in modules().items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(module)
    assert len(homes) > 300
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}
