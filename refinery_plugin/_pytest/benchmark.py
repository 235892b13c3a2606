"""The side of pytest-benchmark: one entry per program and list, saved even where no program could be timed.

Everything here that is not public API of pytest-benchmark is named in ``tests/timing/test_benchmark_api.py``, so that a
release that changes it is noticed.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pytest_benchmark.storage.file import FileStorage
from pytest_benchmark.utils import NAME_FORMATTERS

from refinery_plugin._errors import RefineryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pytest
    from pytest_benchmark.fixture import BenchmarkFixture
    from pytest_benchmark.session import BenchmarkSession
    from pytest_benchmark.stats import Metadata


class SaveError(RefineryError):
    """The benchmark file could not be written."""


@dataclasses.dataclass(slots=True, kw_only=True)
class Entry:
    """The entry of one list: a fixture of its own, and what it has measured so far."""

    fixture: BenchmarkFixture
    stats: list[Metadata]

    def discard_last(self) -> None:
        """Forget the round that was just measured: there was no call in it."""
        self.stats[0].stats.data.pop()

    @property
    def seconds(self) -> list[float]:
        """Seconds of the rounds, in order."""
        return cast("list[float]", self.stats[0].stats.data) if self.stats else []

    def rounds(
        self,
        *,
        setup: Callable[[], None],
        target: Callable[[], None],
        teardown: Callable[[], None],
        rounds: int,
    ) -> None:
        """Run the rounds under ``benchmark.pedantic``."""
        cast("Any", self.fixture).pedantic(target, setup=setup, teardown=teardown, rounds=rounds)


def sibling(benchmark: BenchmarkFixture, *, suffix: str, params: Mapping[str, object]) -> Entry:
    """Return an entry beside the test's own: the same settings, another name, nothing reported yet."""
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
    return Entry(fixture=fixture, stats=stats)


def _suffixed(name: str, suffix: str) -> str:
    return f"{name[:-1]}{suffix}]" if name.endswith("]") else f"{name}[{suffix.lstrip('-')}]"


def restore(entry: Entry, seconds: Sequence[float]) -> None:
    """Put rounds of an earlier session in front of those of this one."""
    if not entry.stats:
        cast("Any", entry.fixture)._make_stats(1)  # noqa: SLF001
    entry.stats[0].stats.data[:0] = seconds


def report(config: pytest.Config, entry: Entry, extra_info: Mapping[str, object]) -> None:
    """Hand an entry to pytest-benchmark's session."""
    entry.stats[0].extra_info = dict(extra_info)
    session_of(config).benchmarks.append(entry.stats[0])


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
    temporary: str | None = None
    try:
        if path.exists() and not path.is_file():  # such as /dev/stdout
            path.write_text(text, encoding="ascii")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path.resolve())
    except OSError as exc:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise SaveError(
            f"cannot write {path}: {exc.strerror or exc}. Nothing that was measured is lost: mend that, and the same "
            "command with --refinery-resume writes the file without measuring again"
        ) from exc


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
