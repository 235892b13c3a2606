"""Sessions in which sockets are forbidden, as pytest-socket does it: Python's class is replaced by one that raises."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from project import CONFTEST, Project

if TYPE_CHECKING:
    from model_server import ModelServer

FORBID = """
import socket

PYTHONS = socket.socket

class ForbiddenError(RuntimeError):
    pass

class Forbidding(socket.socket):
    def __new__(cls, *args, **options):
        raise ForbiddenError("A test tried to use socket.socket.")
"""
ALWAYS = f"""
{FORBID}
def pytest_configure(config):
    socket.socket = Forbidding
"""
IN_TESTS = f"""
{FORBID}
def pytest_runtest_setup(item):
    socket.socket = Forbidding

def pytest_runtest_teardown(item):
    socket.socket = PYTHONS
"""
USAGE_ERROR = 4


def test_what_is_recorded_is_replayed_and_verified_without_sockets(project: Project) -> None:
    """A session in which no socket can be made replays, tries its sandbox out, and verifies."""
    assert project.run().code == 0
    shutil.rmtree(project.programs)
    (project.root / "conftest.py").write_text(CONFTEST + ALWAYS)

    ran = project.run("--refinery-record=none", "--benchmark-disable")

    assert ran.code == 0, ran.output
    assert "(0 live, 8 replayed)" in ran.output
    assert "4 programs: 4 correct" in ran.output


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_tests_without_sockets_do_not_keep_a_model_from_being_asked(
    project: Project, server: ModelServer, options: tuple[str, ...]
) -> None:
    """Programs are generated outside of tests, so what holds for tests does not hold for them."""
    (project.root / "conftest.py").write_text(CONFTEST + IN_TESTS)

    ran = project.run("--benchmark-disable", *options)

    assert ran.code == 0, ran.output
    assert "(8 live, 0 replayed)" in ran.output
    assert "4 programs: 4 correct" in ran.output
    assert len(server.requests) == 8


def test_asking_a_model_without_sockets_stops_at_once_and_says_why(
    project: Project, server: ModelServer
) -> None:
    """The first request ends the run with who forbids it and what can be done, and without a traceback."""
    (project.root / "conftest.py").write_text(CONFTEST + ALWAYS)

    ran = project.run()

    assert ran.code == USAGE_ERROR, ran.output
    assert (
        f"{server.base_url} can't be asked, since sockets are forbidden here: A test tried to use socket.socket. "
        "Something in this session forbids them (--disable-socket, a conftest.py): run without it to record; "
        "what is recorded can be replayed with it"
    ) in ran.output
    assert "Traceback" not in ran.output
    assert not server.requests
