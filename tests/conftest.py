"""What all tests share."""

from __future__ import annotations

import signal
import threading

# A session inside a test forgets at its end the modules that it was the first to import. Of this one, which the HTTP
# client loads late and keeps the exceptions of, there would be two.
import httpcore2  # noqa: F401
import pytest
from hypothesis import HealthCheck, settings

# Where a shell started the tests in the background, they would hand its deaf ear for Ctrl-C to all that they start.
if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    and threading.current_thread() is threading.main_thread()
):
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Machines are shared and noisy: no test is about time.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")


@pytest.fixture(autouse=True)
def _no_worker_of_xdist(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions that tests start are no part of the session that runs the tests."""
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"):
        monkeypatch.delenv(name, raising=False)
