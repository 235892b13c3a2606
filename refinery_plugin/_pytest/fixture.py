"""What a test gets for ``refinery_program``: its program, or a skip that says how to make it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from refinery_plugin._pytest.program import Program, program_of
from refinery_plugin._pytest.session import FOREIGN, MISSING, STOPPED, UNCHECKED, refinery_of
from refinery_plugin._pytest.timing import hooks_of
from refinery_plugin._study.units import Unit

if TYPE_CHECKING:
    from refinery_plugin._pytest.session import Refinery


def program(request: pytest.FixtureRequest) -> Program:
    """Return the program of one test; one that was never made skips the test."""
    refinery = refinery_of(request.config)
    unit = request.param
    if not isinstance(unit, Unit):
        pytest.fail(f"refinery_program is parametrized by the plugin, not with {unit!r}", pytrace=False)
    if (stopped := request.config.stash.get(STOPPED, None)) is not None:
        pytest.fail(stopped, pytrace=False)
    if not os.path.lexists(unit.path):
        request.config.stash[MISSING] = request.config.stash.get(MISSING, 0) + 1
        pytest.skip(_missing(refinery, unit))
    if (refusal := refinery.refusal(unit)) is not None:
        request.config.stash[FOREIGN] = request.config.stash.get(FOREIGN, 0) + 1
        pytest.fail(refusal, pytrace=False)
    if (reason := hooks_of(request.config).unusable(unit.task_in(refinery.study))) is not None:
        pytest.skip(reason)
    given = program_of(request, unit)
    request.addfinalizer(lambda: _count_unchecked(request.config, given))
    return given


def _count_unchecked(config: pytest.Config, given: Program) -> None:
    if not given.was_checked and not config.option.setuponly:
        config.stash[UNCHECKED] = config.stash.get(UNCHECKED, 0) + 1


def _missing(refinery: Refinery, unit: Unit) -> str:
    return f"{refinery.relative(unit.path)} is not there; make it with: {refinery.generate_command()}"
