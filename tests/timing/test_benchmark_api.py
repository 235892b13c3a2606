"""What is used of pytest-benchmark beyond its public API: a release that changes it is noticed here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_benchmark.storage.file import FileStorage
from pytest_benchmark.utils import NAME_FORMATTERS

from refinery_plugin._pytest.benchmark import SaveError, restore, session_of, sibling, write_whole

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture


def test_a_sibling_measures_under_its_own_name_and_reports_nothing_by_itself(
    benchmark: BenchmarkFixture, request: pytest.FixtureRequest
) -> None:
    """A benchmark made beside another runs its rounds, takes restored times, and adds no entry to the session."""
    before = len(session_of(request.config).benchmarks)
    entry = sibling(benchmark, suffix="-list1", params={"list": 1})
    calls: list[str] = []
    entry.rounds(
        setup=lambda: calls.append("setup"),
        target=lambda: calls.append("call"),
        teardown=lambda: calls.append("teardown"),
        rounds=2,
    )
    restore(entry, [0.5, 0.25])
    assert len(session_of(request.config).benchmarks) == before
    if benchmark.disabled:
        assert calls == ["setup", "call"]
        return
    assert calls == ["setup", "call", "teardown"] * 2
    assert entry.seconds[:2] == [0.5, 0.25]
    assert len(entry.seconds) == 4
    assert entry.fixture.fullname.endswith(
        "test_a_sibling_measures_under_its_own_name_and_reports_nothing_by_itself[list1]"
    )
    assert entry.stats[0].params == {"list": 1}
    assert benchmark.stats is None


def test_the_session_has_what_saving_needs(request: pytest.FixtureRequest) -> None:
    """The attributes that are used of pytest-benchmark's session and storage are there."""
    session = session_of(request.config)
    for name in (
        "benchmarks",
        "json",
        "save",
        "autosave",
        "storage",
        "disabled",
        "logger",
        "get_machine_info",
        "columns",
        "compare",
        "name_format",
    ):
        assert hasattr(session, name)
    assert "short" in NAME_FORMATTERS
    assert isinstance(FileStorage.__dict__["_next_num"], property)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    """Folders are made, a write that fails says what to do, and nothing temporary stays beside the file."""
    path = tmp_path / "deep" / "out.json"
    write_whole(path, {"a": 1})
    with pytest.raises(SaveError, match="--refinery-resume"):
        write_whole(Path("/dev/full"), {"a": 2})
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveError, match="cannot write"):
        write_whole(tmp_path / "file" / "out.json", {})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [entry.name for entry in path.parent.iterdir()] == ["out.json"]


def test_a_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    """Writing through a symbolic link changes the file it leads to."""
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    (tmp_path / "real.json").write_text("old")
    write_whole(tmp_path / "link.json", [1])
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text()) == [1]
