"""A plugin for ``pytest -p session_parts``: each process of a session writes when its parts ended, and their CPU time.

The file is ``parts-<worker>.json`` in the folder that ``SESSION_PARTS`` names: for each part, in their order, the
seconds since the epoch at its end, and the CPU seconds of the process until then.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

START, COLLECTION, FIRST, PROGRAMS, END = "start", "collection", "first program", "other programs", "end"
_ended: dict[str, tuple[float, float]] = {}


def _mark(part: str) -> None:
    _ended[part] = (time.time(), time.process_time())


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Divide collection from the start."""
    _mark(START)
    result = yield
    _mark(COLLECTION)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Divide the first program, for which the sandbox is opened, from the others."""
    result = yield
    if FIRST not in _ended:
        _mark(FIRST)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop() -> Generator[None, object, object]:
    """Divide the programs from the end."""
    result = yield
    _mark(PROGRAMS)
    return result


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Write the file."""
    _mark(END)
    worker = getattr(config, "workerinput", {}).get("workerid", "main")
    Path(os.environ["SESSION_PARTS"], f"parts-{worker}.json").write_text(json.dumps(_ended), encoding="utf-8")
