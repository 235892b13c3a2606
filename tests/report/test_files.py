"""Files of the report."""

from __future__ import annotations

import csv
import hashlib
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from refinery_analysis import AnalysisError, Options, analyse, read_results
from refinery_analysis._report import write_report
from refinery_analysis._report.figure import Table
from refinery_analysis._report.files import _csv
from refinery_analysis._report.page_blocks import Prose
from refinery_analysis._report.sections import page

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_analysis import Analysis

    from conftest import Report


PILOT2025 = Path(__file__).parent.parent / "analysis" / "data" / "pilot2025.csv"


def test_the_same_analysis_gives_the_same_files(analysed: Callable[[str], Analysis], tmp_path: Path) -> None:
    """No clock, no random id: two reports of one study are equal byte for byte."""
    prints = []
    for name in ("a", "b"):
        paths = write_report(analysed("one program"), tmp_path / name)
        prints.append([(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths])
    assert prints[0] == prints[1]
    assert prints[0][0][0] == "report.html"


def test_figures_of_an_earlier_report_do_not_stay(
    analysed: Callable[[str], Analysis], tmp_path: Path
) -> None:
    """A figure that this study does not have is removed; files that are not ours are left alone."""
    (tmp_path / "power.svg").write_text("old")
    (tmp_path / "interaction.png").write_text("old")
    (tmp_path / "notes.txt").write_text("mine")
    write_report(analysed("one program"), tmp_path)
    assert not (tmp_path / "interaction.png").exists()
    assert not (tmp_path / "power.svg").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert not list(tmp_path.glob(".*"))


def test_a_directory_that_is_a_file_gives_a_clear_error(
    analysed: Callable[[str], Analysis], tmp_path: Path
) -> None:
    """What, where, and what to do."""
    (tmp_path / "out").write_text("a file")
    with pytest.raises(AnalysisError, match=r"out: the report can't be written: .*--out"):
        write_report(analysed("one program"), tmp_path / "out")


def test_a_spreadsheet_runs_no_formula_from_a_program() -> None:
    """Cells that would be formulas get an apostrophe; numbers, negative ones too, stay numbers."""
    table = Table(
        caption="",
        columns=("a", "b"),
        rows=(("=cmd|'/c calc'!A0", "\u22120.5"), ("@x", "–"), ("+1 more", "1e-05")),
    )
    rows = list(csv.reader(_csv(table).decode().splitlines()))
    assert rows[1:] == [["'=cmd|'/c calc'!A0", "-0.5"], ["'@x", "–"], ["'+1 more", "1e-05"]]


def test_the_page_is_one_file_of_modest_size(report: Callable[[str], Report]) -> None:
    """Nothing is referred to, everything is inside, and it can be sent by mail."""
    html = report("pilot").html
    assert len(html) < 700_000
    for mark in ("http://", "https://", "src=", "@import", "url(http", 'rel="stylesheet"'):
        assert mark not in html, mark
    assert "default-src 'none'" in unescape(html)


def test_how_the_study_was_run_can_be_repeated(report: Callable[[str], Report]) -> None:
    """Model, prompts, versions, machine, seeds, sandbox and the command stand in the page."""
    html = unescape(report("pilot").html)
    for part in (
        "gpt-4o",
        "Given a list of 1,000,000 integers",
        "20250302",
        "Example CPU @ 3.00GHz",
        "bench-1",
        "hypothesis",
        "verification_seed",
        "bwrap",
        "vl-convert-python",
        "0f3c2a91",
        "--effect 0.5",
        "2026-11-20",
    ):
        assert part in html, part


def test_the_published_reasoning_stands_beside_the_right_one(report: Callable[[str], Report]) -> None:
    """In words for people without statistics, with the figures of both; for the data of the 2025 pilot only."""
    analysis = analyse(read_results([PILOT2025]), Options(effect=0.5))
    published, power = analysis.published, analysis.power
    assert published is not None
    assert power is not None
    blocks = next(section for section in page(analysis).sections if section.ident == "power").blocks
    told = " ".join(text for block in blocks if isinstance(block, Prose) for text in block.sentences)
    assert f"is for all programs together: {published.total_required:,} in all" in told
    assert "Asked rightly, it takes" in told
    assert f"{power.omnibus['extremes'].total_required:,} in all" in told
    assert report("pilot").analysis.published is None
    assert "Asked rightly" not in report("pilot").html
