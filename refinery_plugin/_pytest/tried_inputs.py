"""What trying the inputs of other people's tasks brings up: kept with the test that tried them, told at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._words import count, printable

if TYPE_CHECKING:
    import pytest

    from refinery_plugin._verification.inputs import Inputs

# Properties of a test's report: workers hand them over to who started them.
_UNUSABLE, _LEFT_OUT = "refinery_unusable", "refinery_left_out"


def keep_left_out(item: pytest.Item, task: str, inputs: Inputs) -> None:
    """Keep that some inputs of a task cannot be used; nothing where there are none."""
    if left := inputs.left_out:
        told = f"{task}: {len(left)} of {len(left) + len(inputs.short)} inputs left out: {left[0]}"
        item.user_properties.append((_LEFT_OUT, told + ("; and others" if len(left) > 1 else "")))


def keep_unusable(item: pytest.Item, task: str, reason: str) -> None:
    """Keep that nothing of a task can be used."""
    item.user_properties.append((_UNUSABLE, f"{task}: {reason.removeprefix(f'task {task!r}: ')}"))


def summarize(reporter: pytest.TerminalReporter) -> None:
    """List it, one task a line, and how many that are."""
    unusable, left_out = (_kept(reporter, name) for name in (_UNUSABLE, _LEFT_OUT))
    if not (unusable or left_out):
        return
    reporter.section("refinery: found out when tasks were tried", sep="-")
    for line in (*unusable, *left_out):
        reporter.write_line(printable(line))
    parts = [f"{count(len(unusable), 'task')} cannot be used"] if unusable else []
    if left_out:
        parts.append(f"of {count(len(left_out), 'task')} some inputs are left out")
    reporter.write_line("; ".join(parts))


def _kept(reporter: pytest.TerminalReporter, name: str) -> list[str]:
    reports = (report for reports in reporter.stats.values() for report in reports)
    kept = (pair for report in reports for pair in getattr(report, "user_properties", ()))
    return sorted({str(value) for key, value in kept if key == name})
