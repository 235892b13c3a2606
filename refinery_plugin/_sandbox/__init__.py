"""Run untrusted programs so that they cannot reach the machine, the clock or the expected answer.

The parent keeps all three. A program gets a fresh process, its arguments, one call, and one reply::

    with open_sandbox("auto") as sandbox:
        worker = sandbox.start(source, entry_point="get_difference", result_type=int, limits=Limits())
        with worker:
            failure = worker.load() or worker.hand_over((numbers,), timeout=10)
            outcome = failure or worker.go(timeout=5)   # the call to time
        usage = worker.close()

What contains it is a backend's business: ``bwrap`` (namespaces), ``landlock`` (no privileges needed), ``none``.
"""

from __future__ import annotations

from refinery_plugin._sandbox.errors import SandboxError, SandboxFault
from refinery_plugin._sandbox.payload import Payload, encode_arguments
from refinery_plugin._sandbox.records import FailureKind, Limits, Outcome, Usage
from refinery_plugin._sandbox.sandbox import Sandbox
from refinery_plugin._sandbox.selection import NAMES, open_sandbox
from refinery_plugin._sandbox.worker import Worker

__all__ = [
    "NAMES",
    "FailureKind",
    "Limits",
    "Outcome",
    "Payload",
    "Sandbox",
    "SandboxError",
    "SandboxFault",
    "Usage",
    "Worker",
    "encode_arguments",
    "open_sandbox",
]
