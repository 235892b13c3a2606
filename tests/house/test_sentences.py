"""What CONTRIBUTING.md asks of every test: one sentence that says its contract."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parents[1]
# Programs that are data of a test, and the projects of somebody else.
DATA = {"corpus", "programs", "sample_project"}


def modules() -> Iterator[Path]:
    for path in sorted(TESTS.rglob("*.py")):
        if not DATA.intersection(path.relative_to(TESTS).parts):
            yield path


def sentences() -> Iterator[tuple[str, str]]:
    """Yield where each test stands, with its docstring or an empty text."""
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield f"{path.relative_to(TESTS)}:{node.lineno} {node.name}", ast.get_docstring(node) or ""


def test_every_test_says_its_contract() -> None:
    """Each test function has a docstring, and it ends as sentences do."""
    said = dict(sentences())
    assert len(said) > 500
    assert [where for where, text in said.items() if not text] == []
    assert [where for where, text in said.items() if not re.search(r"[.!?:`)]$", text)] == []
