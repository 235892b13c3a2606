"""Attacks of our own, one small file each in ``attacks/``, on whatever contains programs.

``manifest.json`` has a row for each, which says what may come of it: ``held`` (the program says itself that nothing
worked), kinds of failures, or ``charged``: it tells the CPU seconds that its helpers used, and so much at least is in
the account.
"""

# ruff: noqa: PT018 - one check of several steps
from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from refinery_plugin._sandbox import Limits

if TYPE_CHECKING:
    from sandbox_bench import Bench

FOLDER = Path(__file__).parent / "attacks"
ROWS: list[dict[str, Any]] = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
LIMITS = Limits(memory_bytes=256 << 20, tmp_bytes=32 << 20)
TICKS = 0.02
"""Seconds of the kernel's books of what has ended: two ticks, since user and system time are each rounded down."""


def test_every_attack_has_a_row() -> None:
    """A file that no row names would never be tried."""
    assert sorted(row["file"] for row in ROWS) == sorted(path.name for path in FOLDER.glob("*.py"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"].removesuffix(".py"))
def test_an_attack_gains_nothing(bench: Bench, row: dict[str, Any]) -> None:
    """What it may come to is in its row; where memory between runs is at stake, also in a second run."""
    source = (FOLDER / row["file"]).read_bytes()
    allowed = row["expect"].split()
    charged = allowed == ["charged"]
    for _ in range(row["runs"]):
        result = bench.run(
            source,
            list(range(1000)),
            result_type=float if charged else str,
            limits=LIMITS,
            seconds=3 if "timeout" in allowed else 60,
        )
        told, usage = result.outcome, result.usage
        if charged:
            assert told.ok and usage.cpu_seconds is not None, told.reason
            assert usage.cpu_seconds >= float(str(told.value)) - TICKS
        elif told.ok:
            assert ("tampering" if usage.tampering else told.value) in allowed
        else:
            assert told.kind in allowed, told.reason
