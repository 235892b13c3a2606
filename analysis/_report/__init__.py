"""The report: one HTML file that needs nothing else, and its figures as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .._analysis import Analysis

__all__ = ["write_report"]


def write_report(
    analysis: Analysis, directory: Path, *, trajectories: Path | None = None
) -> tuple[Path, ...]:
    """Write ``report.html``, and each figure as SVG, PNG and CSV, into ``directory`` (made where missing).

    ``trajectories`` is a folder of trajectory files, from which ``trajectories.html`` is made beside it.

    Returns
    -------
    The files that were written, the page first.

    Raises
    ------
    AnalysisError : the directory or a file in it can't be written, or a trajectory can't be read.
    """
    from .files import write  # noqa: PLC0415 - drawing costs half a second of imports

    return write(analysis, directory, trajectories)
