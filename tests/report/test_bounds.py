"""Times that are no longer than can be told are upper bounds, and are shown as such wherever they are shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from refinery_analysis._analysis import Analysis, Options, analyse
from refinery_analysis._presentation.caveats import caveats
from refinery_analysis._presentation.document import document
from refinery_analysis._presentation.names import names
from refinery_analysis._presentation.terminal import summary
from refinery_analysis._reading.read import read_results
from refinery_analysis._report.views.times import times
from report_studies import write_study

if TYPE_CHECKING:
    from pathlib import Path

RESOLUTION = 0.004


@pytest.fixture
def analysis(tmp_path: Path) -> Analysis:
    """Return a study in which every program of one agent ran for the resolution, and those of others far longer."""
    path = write_study(tmp_path / "results.json", turns=False, failing=0.0)
    made = json.loads(path.read_text())
    for benchmark in made["benchmarks"]:
        data, extra = benchmark["stats"]["data"], benchmark["extra_info"]
        extra["resolution_seconds"] = [RESOLUTION] * len(data)
        if extra["treatment"]["agents"] == 1:
            benchmark["stats"]["data"] = [RESOLUTION * 1.01] * len(data)
    path.write_text(json.dumps(made))
    return analyse(read_results([path]), Options())


def test_means_at_the_resolution_are_told_as_upper_bounds(analysis: Analysis) -> None:
    """In the terminal, in the page's table (and its CSV) and at its points; those of other treatments are not."""
    shown = names(analysis)
    table = times(analysis, shown).table
    assert table is not None
    assert [row[3].startswith("≤ ") for row in table.rows] == [
        row[0].startswith("agents 1") for row in table.rows
    ]
    lines = [
        line for line in summary(analysis, width=120).splitlines() if line.lstrip().startswith("agents ")
    ]
    assert any("≤ 0.00404" in line for line in lines)
    means = [line for line in lines if "/" in line]
    assert means
    assert all(("≤" in line) == line.lstrip().startswith("agents 1") for line in means)


def test_what_is_at_most_is_counted_and_explained(analysis: Analysis) -> None:
    """The document names programs and treatments; a caveat says what such times cannot tell."""
    told = document(analysis)["bounds"]
    assert told["seconds"] == RESOLUTION
    assert len(told["programs"]) == 8
    assert all(name.startswith("agents 1") for name in told["treatments"])
    assert len(told["treatments"]) == 4
    assert [
        one for one in caveats(analysis) if "8 programs took no longer than can be told (0.00400 s)" in one
    ]


def test_files_without_a_resolution_have_no_bounds(tmp_path: Path) -> None:
    """Such as those of other instruments."""
    found = analyse(read_results([write_study(tmp_path / "results.json", turns=False)]), Options())
    assert document(found)["bounds"] == {"programs": [], "treatments": [], "seconds": None}
    assert not [one for one in caveats(found) if "than can be told" in one]
