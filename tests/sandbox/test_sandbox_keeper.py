"""How the first process of a run is ended."""

from __future__ import annotations

import os
import select
import signal
import subprocess

from refinery_plugin._sandbox.keeper import Namespace


def test_a_sandbox_that_ends_before_it_is_ready_leaves_no_process() -> None:
    """At first bwrap's child waits for its parent, and no kernel ends it: it is killed with the group."""
    said, saying = os.pipe()
    process = subprocess.Popen(
        ["sh", "-c", "sleep 600 & echo $!; wait"], stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    child = os.pidfd_open(int(process.stdout.readline()))
    keeper = Namespace(process, said)
    keeper.kill()
    try:
        assert process.wait(60) == -signal.SIGKILL
        assert select.select([child], [], [], 60)[0] == [child]
    finally:
        keeper.close()
        process.stdout.close()
        os.close(child)
        os.close(saying)
