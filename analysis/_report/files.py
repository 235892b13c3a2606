"""Files of the report: written whole or not at all, and none left from an earlier study."""

from __future__ import annotations

import contextlib
import csv
import io
from typing import TYPE_CHECKING, Final

from .._errors import AnalysisError
from .._files import write_whole
from .._models.noise_floor import same_within
from .._presentation.csv_cells import csv_cell
from . import page as pages
from . import sections
from .trajectories import trajectories_html

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .._analysis import Analysis
    from .figure import Table

PAGE: Final = "report.html"
TRAJECTORIES: Final = "trajectories.html"


def write(analysis: Analysis, directory: Path, trajectories: Path | None = None) -> tuple[Path, ...]:
    """Compose, draw and write; see `analysis._report.write_report`."""
    page = sections.page(analysis)
    drawn = pages.figures(page)
    text = pages.html(page, drawn, trajectories=trajectories is not None)
    wanted: dict[str, bytes] = {PAGE: text.encode()}
    possible: set[str] = {TRAJECTORIES}
    if trajectories is not None:
        text = trajectories_html(
            analysis.results, trajectories, noise=same_within(analysis.noise), version=page.version
        )
        wanted[TRAJECTORIES] = text.encode()
    for name, figure in drawn.items():
        possible |= {f"{name}.svg", f"{name}.png", f"figure-{name}.csv"}
        if figure.svg:
            wanted |= {f"{name}.svg": figure.svg.encode(), f"{name}.png": figure.png}
        if figure.table is not None:
            wanted[f"figure-{name}.csv"] = _csv(figure.table)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _remove(directory, possible - wanted.keys())
        return _write_all(directory, wanted)
    except OSError as error:
        place = error.filename or directory
        raise AnalysisError(
            f"{place}: the report can't be written: {error.strerror or error}; name another directory with --out"
        ) from error


def _remove(directory: Path, names: set[str]) -> None:
    """Remove figures of an earlier report that this one does not have, lest they be taken for its own."""
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            (directory / name).unlink()


def _write_all(directory: Path, content: Mapping[str, bytes]) -> tuple[Path, ...]:
    written = []
    for name, data in content.items():
        write_whole(directory / name, data)
        written.append(directory / name)
    return tuple(written)


def _csv(table: Table) -> bytes:
    """Write the figure's table as text; a cell that a spreadsheet would run as a formula gets an apostrophe."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([_plain(cell) for cell in table.columns])
    writer.writerows([_plain(cell) for cell in row] for row in table.rows)
    return buffer.getvalue().encode()


def _plain(cell: str) -> str:
    return csv_cell(cell.replace("\u2212", "-"))
