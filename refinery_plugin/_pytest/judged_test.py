"""The test of programs that are in a file of JSON lines: used where the session has no test of its own for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from refinery_plugin._pytest.program import Program


def test_program(refinery_program: Program, benchmark: BenchmarkFixture) -> None:
    """Verify, and where there are full-size inputs time, one program."""
    refinery_program.check(benchmark)
