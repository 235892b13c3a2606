"""What the page on the sandbox promises is held by tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (?P<invariant>[^|]+) \| (?P<enforced>[^|]+) \| (?P<tried>[^|]+) \|$", re.MULTILINE)


def invariants() -> list[tuple[str, str]]:
    """Return each promise with what tries to break it."""
    text = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    part = text.split("## What is promised", 1)[1].split("\n## ", 1)[0]
    rows = [(match["invariant"], match["tried"]) for match in ROW.finditer(part)]
    return [row for row in rows if row[0] != "invariant" and not row[0].startswith("---")]


def test_every_promise_is_listed() -> None:
    """The table is read as it is meant to be: one row for each of the promises."""
    assert len(invariants()) >= 7


@pytest.mark.parametrize(("invariant", "tried"), invariants(), ids=lambda text: text[:40])
def test_a_promise_names_tests_that_are_there(invariant: str, tried: str) -> None:
    """Each names a test, a file of tests, or programs of the corpus, by what it is called now."""
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    names = re.findall(r"`([^`]+)`", tried)
    assert names, f"{invariant}: no test is named"
    for name in names:
        if name.endswith(".py"):
            assert list((ROOT / "tests").rglob(name)), f"{invariant}: no file {name}"
        else:
            assert any(f"def {name}(" in text for text in sources.values()), f"{invariant}: no test {name}"
