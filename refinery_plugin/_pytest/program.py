"""What a test is given: one program, and ``check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from refinery_plugin._pytest.benchmark import BenchmarkTimer, report
from refinery_plugin._pytest.timing import faults_end_the_session, hooks_of

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from refinery_plugin._study.units import Unit
    from refinery_plugin._timing.slowness import Slowness


class Program:
    """One program of the study; its attributes are those of its unit."""

    def __init__(self, node: pytest.Item, unit: Unit) -> None:
        self.unit = unit
        self.was_checked = False
        self._node = node

    def check(self, benchmark: BenchmarkFixture) -> None:
        """Verify the program and, in a timing session, time it; an incorrect one is an expected failure.

        Under ``--refinery-strict`` it is a failure.
        """
        __tracebackhide__ = True
        self.was_checked = True
        benchmark._mode = "refinery"  # noqa: SLF001 - or pytest-benchmark warns that it was not used
        config = self._node.config
        hooks = hooks_of(config)
        with faults_end_the_session():
            session = hooks.session()
            known = session.has_examined(self.unit)
            finding = session.examine(
                self.unit, stretch=hooks.stretch(self._node), timer=BenchmarkTimer(benchmark)
            )
            for timed in () if known else session.timed_lists(finding):
                report(config, benchmark, timed)
        if finding.judgement.correct:
            self._refuse_slowness(session.slowness(finding))
            return
        if not config.getoption("refinery_strict"):
            pytest.xfail(str(finding.judgement))  # returns under --runxfail
        pytest.fail(str(finding.judgement), pytrace=False)

    def _refuse_slowness(self, slowness: Slowness | None) -> None:
        __tracebackhide__ = True
        most: float | None = self._node.config.getoption("refinery_max_ratio")
        if most is not None and slowness is not None and slowness.least > most:
            pytest.fail(
                f"too slow: {slowness.ratio:.3g} times the reference's time, and beyond the noise at least "
                f"{slowness.least:.3g} times; --refinery-max-ratio={most:g} allows no more than {most:g}",
                pytrace=False,
            )


def program_of(request: pytest.FixtureRequest, unit: Unit) -> Program:
    """Return the program that a test is about."""
    return Program(request.node, unit)
