"""Reports of studies of every shape, made once for all tests, and a browser to look at them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pytest
from refinery_analysis import Analysis, Options, analyse, read_results
from refinery_analysis._report import write_report
from report_browser import Browser, executable
from report_studies import HOSTILE, write_study

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOSTILE_FACTORS = {
    "mo<b>del": [
        'gpt-4o & "friends"',
        HOSTILE[:40],
        "a very long level name that goes on and on, and then some more",
    ],
    "temperature": [0, 0.7],
}
STUDIES: dict[str, dict[str, object]] = {
    "pilot": {},
    "hostile": {"factors": HOSTILE_FACTORS, "replicates": 4, "failing": 0.4, "reason": HOSTILE},
    "one program": {"factors": {"agents": [1]}, "replicates": 1, "failing": 0},
    "all failed": {"failing": 1},
    "sixty treatments": {
        "factors": {"llm name": [f"model-{i}" for i in range(12)], "temperature": [0, 0.25, 0.5, 0.75, 1]},
        "replicates": 2,
        "turns": False,
    },
    "one factor": {
        "factors": {"agents": [1, 2, 3]},
        "replicates": 8,
        "effect": 0.8,
        "failing": 0,
        "turns": False,
        "costs": False,
        "reference": False,
    },
}
EFFECTS = {"pilot": 0.5, "hostile": 0.5, "one program": 0.5, "all failed": 0.5}


@dataclass(frozen=True)
class Report:
    """An analysis, and the directory of its report."""

    analysis: Analysis
    directory: Path

    @property
    def page(self) -> Path:
        return self.directory / "report.html"

    @property
    def html(self) -> str:
        return self.page.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Analysis]:
    """Analyse a study by name, once."""
    place = tmp_path_factory.mktemp("studies")

    @cache
    def make(name: str) -> Analysis:
        path = write_study(place / f"{name.replace(' ', '-')}.json", **STUDIES[name])  # type: ignore[arg-type]
        return analyse(read_results([path]), Options(effect=EFFECTS.get(name)))

    return make


@pytest.fixture(scope="session")
def report(
    analysed: Callable[[str], Analysis], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Report]:
    """Write the report of a study by name, once."""

    @cache
    def make(name: str) -> Report:
        directory = tmp_path_factory.mktemp("report")
        analysis = analysed(name)
        write_report(analysis, directory)
        return Report(analysis, directory)

    return make


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium; where CI says that there is one, its absence is a failure."""
    path = executable()
    if path is None:
        if os.environ.get("REFINERY_REQUIRE_CHROMIUM") == "1":
            pytest.fail("REFINERY_REQUIRE_CHROMIUM=1, but there is no chromium on PATH")
        pytest.skip("no chromium on PATH; REFINERY_REQUIRE_CHROMIUM=1 makes this a failure")
    running = Browser(path)
    yield running
    running.close()
