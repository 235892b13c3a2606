"""Shared by the tests of the analysis: the data sets, and R's figures for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def data() -> Path:
    return HERE / "data"


@pytest.fixture(scope="session")
def expected() -> dict[str, Any]:
    """R's figures; ``r/expected.R`` makes them."""
    figures: dict[str, Any] = json.loads((HERE / "r" / "expected.json").read_text(encoding="utf-8"))
    return figures
