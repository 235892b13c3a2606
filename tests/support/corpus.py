"""The programs that try to cheat, and what each must get."""

from __future__ import annotations

import re
from pathlib import Path

CORPUS = Path(__file__).parents[1] / "timing" / "corpus"
_EXPECTATION = re.compile(r'"""expect: ([a-z_ ]+)\.')
BASELINE = "honest_plain"


def expectations() -> dict[str, str]:
    """Return what stands in each program's first line, by its name."""
    expected = {}
    for path in sorted(CORPUS.glob("*.py")):
        match = _EXPECTATION.match(path.read_text(encoding="utf-8"))
        assert match, f"{path} does not say what it must get"
        expected[path.stem] = match[1]
    return expected


def fits(expected: str, verdict: str, seconds: float | None, baseline: float) -> bool:
    """Whether a program got what it deserves; where that is "not faster", than the baseline's seconds."""
    if expected == "not faster":
        # An answer found before the clock started takes a thousandth of honest work; the baseline, timed minutes
        # earlier on a machine full of other tests, has been seen to take 3.5 times as long as usual.
        return verdict != "correct" or (seconds or 0.0) > baseline / 20
    if expected == "rejected":
        return verdict != "correct"
    return verdict in expected.split(" or ")
