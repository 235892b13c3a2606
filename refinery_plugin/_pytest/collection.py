"""Collecting: one test a program, and errors of a study told without a traceback."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from refinery_plugin._errors import RefineryError
from refinery_plugin._pytest.session import FIXTURE, refinery_of, unit_of
from refinery_plugin._pytest.timing import hooks_of
from refinery_plugin._study.toml import UndeclaredError
from refinery_plugin._study.turn_units import with_turns
from refinery_plugin._words import printable

if TYPE_CHECKING:
    from pathlib import Path

    from refinery_plugin._study.units import Unit

_INSIDE_WORD = re.compile(r"(?<=[\w.\-\]])=(?=[\w.\-\[])")

_LEVELS = pytest.StashKey[str]()
"""What ``-k`` was given, where it asks for levels."""

_NOTHING = pytest.StashKey[str]()
"""What to say where that selects nothing."""

_MOST_LEVELS = 8

NO_TEST = pytest.StashKey[bool]()
"""Whether no test that was collected is about a program."""


def check(config: pytest.Config) -> None:
    """Read the study now, so that what is wrong with it is one clear line.

    Raises
    ------
    pytest.UsageError : with what is wrong.
    """
    if config.getoption("refinery_max_ratio") is not None and not hooks_of(config).times():
        raise pytest.UsageError(
            "refinery: --refinery-max-ratio needs times, and nothing is timed in this session: add "
            "--benchmark-only, and leave out -n, --benchmark-skip and --benchmark-disable"
        )
    if config.getoption("refinery_cluster") is not None and not hooks_of(config).times():
        raise pytest.UsageError(
            "refinery: --refinery-cluster is for programs that are timed, and nothing is timed in this session: add "
            "--benchmark-only, and leave out -n, --benchmark-skip and --benchmark-disable"
        )
    try:
        refinery_of(config).study  # noqa: B018 - reading it is the check
    except UndeclaredError:
        return  # a conftest.py below may still add it
    except RefineryError as exc:
        raise pytest.UsageError(printable(str(exc))) from exc


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Make one test a program of the study."""
    refinery = refinery_of(metafunc.config)
    try:
        refinery.settle(metafunc.definition.path)
        units = refinery.units
        if metafunc.config.getoption("refinery_turns"):
            units = with_turns(units)
    except RefineryError as exc:
        raise pytest.fail.Exception(str(exc), pytrace=False) from None
    metafunc.parametrize(FIXTURE, units, ids=[unit.id for unit in units], indirect=True)


def keep_programs(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect every test that is not about a program."""
    others = [item for item in items if unit_of(item) is None]
    config.stash[NO_TEST] = len(others) == len(items)
    if others:
        items[:] = [item for item in items if unit_of(item) is not None]
        config.hook.pytest_deselected(items=others)


def keep_shard(config: pytest.Config, items: list[pytest.Item], *, number: int, parts: int) -> None:
    """Deselect the programs of other parts: they are dealt out in the study's order, whatever else is selected.

    So replicates of one treatment go to different parts, and every part has all treatments about equally often.
    """
    places: dict[Path, int] = {}
    others = []
    for item in items:
        unit = unit_of(item)
        if unit is not None and places.setdefault(unit.path, len(places)) % parts != number - 1:
            others.append(item)
    if others:
        dropped = set(others)
        items[:] = [item for item in items if item not in dropped]
        config.hook.pytest_deselected(items=others)


def match_ids(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let ``-k agents=2`` select by the ids of programs: pytest's own expressions have no words with ``=`` in them."""
    expression: str = config.option.keyword
    ours = [(item, unit) for item in items if (unit := unit_of(item)) is not None]
    if "=" not in expression or not (ours or refinery_of(config).is_declared):
        return
    config.stash[_LEVELS] = expression
    config.option.keyword = _INSIDE_WORD.sub(":", expression)
    for item, unit in ours:
        item.extra_keyword_matches.add(unit.id.replace("=", ":"))


def note_nothing_selected(config: pytest.Config) -> None:
    """Keep what to say where ``-k agents=9`` leaves no test: pytest itself says nothing of why."""
    expression = config.stash.get(_LEVELS, None)
    if expression is None:
        return
    refinery = refinery_of(config)
    known = dict.fromkeys(part for unit in refinery.units for part in unit.treatment_id.split("-") if part)
    shown = ", ".join(list(known)[:_MOST_LEVELS]) + (", ..." if len(known) > _MOST_LEVELS else "")
    config.stash[_NOTHING] = (
        f"refinery: -k {expression!r} selects no test. Programs of study {refinery.study.name} have "
        f"{shown or 'no levels'}; ids are as in {refinery.units[0].id} (--collect-only -q lists them, where a test "
        "asks for refinery_program)"
    )


def say_nothing_selected(reporter: pytest.TerminalReporter) -> None:
    """Write it, if there is something to say."""
    if (text := reporter.config.stash.get(_NOTHING, None)) is not None:
        reporter.write_line(printable(text))


def selected(session: pytest.Session) -> list[Unit]:
    """Return the programs that the selected tests are about, each once, in order."""
    units = (unit_of(item) for item in session.items)
    return list({unit.path: unit for unit in units if unit is not None}.values())
