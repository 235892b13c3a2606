"""A file of programs in a session: the test that judges them, and what is not judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from refinery_plugin._pytest.session import refinery_of, unit_of
from refinery_plugin._words import count, printable

_TEST = Path(__file__).with_name("judged_test.py")


def add_test(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Add a test that judges the programs, where no test of the session asks for them."""
    if any(unit_of(item) is not None for item in items):
        return
    judged = refinery_of(session.config).judged
    if judged is not None:
        name = refinery_of(session.config).relative(judged.path)
        module: pytest.Module = pytest.Module.from_parent(session, path=_TEST, nodeid=name)
        items += session.genitems(module)


def summarize(reporter: pytest.TerminalReporter) -> None:
    """List programs whose task cannot be used."""
    judged = refinery_of(reporter.config).judged
    if judged is not None and judged.samples.left_out:
        reporter.section(printable(f"refinery: not judged of {judged.path.name}"), sep="-")
        for line in judged.samples.left_out:
            reporter.write_line(printable(line))
        reporter.write_line(f"programs of {count(len(judged.samples.left_out), 'task')} are not judged")
