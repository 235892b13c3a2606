"""What all tests share."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from multiprocessing import util
from pathlib import Path
from typing import TYPE_CHECKING

# A session inside a test forgets at its end the modules that it was the first to import. Of this one, which the HTTP
# client loads late and keeps the exceptions of, there would be two.
import httpcore2  # noqa: F401
import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# Where a shell started the tests in the background, they would hand its deaf ear for Ctrl-C to all that they start.
if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    and threading.current_thread() is threading.main_thread()
):
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Machines are shared and noisy: no test is about time. The examples are the same each time, so that what fails does so
# for whoever changed something; pytest --hypothesis-profile=search looks for others.
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same examples", settings.get_profile("search"), derandomize=True)
settings.load_profile("same examples")


# Folders of tests that run whole sessions, the slowest first.
_SLOW_FOLDERS = ("timing", "recording", "docs", "plugin", "packaging", "training", "sandbox")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what takes long before the rest, so that the last tests do not keep one process busy and the others idle."""
    rank = {name: number for number, name in enumerate(_SLOW_FOLDERS)}
    here = Path(__file__).parent

    def place(item: pytest.Item) -> tuple[int, bool]:
        folder = item.path.relative_to(here).parts[0] if item.path.is_relative_to(here) else ""
        return rank.get(folder, len(rank)), item.path.name != "test_red_team.py"

    items.sort(key=place)


@pytest.fixture(autouse=True)
def _no_worker_of_xdist(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions that tests start are no part of the session that runs the tests."""
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session", autouse=True)
def _temporary_directory_of_this_process() -> Iterator[None]:
    """Sessions that measure wait for others on the machine, by a lock in this directory: not for other tests."""
    usual = os.environ.get("TMPDIR")
    own = tempfile.mkdtemp(prefix="refinery-tests-")
    # Last of all, after the sockets in it through which `multiprocessing` starts processes.
    util.Finalize(None, shutil.rmtree, args=(own,), kwargs={"ignore_errors": True}, exitpriority=-1000)
    os.chmod(own, 0o1777)  # noqa: PTH101, S103 - as /tmp is: programs may have a user of their own
    os.environ["TMPDIR"] = tempfile.tempdir = own
    yield
    tempfile.tempdir = None
    if usual is None:
        del os.environ["TMPDIR"]
    else:
        os.environ["TMPDIR"] = usual
