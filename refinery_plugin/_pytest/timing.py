"""The hooks of verification and timing: they hand over to ``MeasuringSession`` at once.

Light to import, since every pytest run with the plugin installed loads it.
"""

from __future__ import annotations

import contextlib
import secrets
import shlex
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from refinery_plugin._errors import RefineryError
from refinery_plugin._pytest.session import (
    FOREIGN,
    MISSING,
    UNCHECKED,
    has_dist,
    is_distributed,
    refinery_of,
    unit_of,
    worker_number,
)
from refinery_plugin._words import count, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path
    from types import FrameType

    from refinery_plugin._study.units import Unit
    from refinery_plugin._timing.session import MeasuringSession, SessionSettings
    from refinery_plugin._verification.ports import ProgramSandbox

SANDBOX: pytest.StashKey[Callable[[], ProgramSandbox]] = pytest.StashKey()
"""Opens the sandbox in the place of the backend that was chosen: for tests of sessions without processes."""

SESSION_ERROR = 3
"""Exit code when the session had to stop for a fault that is no program's."""

_SEED = "refinery_verify_seed"
_RESULTS = "refinery_programs"


class TimingHooks:
    """Verification and timing in a pytest session."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._stretch_of: dict[str, int] = {}
        self._session: MeasuringSession | None = None
        self._fresh_seed = secrets.randbits(63)
        self._remote: list[dict[str, object]] = []
        self._save_fault: str | None = None
        self._written: list[Path] = []
        self._by_worker: list[str] = []
        self._unusable: dict[str, str] = {}
        config.stash[_HOOKS] = self

    @staticmethod
    def refuse_xdist(config: pytest.Config) -> None:
        """Refuse to time under pytest-xdist.

        Raises
        ------
        pytest.UsageError : in one line, with the way out.
        """
        if not config.getoption("benchmark_only", default=False):
            return
        if is_distributed(config):
            raise pytest.UsageError(
                "refinery: programs are not timed under pytest-xdist, where they would disturb each other: "
                "run --benchmark-only without -n, or verify in parallel without --benchmark-only"
            )
        if has_dist(config):
            raise pytest.UsageError(
                "refinery: pytest-benchmark times nothing where pytest-xdist has a --dist (in addopts, perhaps), also "
                "without workers: add -n0, which takes it back"
            )

    def session(self) -> MeasuringSession:
        """Return the measuring session, made when first needed.

        No property: pytest before 8.3 looks at every attribute of a plugin.
        """
        if self._session is None:
            require_linux()
            from refinery_plugin._timing.session import MeasuringSession  # noqa: PLC0415 - heavy

            self._session = MeasuringSession(self._settings())
        return self._session

    def _settings(self) -> SessionSettings:
        from refinery_plugin._timing.session import SessionSettings  # noqa: PLC0415 - heavy

        config, refinery = self._config, refinery_of(self._config)
        return SessionSettings(
            study=refinery.study,
            tasks=refinery.tasks,
            programs=refinery.programs_dir,
            journals=refinery.journal_dir,
            open_sandbox=sandbox_opener(config),
            times=self.times(),
            resumes=bool(config.getoption("refinery_resume")),
            verify_seed=self._seed(),
            say=self._say,
            introduces=config.get_verbosity() >= 0,
            feedback_notes={name: kind.note for name, kind in refinery.methods.feedback.items()},
            sizes=refinery.sizes,
            elsewhere=config.getoption("refinery_cluster") is not None,
            shard=config.getoption("refinery_shard"),
            beside=None if config.getoption("refinery_generate") else worker_number(config),
        )

    def run_elsewhere(self, items: Iterable[pytest.Item]) -> None:
        """Have the programs of these tests verified and timed by workers, where that is asked for."""
        from refinery_plugin._pytest.cluster_session import Elsewhere  # noqa: PLC0415 - one option needs it

        self._on_termination()
        units = [unit for item in items if (unit := unit_of(item)) is not None and not self._is_skipped(item)]
        elsewhere = Elsewhere(self._config, self.session(), say=self._say)
        try:
            elsewhere.run(units)
        except KeyboardInterrupt:
            for line in self._next(interrupted=True):
                self._say(line)
            raise
        finally:
            self._by_worker = elsewhere.summary()

    def stretch(self, item: pytest.Item) -> int:
        """Return the number of the stretch of the session in which a test is, from 0."""
        return self._stretch_of.get(item.nodeid, 0)

    def times(self) -> bool:
        """Whether programs are timed in this session.

        No property: old versions of pytest look at all attributes of a plugin, also where nobody asks for ours.
        """
        from refinery_plugin._pytest.benchmark import is_enabled  # noqa: PLC0415

        if is_distributed(self._config) or not is_enabled(self._config):
            return False
        return refinery_of(self._config).times

    def _seed(self) -> int | None:
        given: int | None = self._config.getoption(_SEED)
        if given is None and hasattr(self._config, "workerinput"):
            given = self._config.workerinput.get(_SEED)
        if given is None and not (self.times() and self._config.getoption("refinery_resume")):
            given = self._fresh_seed
        return given

    def _say(self, text: str) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.ensure_newline()
            self._write(reporter, [text])

    def _write(self, reporter: pytest.TerminalReporter, lines: Iterable[str]) -> None:
        from refinery_plugin._pytest.overview import wrapped  # noqa: PLC0415

        terminal = self._config.get_terminal_writer()
        for line in lines:
            # A log is searched by lines, a person reads words.
            for part in (wrapped(line, terminal.fullwidth) or [""]) if terminal.hasmarkup else [line]:
                reporter.write_line(printable(part))

    # Collection -------------------------------------------------------------------------------------------------

    def order_seed(self) -> int:
        """Return the seed of the order of programs: the session's verification seed."""
        return self.session().verify_seed

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Divide the session into stretches, each with the reference timed beside it."""
        ours = [item for item in session.items if unit_of(item) is not None]
        if not ours:
            return
        from refinery_plugin._timing.order import stretches_by_task  # noqa: PLC0415

        numbers = stretches_by_task([_task(item) for item in ours])
        self._stretch_of.update(zip((item.nodeid for item in ours), numbers, strict=True))

    # Running ----------------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Prepare outside of any test's time limit, and replace that limit by a last resort of our own."""
        unit = unit_of(item)
        if unit is not None and not self._is_skipped(item):
            with faults_end_the_session():
                self._on_termination()
                if self.session().wants_preparation(unit):
                    self._prepare(item, unit)
            if self._config.pluginmanager.hasplugin("timeout"):
                item.add_marker(pytest.mark.timeout(self.session().last_resort_seconds(unit)), append=False)
        return (yield)

    def _prepare(self, item: pytest.Item, unit: Unit) -> None:
        """Prepare the task of a program; where a foreign one cannot be used, programs of the others are judged."""
        from refinery_plugin._pytest import tried_inputs  # noqa: PLC0415
        from refinery_plugin._verification.inputs import UnusableInputError  # noqa: PLC0415 - heavy

        task = refinery_of(self._config).task_of(unit)
        if task.name not in self._unusable:
            try:
                checker = self.session().prepare(task.name)
            except UnusableInputError as exc:
                if not (task.foreign and self.session().is_by_task):
                    raise
                self._unusable[task.name] = str(exc)
            else:
                tried_inputs.keep_left_out(item, task.name, checker.inputs)
        if (reason := self._unusable.get(task.name)) is not None:
            tried_inputs.keep_unusable(item, task.name, reason)

    def unusable(self, task: str) -> str | None:
        """Return why programs of a task are not judged; ``None`` where they are."""
        return self._unusable.get(task)

    def _is_skipped(self, item: pytest.Item) -> bool:
        import os  # noqa: PLC0415

        unit = unit_of(item)
        skipped = any(True for _ in item.iter_markers("skip"))
        if skipped or unit is None or not os.path.lexists(unit.path) or self._config.option.setuponly:
            return True
        return refinery_of(self._config).refusal(unit) is not None

    def _on_termination(self) -> None:
        """Treat a polite kill like Ctrl-C, so that what was measured is reported."""
        if threading.current_thread() is threading.main_thread():
            with contextlib.suppress(ValueError):
                if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
                    signal.signal(signal.SIGTERM, _interrupt)

    # Ending -----------------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Write the benchmark file before pytest-benchmark would, also where it would not."""
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[_RESULTS] = [] if self._session is None else self._session.programs()
        elif self._remote or (self._session is not None and self._session.has_begun):
            from refinery_plugin._pytest.benchmark import save  # noqa: PLC0415

            try:
                self._written = save(self._config)
            except RefineryError as exc:
                self._save_fault = str(exc)
                session.exitstatus = SESSION_ERROR
        return (yield)

    @pytest.hookimpl(optionalhook=True)
    def pytest_benchmark_update_json(self, output_json: dict[str, object]) -> None:
        """Add every program, correct or not, to the benchmark file."""
        document = self._document()
        if document is not None:
            output_json["refinery"] = document

    def _document(self) -> dict[str, object] | None:
        if self._session is None and not self._remote:
            return None
        document = self.session().document()
        programs = document["programs"]
        if isinstance(programs, list):
            programs += self._remote
        return document

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, exitstatus: int
    ) -> Generator[None, object, object]:
        """Say what was found, how quiet the machine was, and what to do next: last, below everybody's tables."""
        if hasattr(self._config, "workerinput"):
            return (yield)  # a worker's terminal is nobody's: what it found is told by who started it
        width = self._config.get_terminal_writer().fullwidth
        measured = self._remote or (self._session is not None and self._session.findings)
        if measured and self.times():
            from refinery_plugin._pytest.benchmark import fit_table  # noqa: PLC0415

            fit_table(self._config, width)
        result = yield
        lines: list[str] = []
        if measured:
            from refinery_plugin._pytest.overview import OnlyWorkers, summary  # noqa: PLC0415

            refinery = refinery_of(self._config)
            details = self._config.get_verbosity() > 0
            # Whoever started workers, and ran nothing, need not load what verifies.
            session = self._session or OnlyWorkers(refinery.study.by_task, self._seed())
            lines = summary(session, refinery.units, self._remote, width=width, details=details)
            lines += ["", *self._by_worker] if self._by_worker else []
        if self._save_fault is not None:
            lines += ["", f"ERROR: {self._save_fault}"]
        elif self._session is not None and self._session.has_begun and self.times():
            lines += ["", *self._next(interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)]
        if missing := self._config.stash.get(MISSING, 0):
            are = "is" if missing == 1 else "are"
            lines += [""] if lines else []
            lines.append(f"{count(missing, 'program')} {are} not there; next:")
            lines.append(f"  {refinery_of(self._config).generate_command()}")
        if foreign := self._config.stash.get(FOREIGN, 0):
            are = "is" if foreign == 1 else "are"
            lines += [""] if lines else []
            lines.append(f"{count(foreign, 'program')} {are} not this study's and {are} not judged; next:")
            lines.append(f"  {refinery_of(self._config).generate_command()}")
        if unchecked := self._config.stash.get(UNCHECKED, 0):
            lines += [""] if lines else []
            lines.append(
                f"{count(unchecked, 'test')} asked for refinery_program and never called "
                "refinery_program.check(benchmark): nothing was verified there"
            )
        if lines and (self._config.get_verbosity() >= 0 or self._save_fault):
            terminalreporter.section("refinery: verification and timing", sep="-")
            self._write(terminalreporter, lines)
        return result

    def _next(self, *, interrupted: bool) -> list[str]:
        """Return what to type next."""
        refinery = refinery_of(self._config)
        if interrupted:
            return [
                "next, without repeating a finished run:",
                f"  {refinery.time_command()} --refinery-resume{self._cluster_option()}{self._json_option()}",
            ]
        if self._written:
            results = shlex.quote(refinery.relative(self._written[0]))
            return ["next:", f"  refinery-analysis {results} --out report"]
        return [
            "these times are in no file yet; next, without measuring again:",
            f"  {refinery.time_command()} --refinery-resume{self._cluster_option()} --benchmark-json=results.json",
            "  refinery-analysis results.json --out report",
        ]

    def _cluster_option(self) -> str:
        where: str | None = self._config.getoption("refinery_cluster")
        return "" if where is None else f" --refinery-cluster={shlex.quote(where)}"

    def _json_option(self) -> str:
        # pytest-benchmark has opened the file already, and its name is the file's.
        path = getattr(self._config.option, "benchmark_json", None)
        name = getattr(path, "name", path)
        return f" --benchmark-json={shlex.quote(str(name))}" if name else ""

    def pytest_unconfigure(self) -> None:
        """Let go of everything."""
        if signal.getsignal(signal.SIGTERM) is _interrupt:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if self._session is not None:
            self._session.close()

    # pytest-xdist -----------------------------------------------------------------------------------------------

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401 - a class of pytest-xdist
        """Give all workers one seed."""
        given = self._config.getoption(_SEED)
        node.workerinput[_SEED] = self._fresh_seed if given is None else given

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 - a class of pytest-xdist
        """Collect what a worker found."""
        known = {program["id"] for program in self._remote}
        programs = getattr(node, "workeroutput", {}).get(_RESULTS, [])
        self._remote += [program for program in programs if program["id"] not in known]


class OrderHooks:
    """Randomises the order of programs in a timing session; ``-p no:refinery-order`` leaves it as it is."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Shuffle the tests of programs among their own places."""
        hooks = self._config.stash[_HOOKS]
        places = [index for index, item in enumerate(items) if unit_of(item) is not None]
        if len(places) < 2 or self._config.option.collectonly or not hooks.times():  # noqa: PLR2004
            return
        from refinery_plugin._timing.order import in_blocks_by_task  # noqa: PLC0415

        ours = [items[index] for index in places]
        with faults_end_the_session():
            order = in_blocks_by_task(ours, task=_task, replicate=_replicate, seed=hooks.order_seed())
        for index, item in zip(places, order, strict=True):
            items[index] = item


def _task(item: pytest.Item) -> str:
    unit = unit_of(item)
    return "" if unit is None or unit.task is None else unit.task


def _replicate(item: pytest.Item) -> int:
    unit = unit_of(item)
    return 0 if unit is None or unit.replicate is None else unit.replicate


_HOOKS = pytest.StashKey[TimingHooks]()


def hooks_of(config: pytest.Config) -> TimingHooks:
    """Return the session's hooks."""
    return config.stash[_HOOKS]


def run_elsewhere_before_tests(session: pytest.Session) -> None:
    """Have the programs of all selected tests verified and timed by workers."""
    if session.testsfailed and not session.config.option.continue_on_collection_errors:
        return  # pytest's own loop is about to say so
    with faults_end_the_session():
        hooks_of(session.config).run_elsewhere(session.items)


@contextlib.contextmanager
def faults_end_the_session() -> Iterator[None]:
    """Turn a fault that is no program's into the clear end of the session."""
    try:
        yield
    except RefineryError as exc:
        pytest.exit(f"refinery: {exc}", returncode=SESSION_ERROR)


def sandbox_opener(config: pytest.Config) -> Callable[[], ProgramSandbox]:
    """Return what opens the sandbox of this session's programs."""
    from refinery_plugin._sandbox import open_sandbox  # noqa: PLC0415 - heavy

    sandbox: str = config.getoption("refinery_sandbox")
    packages = refinery_of(config).study.packages
    return config.stash.get(SANDBOX, lambda: open_sandbox(sandbox, packages=packages))


def require_linux() -> None:
    """Refuse other systems before modules are imported that only exist on Linux."""
    if sys.platform != "linux":
        raise RefineryError(
            f"programs are verified and timed on Linux only, and this is {sys.platform}: use a virtual machine, a "
            "container, WSL 2, or a hosted Linux runner; generation and analysis work everywhere"
        )


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt("terminated")
