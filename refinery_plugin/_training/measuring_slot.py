"""Verification side by side, timing alone: within this process by a lock for both, on the machine by its lock."""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from refinery_plugin._timing.lock import MachineLock

_log = logging.getLogger("refinery_plugin")


class Slot:
    """Any number of threads verify at once; who times does so while nobody else of this process does either.

    Whoever waits to time goes before those who come to verify, so that it is not kept waiting for ever.
    """

    def __init__(self, machine: MachineLock) -> None:
        self._machine = machine
        self._changed = threading.Condition()
        self._sharing = 0
        self._waiting = 0
        self._alone = False

    @contextlib.contextmanager
    def shared(self) -> Iterator[None]:
        """Verify beside others."""
        with self._changed:
            self._changed.wait_for(lambda: not (self._alone or self._waiting))
            self._sharing += 1
        try:
            yield
        finally:
            with self._changed:
                self._sharing -= 1
                self._changed.notify_all()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one of this process that does anything."""
        with self._changed:
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: not (self._alone or self._sharing))
                self._alone = True
            finally:
                self._waiting -= 1
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._alone = False
                self._changed.notify_all()

    @contextlib.contextmanager
    def timing(self) -> Iterator[None]:
        """Be the only one on this machine that measures."""
        with self.alone():
            self._machine.acquire(waiting=_log.warning)
            try:
                yield
            finally:
                self._machine.release()
