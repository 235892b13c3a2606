"""Words of strangers in CSV files."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refinery_analysis._presentation.csv_cells import csv_cell, csv_table

FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "=\x1b[2J"]


@given(st.one_of(st.text(), st.sampled_from(FORMULAS)))
def test_no_cell_is_a_formula_or_commands_a_terminal(text: str) -> None:
    """Whatever the text is; numbers and a dash alone stay what they are."""
    cell = csv_cell(text)
    assert cell.isprintable()
    if cell.startswith(("=", "+", "-", "@")) and cell != "-":
        float(cell)


@pytest.mark.parametrize("text", ["1.5", "-1.5", "+2", "-", "a-b", "", "digit sum", "naïve"])
def test_ordinary_cells_stay_as_they_are(text: str) -> None:
    """Numbers with their sign included."""
    assert csv_cell(text) == text


def test_a_table_is_safe_in_its_cells_and_its_head_and_keeps_its_numbers() -> None:
    """Texts in any column, a name of a column too; what is missing stays empty."""
    frame = pd.DataFrame({"=level": ["=1+1", "\x1b[31m", None], "seconds": [-1.5, 2.0, float("nan")]})
    rows = list(csv.reader(io.StringIO(csv_table(frame).decode())))
    assert rows == [["'=level", "seconds"], ["'=1+1", "-1.5"], ["\\x1b[31m", "2.0"], ["", ""]]
