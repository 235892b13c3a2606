"""The worker's side: start the process that does the work, pass on what it tells, and end it where it hangs."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

COMMAND = (sys.executable, "-P", "-m", "refinery_plugin._cluster.block_process")
_STARTING = 300.0
"""Seconds until the process says its first word: imports from a network's disk take their time."""
_POLL = 1.0
_LONGEST = 1000


class _HangsError(Exception):
    """Nothing was heard of it for longer than it said that it may take."""


class _UnwantedError(Exception):
    """Nobody waits for the result any more."""


def supervise(
    header: Mapping[str, Any],
    payload: bytes,
    *,
    tell: Callable[[Mapping[str, Any]], None],
    wanted: Callable[[], bool] = lambda: True,
    command: Sequence[str] = COMMAND,
    starting: float = _STARTING,
) -> dict[str, Any]:
    """Do some work in a process of its own.

    Parameters
    ----------
    header, payload : go to the process as they are.
    tell : is told what the process tells.
    wanted : asked each second; where it says no, the process is ended.
    starting : seconds until its first word.

    Returns
    -------
    ``result``, or ``fault`` (``task``, ``set-up`` or ``trouble``) with ``text``.
    """
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603 - our own command
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            process_group=0,  # Ctrl-C is the session's
        )
        try:
            _hand_over(process, header, payload)
            return _heard(process, tell, wanted, starting) or _died(process, errors)
        except _HangsError as exc:
            return {"fault": "trouble", "text": str(exc)}
        except _UnwantedError:
            return {"fault": "trouble", "text": "it is not wanted any more"}
        finally:
            process.kill()
            process.communicate()


def _hand_over(process: subprocess.Popen[bytes], header: Mapping[str, Any], payload: bytes) -> None:
    line = json.dumps({**header, "bytes": len(payload)}).encode()
    try:
        _stream(process.stdin).write(line + b"\n" + payload)
        _stream(process.stdin).flush()
    except BrokenPipeError:
        pass  # it is dead, which is seen next


def _heard(
    process: subprocess.Popen[bytes],
    tell: Callable[[Mapping[str, Any]], None],
    wanted: Callable[[], bool],
    starting: float,
) -> dict[str, Any] | None:
    """Return its last word; ``None`` where it ended without one."""
    clock = _Clock(starting)
    for line in _lines(_stream(process.stdout).fileno(), clock, wanted):
        message: dict[str, Any] = json.loads(line)
        if "result" in message or "fault" in message:
            return message
        clock.set(message.get("may_take"))
        tell({key: value for key, value in message.items() if key != "may_take"})
    return None


class _Clock:
    """Until when something must be heard; ``None`` for as long as it takes."""

    def __init__(self, seconds: float) -> None:
        self.set(seconds)

    def set(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds

    def check(self) -> None:
        if self._end is not None and time.monotonic() > self._end:
            raise _HangsError(f"its process said nothing for {self._seconds:.0f} s, and was ended")


def _lines(descriptor: int, clock: _Clock, wanted: Callable[[], bool]) -> Iterator[bytes]:
    rest = b""
    while True:
        if select.select([descriptor], [], [], _POLL)[0]:
            data = os.read(descriptor, 1 << 20)
            if not data:
                return
            *whole, rest = (rest + data).split(b"\n")
            yield from whole
        clock.check()
        if not wanted():
            raise _UnwantedError


def _died(process: subprocess.Popen[bytes], errors: IO[bytes]) -> dict[str, Any]:
    code = process.wait()
    errors.seek(0)
    said = errors.read()[-_LONGEST:].decode(errors="replace").strip()
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return {"fault": "trouble", "text": f"its process {how}{f': {said}' if said else ''}"}


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise RuntimeError("the process has no pipes")
    return stream
