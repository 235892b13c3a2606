"""Hooks and fixtures: each hands over at once.

Everything heavy is imported when first needed, since this module is loaded in every pytest run of an environment that
has the plugin installed.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from refinery_plugin._pytest import options
from refinery_plugin._pytest.session import refinery_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from refinery_plugin._generation.feedback import FeedbackKind
    from refinery_plugin._generation.protocols import TeamProtocol
    from refinery_plugin._study.task import Task


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    options.add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hooks that a ``conftest.py`` may define."""
    from refinery_plugin import _hook_names  # noqa: PLC0415 - see the module's docstring; so are all below

    _hook_names.pytest_addhooks(pluginmanager)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Say which version this is, and do nothing else."""
    if not config.getoption("refinery_version"):
        return None
    from refinery_plugin._words import own_version  # noqa: PLC0415

    sys.stdout.write(f"pytest-refinery {own_version()}\n")  # pytest's own writer is not there yet
    return 0


@pytest.hookimpl(tryfirst=True)  # before pytest-benchmark reads its options
def pytest_configure(config: pytest.Config) -> None:
    """Add verification and timing; what cannot be timed is refused before pytest-benchmark refuses it less clearly."""
    from refinery_plugin._pytest.timing import OrderHooks, TimingHooks  # noqa: PLC0415

    options.prefer_what_was_typed(config)
    TimingHooks.refuse_xdist(config)
    config.pluginmanager.register(TimingHooks(config), "refinery-timing")
    config.pluginmanager.register(OrderHooks(config), "refinery-order")
    if config.getoption("refinery_generate") and config.pluginmanager.hasplugin("xdist"):
        from refinery_plugin._pytest.generation import WorkerHooks  # noqa: PLC0415

        # After those above: what comes last is outermost, and programs are made before anything is prepared for them.
        config.pluginmanager.register(WorkerHooks(config), "refinery-workers")


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before pytest captures what is written
def pytest_load_initial_conftests(
    early_config: pytest.Config, args: list[str]
) -> Generator[None, object, object]:
    """Refuse what pytest takes for a path of tests before it knows the options of plugins."""
    if any(arg in options.PATHS for arg in args):
        from refinery_plugin._pytest import misread_paths  # noqa: PLC0415

        misread_paths.refuse(early_config)
    return (yield)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Keep programs from being imported by pytest, which would run them outside of the sandbox."""
    return refinery_of(config).holds_programs(collection_path) or None


@pytest.hookimpl(trylast=True)
def pytest_refinery_tasks() -> Iterable[Task]:
    """Provide the tasks that come with the plugin."""
    from refinery_plugin._tasks import SHIPPED_TASKS  # noqa: PLC0415

    return SHIPPED_TASKS


@pytest.hookimpl(trylast=True)
def pytest_refinery_feedback() -> Iterable[FeedbackKind]:
    """Provide the kinds of feedback that come with the plugin."""
    from refinery_plugin._generation.feedback import OWN_FEEDBACK  # noqa: PLC0415

    return OWN_FEEDBACK


@pytest.hookimpl(trylast=True)
def pytest_refinery_protocols() -> Iterable[TeamProtocol]:
    """Provide the protocols that come with the plugin."""
    from refinery_plugin._generation.protocols import OWN_PROTOCOLS  # noqa: PLC0415

    return OWN_PROTOCOLS


def _is_wanted(config: pytest.Config) -> bool:
    """Whether this session says by itself that it is about a study: by an option, or in a pyproject.toml."""
    return refinery_of(config).is_declared


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which study this is and whether anything will be called."""
    lines: list[str] = []
    if _is_wanted(config):
        from refinery_plugin._pytest import header  # noqa: PLC0415

        lines += header.lines(config)
    if config.getoption("refinery_tasks"):
        from refinery_plugin._pytest import task_files  # noqa: PLC0415

        lines += task_files.header(config)
    return lines


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Refuse a study that is wrong before anything is collected."""
    if _is_wanted(session.config):
        from refinery_plugin._pytest import collection  # noqa: PLC0415

        collection.check(session.config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test a program."""
    if "refinery_program" in metafunc.fixturenames:
        from refinery_plugin._pytest import collection  # noqa: PLC0415

        collection.parametrize(metafunc)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """With ``--refinery-generate`` keep only the tests of programs; let ``-k`` select them by their levels."""
    if config.getoption("refinery_tasks") and not config.getoption("refinery_check_tasks"):
        from refinery_plugin._pytest import task_files  # noqa: PLC0415

        task_files.add_solutions(session, items)
    if (config.getoption("refinery_programs") or "").endswith((".jsonl", ".jsonl.gz")):
        from refinery_plugin._pytest import programs_file  # noqa: PLC0415

        programs_file.add_test(session, items)
    if shard := config.getoption("refinery_shard"):
        from refinery_plugin._pytest import collection  # noqa: PLC0415

        collection.keep_shard(config, items, number=shard[0], parts=shard[1])
    if config.getoption("refinery_generate"):
        from refinery_plugin._pytest import collection  # noqa: PLC0415

        collection.keep_programs(config, items)
    if "=" in config.option.keyword:
        from refinery_plugin._pytest import collection  # noqa: PLC0415

        collection.match_ids(config, items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Generate what was selected, before and outside any single test; or only show what would be sent, or try tasks."""
    if session.config.getoption("refinery_check_tasks") and not session.config.option.collectonly:
        from refinery_plugin._pytest import check_tasks  # noqa: PLC0415

        check_tasks.run(session)
        return True
    if session.config.getoption("refinery_show_prompts") and not session.config.option.collectonly:
        from refinery_plugin._pytest import show_prompts  # noqa: PLC0415

        show_prompts.show(session)
        return True
    if session.config.getoption("refinery_generate"):
        from refinery_plugin._pytest import generation  # noqa: PLC0415

        generation.before_tests(session)
    if session.config.getoption("refinery_cluster") and not session.config.option.collectonly:
        from refinery_plugin._pytest import timing  # noqa: PLC0415

        timing.run_elsewhere_before_tests(session)
    return None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Keep what to say where ``-k`` asks for levels that no program has."""
    if not session.items:
        from refinery_plugin._pytest import collection  # noqa: PLC0415

        collection.note_nothing_selected(session.config)


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """End with 1 where something is wrong with a task, and with 0 where nothing is: no test was run."""
    if session.config.getoption("refinery_check_tasks") and session.exitstatus in {
        pytest.ExitCode.OK,
        pytest.ExitCode.NO_TESTS_COLLECTED,
    }:
        from refinery_plugin._pytest import check_tasks  # noqa: PLC0415

        session.exitstatus = check_tasks.exit_status(session.config)
    return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why nothing was selected, or what was generated, what it cost, and what to run next."""
    from refinery_plugin._pytest import collection  # noqa: PLC0415

    collection.say_nothing_selected(terminalreporter)
    if (
        terminalreporter.config.getoption("refinery_tasks") or refinery_of(terminalreporter.config).read_files
    ) and not hasattr(terminalreporter.config, "workerinput"):
        from refinery_plugin._pytest import task_files  # noqa: PLC0415

        task_files.summarize(terminalreporter)
    if (terminalreporter.config.getoption("refinery_programs") or "").endswith((".jsonl", ".jsonl.gz")):
        from refinery_plugin._pytest import programs_file  # noqa: PLC0415

        programs_file.summarize(terminalreporter)
    if terminalreporter.config.getoption("refinery_generate"):
        from refinery_plugin._pytest import generation  # noqa: PLC0415

        generation.summarize(terminalreporter)


@pytest.fixture
def refinery_program(request: pytest.FixtureRequest) -> Any:  # noqa: ANN401 - the class would have to be imported
    """One program of the study; ``refinery_program.check(benchmark)`` verifies and times it."""
    from refinery_plugin._pytest import fixture  # noqa: PLC0415

    return fixture.program(request)
