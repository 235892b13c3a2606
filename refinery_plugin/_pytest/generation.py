"""Generation as part of a pytest session: when it happens, what it shows, how it stops."""

from __future__ import annotations

import contextlib
import functools
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from refinery_plugin._errors import RefineryError
from refinery_plugin._generation.event_loop import run_to_end
from refinery_plugin._generation.forecast import describe
from refinery_plugin._generation.many_trajectories import Generated, Observer, generate
from refinery_plugin._pytest.collection import NO_TEST, selected
from refinery_plugin._pytest.progress import Lines, Silent, Tally, live
from refinery_plugin._pytest.session import STOPPED, is_distributed, refinery_of, unit_of
from refinery_plugin._pytest.session_judge import SessionJudge
from refinery_plugin._pytest.totals import Row, lines
from refinery_plugin._words import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Sequence

    from refinery_plugin._pytest.session import Refinery
    from refinery_plugin._recording.cassette_store import CassetteStore
    from refinery_plugin._study.units import Unit

_ROWS = pytest.StashKey[list[Row]]()
_ROWS_OUT = "refinery_generated"
_SHARED = "refinery_shared"
_NO_TEST = (
    "refinery: nothing was generated, since no test here asks for a program; write one in a file such as "
    "test_programs.py:\n\n"
    "    def test_program(refinery_program, benchmark):\n"
    "        refinery_program.check(benchmark)\n"
)


def before_tests(session: pytest.Session) -> None:
    """Generate all selected programs at once; under pytest-xdist each test's own comes just before it.

    Raises
    ------
    pytest.UsageError : when no program can be generated, with the reason and the remedy.
    """
    config = session.config
    if _only_shows(config) or is_distributed(config):
        return
    if session.testsfailed and not config.option.continue_on_collection_errors:
        return  # pytest's own loop is about to say so
    try:
        _run(refinery_of(config), selected(session))
    except RefineryError as exc:
        raise pytest.UsageError(printable(str(exc))) from exc


def _only_shows(config: pytest.Config) -> bool:
    """Whether pytest only shows what it would do: tests, or with ``--setup-plan`` and ``--setup-only`` fixtures."""
    return bool(config.option.collectonly or config.option.setuponly)


def before_test(item: pytest.Item, *, shared: Path) -> None:
    """Generate the program of one test, outside of it; an error is kept for its fixture to tell.

    Programs that were made for another test are told by the folder ``shared``, which all workers have.
    """
    unit = unit_of(item)
    if unit is None or STOPPED in item.config.stash or _only_shows(item.config):
        return
    from refinery_plugin._recording.folder_lock import making  # noqa: PLC0415 - only where something is made

    try:
        with making(unit.name, shared=shared) as is_needed:
            if is_needed:
                _run(refinery_of(item.config), [unit])
    except RefineryError as exc:
        item.config.stash[STOPPED] = str(exc)
        item.session.shouldstop = str(exc)


def _guard_for_workers(config: pytest.Config) -> None:
    """Hold the cassettes in the process that starts the workers; they share what it holds."""
    from refinery_plugin._pytest.cassettes import hold  # noqa: PLC0415 - openai and vcr are slow to import

    guard = contextlib.ExitStack()
    try:
        guard.enter_context(hold(refinery_of(config)))
    except RefineryError as exc:
        raise pytest.UsageError(printable(str(exc))) from exc
    config.add_cleanup(guard.close)


def _run(refinery: Refinery, units: Sequence[Unit]) -> None:
    from refinery_plugin._pytest.cassettes import open_line  # noqa: PLC0415 - openai and vcr are slow to import

    if not units:
        return
    with open_line(refinery, units) as (store, plan):
        if plan is not None:
            _require_sound(refinery, units)
            _say(refinery, *describe(plan, concurrency=refinery.concurrency))
        try:
            with _observer(refinery, units) as observer:
                done = run_to_end(lambda: _generate_and_close(refinery, units, store, observer))
        except KeyboardInterrupt:
            _say(refinery, "interrupted; every finished turn is recorded: the same command goes on after it")
            raise
        refinery.config.stash.setdefault(_ROWS, []).extend(Row.of(one) for one in done)


def _require_sound(refinery: Refinery, units: Sequence[Unit]) -> None:
    from refinery_plugin._pytest.unpaid_check import require_sound  # noqa: PLC0415 - only where a model is asked

    require_sound(refinery, units, say=lambda text: _say(refinery, text))


async def _generate_and_close(
    refinery: Refinery, units: Sequence[Unit], store: CassetteStore, observer: Observer
) -> list[Generated]:
    judge = SessionJudge(refinery, say=lambda text: _say(refinery, text))
    try:
        return await generate(
            units,
            study=refinery.study,
            tasks=refinery.tasks,
            line=store,
            concurrency=refinery.concurrency,
            observer=observer,
            methods=refinery.methods,
            judge=judge,
        )
    finally:
        judge.close()
        await store.aclose()


def _say(refinery: Refinery, *texts: str) -> None:
    reporter = refinery.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.ensure_newline()
        for text in texts:
            reporter.write_line(printable(f"refinery: {text}"))


@contextlib.contextmanager
def _observer(refinery: Refinery, units: Sequence[Unit]) -> Iterator[Observer]:
    config = refinery.config
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    verbosity = config.get_verbosity()
    if reporter is None or verbosity < 0:
        yield Silent()
    elif config.get_terminal_writer().hasmarkup and verbosity == 0:
        with live(Tally(len(units)), config.get_terminal_writer()._file) as observer:  # noqa: SLF001 - the only way to pytest's own stream
            yield observer
    else:
        yield Lines(Tally(len(units)), lambda text: _say(refinery, text), every_program=verbosity > 0)


def summarize(reporter: pytest.TerminalReporter) -> None:
    """Write what was generated, what it cost, and what to run next."""
    config = reporter.config
    rows = config.stash.get(_ROWS, [])
    if not rows:
        if config.stash.get(NO_TEST, False) and not reporter.stats.get("error"):
            reporter.write_line(_NO_TEST)
        return
    refinery = refinery_of(config)
    reporter.ensure_newline()
    reporter.section("refinery", sep="-")
    for line in lines(rows, where=refinery.relative(refinery.programs_dir)):
        reporter.write_line(printable(line))
    if not refinery.times:
        reporter.write_line(printable(f"next: {refinery.time_command()}"))


class WorkerHooks:
    """What pytest-xdist's processes tell one another of generation: workers what they made, and the plan beforehand."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._is_planned = False
        self._shared: Path | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401 - a class of pytest-xdist
        """Give all workers one folder that tells which programs are made: several tests may be about the same one."""
        if self._shared is None:
            self._shared = Path(tempfile.mkdtemp(prefix="refinery-workers-"))
            self._config.add_cleanup(functools.partial(shutil.rmtree, self._shared, ignore_errors=True))
        node.workerinput[_SHARED] = str(self._shared)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:  # noqa: ANN401 - a class of pytest-xdist
        """Hold the cassettes and show the plan when the first worker has collected: no test has started then."""
        if ids and not self._is_planned and not _only_shows(self._config):
            self._is_planned = True
            refinery = refinery_of(self._config)
            try:
                for path in {self._config.rootpath / node_id.partition("::")[0] for node_id in ids}:
                    refinery.settle(path)
            except RefineryError as exc:
                raise pytest.UsageError(printable(str(exc))) from exc
            _guard_for_workers(self._config)
            _say_plan(refinery_of(self._config), set(ids), workers=node.workerinput["workercount"])

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """In a worker, generate the program of one test before that begins: its time limit has not started."""
        if hasattr(item.config, "workerinput"):
            before_test(item, shared=Path(item.config.workerinput[_SHARED]))
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Hand over what this worker made."""
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[_ROWS_OUT] = [row.plain() for row in self._config.stash.get(_ROWS, [])]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 - a class of pytest-xdist
        """Take what a worker made."""
        plain = getattr(node, "workeroutput", {}).get(_ROWS_OUT, [])
        self._config.stash.setdefault(_ROWS, []).extend(Row.from_plain(row) for row in plain)


def _say_plan(refinery: Refinery, node_ids: Collection[str], *, workers: int) -> None:
    from refinery_plugin._pytest.cassettes import plan_of  # noqa: PLC0415 - openai and vcr are slow to import

    brackets = {node_id.partition("[")[2] for node_id in node_ids}
    units = [unit for unit in refinery.units if f"{unit.id}]" in brackets]
    with contextlib.suppress(RefineryError):  # the workers run into it, and tell it
        if (plan := plan_of(refinery, units, concurrency=workers)) is not None:
            _say(refinery, *describe(plan, concurrency=workers))
