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

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from refinery_plugin._sandbox.errors import SandboxError, SandboxFault
    from refinery_plugin._sandbox.payload import Payload, decode_arguments, encode_arguments
    from refinery_plugin._sandbox.records import FailureKind, Limits, Outcome, Usage
    from refinery_plugin._sandbox.sandbox import Sandbox
    from refinery_plugin._sandbox.selection import open_sandbox
    from refinery_plugin._sandbox.worker import Worker

_HOMES = {
    "FailureKind": "records",
    "Limits": "records",
    "Outcome": "records",
    "Payload": "payload",
    "Sandbox": "sandbox",
    "SandboxError": "errors",
    "SandboxFault": "errors",
    "Usage": "records",
    "Worker": "worker",
    "decode_arguments": "payload",
    "encode_arguments": "payload",
    "open_sandbox": "selection",
}

__all__ = [
    "FailureKind",
    "Limits",
    "Outcome",
    "Payload",
    "Sandbox",
    "SandboxError",
    "SandboxFault",
    "Usage",
    "Worker",
    "decode_arguments",
    "encode_arguments",
    "open_sandbox",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is exported
    """Import on first use what only Linux has: the table of backends is read on any system, in every run of pytest."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
