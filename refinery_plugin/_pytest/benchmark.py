"""The side of pytest-benchmark: one entry per program and list, saved even where no program could be timed.

Everything here that is not public API of pytest-benchmark is named in ``tests/plugin/test_benchmark_api.py``, so that a
release that changes it is noticed.
"""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pytest_benchmark.storage.file import FileStorage
from pytest_benchmark.utils import NAME_FORMATTERS

from refinery_plugin._errors import RefineryError
from refinery_plugin._files import replace_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pytest
    from pytest_benchmark.fixture import BenchmarkFixture
    from pytest_benchmark.session import BenchmarkSession
    from pytest_benchmark.stats import Metadata

    from refinery_plugin._timing.document import TimedList


class SaveError(RefineryError):
    """The benchmark file could not be written."""


class BenchmarkTimer:
    """Times calls as pytest-benchmark does: with the clock and the garbage collection of its options."""

    def __init__(self, benchmark: BenchmarkFixture) -> None:
        self._benchmark = benchmark

    def __call__(self, call: Callable[[], None], /) -> float:
        """Make the call, once, and return how many seconds it took."""
        fixture, stats = _sibling(self._benchmark, suffix="-run", params={})
        cast("Any", fixture).pedantic(call, rounds=1)
        return cast("float", stats[0].stats.data[0])


def report(config: pytest.Config, benchmark: BenchmarkFixture, timed: TimedList) -> None:
    """Hand the times of one list to pytest-benchmark's session, as an entry beside the test's own."""
    fixture, stats = _sibling(benchmark, suffix=f"-list{timed.number}", params=timed.params)
    cast("Any", fixture)._make_stats(1)  # noqa: SLF001
    stats[0].stats.data[:] = timed.seconds
    stats[0].extra_info = dict(timed.extra_info)
    session_of(config).benchmarks.append(stats[0])


def _sibling(
    benchmark: BenchmarkFixture, *, suffix: str, params: Mapping[str, object]
) -> tuple[BenchmarkFixture, list[Metadata]]:
    """Return a fixture of the same settings and another name, and where its statistics go: nothing is reported."""
    fixture = copy.copy(benchmark)
    stats: list[Metadata] = []
    fixture.name = _suffixed(benchmark.name, suffix)
    fixture.fullname = _suffixed(benchmark.fullname, suffix)
    fixture.param = f"{benchmark.param}{suffix}" if benchmark.param else suffix.lstrip("-")
    fixture.params = dict(params)
    fixture.extra_info = {}
    fixture._mode = None  # noqa: SLF001
    fixture._add_stats = stats.append  # noqa: SLF001
    fixture._cleanup_callbacks = []  # noqa: SLF001
    # A profiler would run the program once more, outside of its sandbox' books.
    fixture.cprofile = False
    benchmark._mode = "siblings"  # noqa: SLF001 - it was used, if not by its own name
    return fixture, stats


def _suffixed(name: str, suffix: str) -> str:
    return f"{name[:-1]}{suffix}]" if name.endswith("]") else f"{name}[{suffix.lstrip('-')}]"


def session_of(config: pytest.Config) -> BenchmarkSession:
    """Return pytest-benchmark's session."""
    return cast("BenchmarkSession", cast("Any", config)._benchmarksession)  # noqa: SLF001


def is_enabled(config: pytest.Config) -> bool:
    """Whether pytest-benchmark measures at all in this session."""
    session = getattr(config, "_benchmarksession", None)
    return session is not None and not session.disabled


def save(config: pytest.Config) -> list[Path]:
    """Write what ``--benchmark-json``, ``--benchmark-save`` and ``--benchmark-autosave`` ask for, and ask no more.

    pytest-benchmark writes nothing where no program could be timed, writes in place (a crash leaves half a file), and
    meets a full disk with a traceback; the content is made by its own hooks.

    Returns
    -------
    The files that were written.
    """
    session: Any = session_of(config)  # its methods have no types
    name, json_path = session.save or session.autosave, session.json
    session.json = session.save = session.autosave = None
    if not name and not json_path:
        return []
    hook = config.hook
    machine_info = session.get_machine_info()
    commit_info = hook.pytest_benchmark_generate_commit_info(config=config)
    hook.pytest_benchmark_update_commit_info(config=config, commit_info=commit_info)

    def document(*, include_data: bool) -> object:
        output = hook.pytest_benchmark_generate_json(
            config=config,
            benchmarks=session.benchmarks,
            include_data=include_data,
            machine_info=machine_info,
            commit_info=commit_info,
        )
        hook.pytest_benchmark_update_json(config=config, benchmarks=session.benchmarks, output_json=output)
        return output

    written = []
    if json_path:
        written.append(Path(json_path))
        write_whole(written[0], document(include_data=True))
        _tell(session, f"Wrote benchmark data in: {written[0]}")
    if name:
        # Each run is a measurement here: the statistics alone would be of no use to the analysis.
        written += _store(session, name, document(include_data=True))
    return written


def _store(session: Any, name: str, document: object) -> list[Path]:  # noqa: ANN401 - its methods have no types
    storage: Any = session.storage
    if not isinstance(session.storage, FileStorage):
        storage.save(document, name)
        return []
    path: Path = storage.get(f"{storage._next_num}_{name}.json")  # noqa: SLF001
    write_whole(path, document)
    _tell(session, f"Saved benchmark data in: {path}")
    return [path]


_MOST_USEFUL = ("median", "rounds", "min", "max", "iqr", "stddev", "mean", "outliers", "ops", "iterations")
_WIDE = 22  # a time with its ratio to the best one
_WIDTHS = {"rounds": 8, "iterations": 12, "outliers": 12}


def fit_table(config: pytest.Config, width: int) -> None:
    """Leave those columns of pytest-benchmark's table that fit the terminal, unless somebody chose columns."""
    session: Any = session_of(config)
    if not session.benchmarks or set(session.columns) != set(_MOST_USEFUL):
        return
    room = width - 3 - max(len(bench.name) for bench in session.benchmarks)
    if room < _WIDE and not session.compare and config.getoption("benchmark_name") == "normal":
        session.name_format = NAME_FORMATTERS["short"]  # without "test_"
    kept: set[str] = set()
    for column in _MOST_USEFUL:
        room -= _WIDTHS.get(column, _WIDE)
        if kept and room < 0:
            break
        kept.add(column)
    session.columns = [column for column in session.columns if column in kept]


def _tell(session: Any, text: str) -> None:  # noqa: ANN401 - its methods have no types
    session.logger.info(text, purple=True)


def write_whole(path: Path, document: object) -> None:
    """Write a JSON file so that there is either the old one or the whole new one, whatever happens."""
    text = json.dumps(document, ensure_ascii=True, indent=4, default=str)
    try:
        if path.exists() and not path.is_file():  # such as /dev/stdout
            path.write_text(text, encoding="ascii")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_whole(path.resolve(), text.encode("ascii"), mode=0o666 & ~_umask())
    except OSError as exc:
        raise SaveError(
            f"cannot write {path}: {exc.strerror or exc}. Nothing that was measured is lost: mend that, and the same "
            "command with --refinery-resume writes the file without measuring again"
        ) from exc


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
