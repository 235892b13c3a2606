"""Each program of the study is one test."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from refinery_plugin import Program


def test_program(refinery_program: Program, benchmark: BenchmarkFixture) -> None:
    """Verify and time it."""
    refinery_program.check(benchmark)
