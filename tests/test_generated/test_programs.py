"""Every program of the study, generated, verified and timed: one test a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from refinery_plugin import Program


def test_program(refinery_program: Program, benchmark: BenchmarkFixture) -> None:
    """A correct program passes and is timed; an incorrect one is an expected failure with its reason."""
    refinery_program.check(benchmark)
