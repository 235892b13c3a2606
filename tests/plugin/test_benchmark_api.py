"""What is used of pytest-benchmark beyond its public API: a release that changes it is noticed here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytest_benchmark.storage.file import FileStorage
from pytest_benchmark.utils import NAME_FORMATTERS

from refinery_plugin._pytest.benchmark import SaveError, session_of, write_whole


def test_a_call_is_timed_by_the_clock_of_the_benchmark_and_reports_nothing(
    pytester: pytest.Pytester,
) -> None:
    """Each call is made once; the test's own fixture stays unused but for its settings."""
    pytester.makepyfile(
        """
        from refinery_plugin._pytest.benchmark import BenchmarkTimer, session_of

        def test_it(benchmark, request):
            calls, ticks = [], iter([1.0, 3.5, 10.0, 10.25])
            benchmark._timer = lambda: next(ticks)
            timer = BenchmarkTimer(benchmark)
            assert timer(lambda: calls.append("first")) == 2.5
            assert timer(lambda: calls.append("second")) == 0.25
            assert calls == ["first", "second"]
            assert session_of(request.config).benchmarks == []
            assert benchmark.stats is None
        """
    )
    pytester.runpytest_subprocess("--benchmark-enable").assert_outcomes(passed=1)


def test_what_was_timed_is_an_entry_under_its_own_name(pytester: pytest.Pytester) -> None:
    """Its times are those that are handed over; the file has nothing else."""
    pytester.makepyfile(
        """
        from refinery_plugin._pytest.benchmark import report
        from refinery_plugin._timing.document import TimedList

        def test_it(benchmark, request):
            timed = TimedList(number=1, params={"list": 1}, seconds=[0.5, 0.25], extra_info={"verdict": "correct"})
            report(request.config, benchmark, timed)
        """
    )
    pytester.runpytest_subprocess("--benchmark-json=out.json", "--benchmark-enable").assert_outcomes(passed=1)
    (entry,) = json.loads((pytester.path / "out.json").read_text())["benchmarks"]
    assert entry["name"] == "test_it[list1]"
    assert entry["fullname"].endswith("::test_it[list1]")
    assert entry["params"] == {"list": 1}
    assert entry["stats"]["data"] == [0.5, 0.25]
    assert entry["extra_info"] == {"verdict": "correct"}


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
