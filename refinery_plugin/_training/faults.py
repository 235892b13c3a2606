"""Whose fault it was: what a busy or exhausted machine does to a program is not the program's."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from refinery_plugin._verification.run import run_once
from refinery_plugin._verification.short_inputs import ShortCheck
from refinery_plugin._verification.verdict import Verdict

if TYPE_CHECKING:
    from refinery_plugin._verification.checker import Checker
    from refinery_plugin._verification.verdict import Judgement

_log = logging.getLogger("refinery_plugin")


def killed_for_memory() -> int | None:
    """Return how many processes this kernel has killed for want of memory; ``None`` where it does not count."""
    try:
        words = Path("/proc/vmstat").read_text(encoding="ascii").split()
        return int(words[words.index("oom_kill") + 1])
    except (OSError, ValueError, IndexError):
        return None


def ours(judgement: Judgement, checker: Checker, *, seed: int, killed_before: int | None) -> str | None:
    """Return what the machine did to a program that is not correct; ``None`` where it is the program's own fault.

    Parameters
    ----------
    checker : whose reference is asked again where a program took too long.
    killed_before : what ``killed_for_memory`` said before the program ran.

    Raises
    ------
    RefineryError : when the reference cannot be asked.
    """
    if judgement.error_type == "SIGKILL" and killed_for_memory() != killed_before:
        return (
            "the machine ran out of memory, and the kernel killed processes meanwhile; give it fewer at once"
        )
    if judgement.verdict is not Verdict.TIMEOUT:
        return None
    bench, inputs = checker.bench, checker.inputs
    again = ShortCheck(bench, bench.reference, inputs, seed=seed).run()
    for case in (*inputs.disguised, *inputs.timed)[:1]:
        if again.correct:
            again = run_once(bench, bench.reference, case).judgement
    if again.correct:
        return None
    return (
        f"the task's own reference does not keep the same limit any more ({again}): the machine is too busy"
    )


def log(fault: str) -> str:
    """Log a fault of ours, and return it."""
    _log.warning("a program was not judged, and nothing is held against it: %s", fault)
    return fault
