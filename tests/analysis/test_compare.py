"""``compare``: anybody's benchmark files, by name, with sessions as the unit."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from refinery_analysis import AnalysisError
from refinery_analysis._cli import run
from refinery_analysis._commands.compare import compare
from refinery_analysis._reading.sessions import Session
from scipy import stats

if TYPE_CHECKING:
    from pathlib import Path


def session(name: str, seconds: dict[str, float], machine: str = "m") -> Session:
    """Return a session with these benchmarks."""
    return Session(
        file=name,
        machine=machine,
        datetime=name,
        commit="",
        names={full: full.rpartition("::")[2] for full in seconds},
        seconds=seconds,
    )


def sessions(side: str, values: list[float], machine: str = "m") -> list[Session]:
    """Return sessions of one benchmark."""
    return [session(f"{side}{i}{machine}", {"t.py::test": value}, machine) for i, value in enumerate(values)]


def test_five_sessions_a_side_are_welchs_t_test() -> None:
    """SciPy's ``ttest_ind(equal_var=False)`` of the logs; the ratio is new / old."""
    rng = np.random.default_rng(3)
    old, new = np.exp(rng.normal(0, 0.05, 6)), np.exp(rng.normal(-0.2, 0.1, 5))
    found = compare(sessions("o", old.tolist()), sessions("n", new.tolist())).benchmarks[0].conclusion
    theirs = stats.ttest_ind(np.log(new), np.log(old), equal_var=False)
    assert found.p == pytest.approx(theirs.pvalue)
    assert found.estimate == pytest.approx(math.exp(np.log(new).mean() - np.log(old).mean()))
    interval = theirs.confidence_interval(0.95)
    assert [found.ci_low, found.ci_high] == pytest.approx([math.exp(interval.low), math.exp(interval.high)])
    assert found.answer == ("different" if theirs.pvalue < 0.05 else "undecided")
    assert found.question == "test"


def test_one_file_a_side_is_undecided_and_tells_what_to_run() -> None:
    """However large the ratio is: nobody knows how much sessions differ."""
    found = compare(sessions("o", [1.0]), sessions("n", [0.1]))
    assert found.benchmarks[0].conclusion.answer == "undecided"
    assert found.benchmarks[0].conclusion.estimate == pytest.approx(0.1)
    assert "run at least 5" in str(found.benchmarks[0].conclusion.why)
    assert "--benchmark-json" in found.advice


def test_other_machines_are_told_apart() -> None:
    """Sides on different machines are untestable; with machines in common, these are blocks."""
    apart = compare(sessions("o", [1.0, 1.1], "a"), sessions("n", [2.0, 2.1], "b"))
    assert apart.benchmarks[0].conclusion.answer == "untestable"
    assert "machine" in str(apart.benchmarks[0].conclusion.why)
    old = sessions("o", [1.0, 1.1, 1.05], "a") + sessions("o", [10.0, 10.4], "b")
    new = sessions("n", [1.2, 1.3], "a") + sessions("n", [12.0, 12.7, 12.1], "b")
    found = compare(old, new).benchmarks[0].conclusion
    assert found.estimate == pytest.approx(1.19, abs=0.02)
    assert found.answer == "different"


def test_what_only_one_side_has_is_listed_and_not_compared() -> None:
    """A renamed or new benchmark is neither faster nor slower."""
    old = [
        session("a", {"t.py::x": 1.0, "t.py::gone": 1.0}),
        session("b", {"t.py::x": 1.1, "t.py::gone": 1.2}),
    ]
    new = [session("c", {"t.py::x": 1.0, "t.py::fresh": 1.0}), session("d", {"moved.py::x": 1.2})]
    found = compare(old, new)
    assert (found.missing, found.added) == (("gone",), ("fresh",))
    by_name = {row.conclusion.question: row for row in found.benchmarks}
    assert by_name["gone"].conclusion.answer == by_name["fresh"].conclusion.answer == "untestable"
    assert by_name["x"].new_sessions == 2


def test_equivalence_needs_a_margin() -> None:
    """Sessions that agree to 1 % are equivalent within 10 %, undecided without a margin."""
    old, new = sessions("o", [1.0, 1.01, 0.99, 1.0, 1.005]), sessions("n", [1.001, 1.012, 0.99, 1.0, 0.995])
    assert compare(old, new).benchmarks[0].conclusion.answer == "undecided"
    assert compare(old, new, margin=1.1).benchmarks[0].conclusion.answer == "equivalent"
    assert compare(old, new, margin=1.1).advice == ""


def test_several_benchmarks_share_alpha() -> None:
    """Holm's rule; an interval excludes 1 only where the answer is different."""
    rng = np.random.default_rng(8)
    names = [f"t.py::test[{i}]" for i in range(12)]
    sides = [
        [
            session(f"{side}{i}", {n: float(np.exp(rng.normal(0.02 * side, 0.05))) for n in names})
            for i in range(4)
        ]
        for side in (0, 1)
    ]
    rows = compare(*sides).benchmarks
    assert len(rows) == len(names)
    for row in rows:
        c = row.conclusion
        assert c.p is not None
        assert c.p_adjusted is not None
        assert c.ci_low is not None
        assert c.ci_high is not None
        assert c.p <= c.p_adjusted
        assert (c.answer == "different") == (not c.ci_low <= 1 <= c.ci_high)


def test_no_more_than_alpha_is_found_where_nothing_differs() -> None:
    """Two sessions a side, of unequal spread: the worst case for Welch's test."""
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(200):
        old, new = np.exp(rng.normal(0, 0.3, 2)), np.exp(rng.normal(0, 0.03, 6))
        found += (
            compare(sessions("o", old.tolist()), sessions("n", new.tolist())).benchmarks[0].conclusion.answer
            == "different"
        )
    assert found / 200 <= 0.06


def _file(path: Path, median: float, **more: object) -> str:
    """Write a file as pytest-benchmark does."""
    stats_ = {"median": median, "mean": median, "min": median, "data": [median]}
    document = {
        "machine_info": {"node": "n"},
        "datetime": path.name,
        "benchmarks": [{"name": "test[1]", "fullname": "a.py::test[1]", "params": {"n": 1}, "stats": stats_}],
    }
    path.write_text(json.dumps(document | more), encoding="utf-8")
    return str(path)


def test_the_command_prints_conclusions(tmp_path: Path) -> None:
    """As JSON with ``--json``, as a table without."""
    old = [_file(tmp_path / f"o{i}.json", 1 + i / 100) for i in range(3)]
    new = [_file(tmp_path / f"n{i}.json", 2 + i / 100) for i in range(3)]
    found = json.loads(run(["compare", *old, "--with", *new, "--json"]).text)
    assert found["conclusions"][0]["question"] == "test[1]"
    assert found["conclusions"][0]["answer"] == "different"
    assert found["conclusions"][0]["unit"] == "ratio"
    text = run(["compare", *old, "--with", *new]).text
    assert "test[1]" in text
    assert all(len(line) <= 100 for line in text.splitlines())


def test_what_can_not_be_compared_is_told(tmp_path: Path) -> None:
    """A file given twice, a copy, no benchmark, no time, no such file, a margin that is none."""
    one, two = _file(tmp_path / "a.json", 1.0), _file(tmp_path / "b.json", 1.1)
    with pytest.raises(AnalysisError, match="given 2 times"):
        run(["compare", one, "--with", one])
    (tmp_path / "copy.json").write_text((tmp_path / "a.json").read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(AnalysisError, match="the same session as"):
        run(["compare", one, "--with", str(tmp_path / "copy.json")])
    with pytest.raises(AnalysisError, match="there is none in the file"):
        run(["compare", one, "--with", _file(tmp_path / "c.json", 1.0, benchmarks=[])])
    with pytest.raises(AnalysisError, match=r"benchmarks\[0\]: stats"):
        run(["compare", one, "--with", _file(tmp_path / "d.json", 1.0, benchmarks=[{"name": "x"}])])
    with pytest.raises(AnalysisError, match="no such file"):
        run(["compare", one, "--with", str(tmp_path / "none.json")])
    with pytest.raises(AnalysisError, match="--margin"):
        run(["compare", one, "--with", two, "--margin", "0.9"])


def _ours(path: Path, seconds: float, reference: float, *, checksum: str = "c") -> str:
    """Write a result file of ours: two lists of a program, and the reference in the block of each."""
    benchmarks = [
        {
            "name": f"test[{number}]",
            "fullname": "a.py::test[1]",
            "stats": {"median": seconds * number, "data": [seconds * number]},
            "extra_info": {"task": "t", "block": number, "list": number, "session": "s"},
        }
        for number in (1, 2)
    ]
    told = [
        {"task": "t", "block": number, "list": number, "session": "s", "seconds": [reference * number]}
        for number in (1, 2)
    ]
    refinery = {"schema": 1, "reference": told, "task_checksum": checksum}
    return _file(path, seconds, benchmarks=benchmarks, refinery=refinery)


def test_result_files_are_compared_by_ratio(tmp_path: Path) -> None:
    """A machine that is half as fast on some days is out of ratios; seconds would hide the same difference."""
    rng = np.random.default_rng(5)
    files: dict[str, list[str]] = {"old": [], "new": []}
    for side, slower in (("old", 1.0), ("new", 1.3)):
        for i in range(5):
            day, noise = 1 + i % 2, math.exp(0.02 * rng.standard_normal())
            name = tmp_path / f"{side}{i}.json"
            files[side].append(_ours(name, 0.5 * slower * day * noise, 0.25 * day))
    argv = ["compare", *files["old"], "--with", *files["new"]]
    found = json.loads(run([*argv, "--json"]).text)
    (row,) = found["conclusions"]
    assert (found["response"], row["response"], row["answer"]) == ("ratio", "ratio", "different")
    assert row["estimate"] == pytest.approx(1.3, rel=0.05)
    assert row["old_ratio"] == pytest.approx(2.0, rel=0.05)
    assert row["new_ratio"] == pytest.approx(2.6, rel=0.05)
    assert row["new_seconds"] > row["old_seconds"] > 0.5
    (seconds,) = json.loads(run([*argv, "--json", "--response", "seconds"]).text)["conclusions"]
    assert (seconds["response"], seconds["answer"], seconds["old_ratio"]) == ("seconds", "undecided", None)
    text = run(argv).text
    assert "new ratio" in text
    assert all(len(line) <= 100 for line in text.splitlines())


def test_ratios_need_a_reference_of_one_version(tmp_path: Path) -> None:
    """Files without a reference, or with another version of the task, are refused with what to do."""
    ours, plain = _ours(tmp_path / "a.json", 1.0, 0.5), _file(tmp_path / "b.json", 1.1)
    with pytest.raises(AnalysisError, match="no reference was timed"):
        run(["compare", ours, "--with", plain, "--response", "ratio"])
    assert json.loads(run(["compare", ours, "--with", plain, "--json"]).text)["response"] == "seconds"
    other = _ours(tmp_path / "c.json", 1.1, 0.5, checksum="d")
    with pytest.raises(AnalysisError, match="another version"):
        run(["compare", ours, "--with", other])
