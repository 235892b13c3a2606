"""What is told of one program, as a value (pure)."""

from __future__ import annotations

import dataclasses
import math
import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from refinery_plugin._verification.checker import TimedPair
    from refinery_plugin._verification.verdict import Judgement, Verdict


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found of one program.

    Parameters
    ----------
    verdict : ``correct``, ``wrong_answer``, ``error``, ``timeout``, ``memory``, ``no_program`` or ``tampering``;
        ``None`` where the fault is not the program's, and then ``fault`` says what it was.
    reason : why it is not correct; empty where it is.
    error_type : the exception or signal, such as ``ValueError``, where there was one.
    counterexample : the smallest arguments that were found to show what is wrong, as Python writes them; ``None`` where
        it is not wrong, or only on a full-size input, which is not told.
    seconds, cpu_seconds : geometric mean of the timed runs; ``None`` where nothing was timed.
    ratio : geometric mean of program / reference, the reference having run just before each run of the program.
    log_ratio_se : standard error of the ratio's natural logarithm; ``None`` where nothing tells the noise.
    contaminated : whether others computed beside some timed run, or it waited for them; ``None``: not known.
    fault : what went wrong on our side; it says nothing about the program.
    resolution_seconds : what a time may hide at most; ``seconds`` close to it only say "at most".
    """

    verdict: Verdict | None
    reason: str = ""
    error_type: str | None = None
    counterexample: str | None = None
    seconds: float | None = None
    cpu_seconds: float | None = None
    ratio: float | None = None
    log_ratio_se: float | None = None
    contaminated: bool | None = None
    fault: str | None = None
    resolution_seconds: float | None = None

    @property
    def correct(self) -> bool:
        """Whether the program was judged, and nothing was found against it."""
        return self.verdict is not None and self.verdict == "correct"


def of_fault(fault: str) -> Verification:
    """Return what is told of a program where the fault is ours."""
    return Verification(verdict=None, fault=fault)


def of_judgement(
    judgement: Judgement, pairs: Sequence[TimedPair], *, noise: float | None = None
) -> Verification:
    """Return what is told of a program that was judged.

    Parameters
    ----------
    noise : variance of the log seconds of one run that the reference showed so far; ``None`` where it is not known.
    """
    timed = [pair for pair in pairs if pair.program.seconds > 0 and pair.reference.seconds > 0]
    if not (judgement.correct and timed):
        return Verification(
            verdict=judgement.verdict,
            reason=judgement.reason,
            error_type=judgement.error_type,
            counterexample=judgement.counterexample,
        )
    logs = [math.log(pair.program.seconds / pair.reference.seconds) for pair in timed]
    return Verification(
        verdict=judgement.verdict,
        seconds=_geometric([pair.program.seconds for pair in timed]),
        cpu_seconds=_geometric([pair.program.cpu_seconds for pair in timed]),
        ratio=math.exp(statistics.fmean(logs)),
        log_ratio_se=log_ratio_se(logs, noise=noise),
        contaminated=_any(
            mark for pair in timed for mark in (pair.program.contaminated, pair.reference.contaminated)
        ),
        resolution_seconds=max(
            (
                pair.program.resolution_seconds
                for pair in timed
                if pair.program.resolution_seconds is not None
            ),
            default=None,
        ),
    )


def log_ratio_se(logs: Sequence[float], *, noise: float | None) -> float | None:
    """Return the standard error of a mean of log ratios.

    Parameters
    ----------
    logs : log of program / reference, one for each pair of runs.
    noise : variance of one run's log seconds, as the reference shows it over many runs.

    Notes
    -----
    A few pairs may agree by chance. So the variance of a pair is never taken for less than twice ``noise``: both runs
    of a pair vary.

    Examples
    --------
    >>> log_ratio_se([0.1], noise=None) is None, log_ratio_se([0.1, 0.1], noise=0.01)
    (True, 0.1)
    """
    known = [] if noise is None else [2 * noise]
    if len(logs) > 1:
        known.append(statistics.variance(logs))
    return math.sqrt(max(known) / len(logs)) if known else None


def _geometric(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None and value > 0]
    return statistics.geometric_mean(known) if len(known) == len(values) else None


def _any(marks: Iterable[bool | None]) -> bool | None:
    seen = set(marks)
    return True if True in seen else None if None in seen else False
