"""Sockets of our own that reach nobody, where a session has forbidden sockets (``pytest --disable-socket``)."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def own_sockets() -> Iterator[None]:
    """Give back Python's own class of sockets for what stays on this machine and is ours.

    An event loop wakes itself by a pair of sockets, and the sandbox is tried out against a port of ours. Whoever
    forbids sockets puts a class in the place of Python's: that one is among its parents.
    """
    forbidding = socket.socket
    pythons = [parent for parent in getattr(forbidding, "__mro__", ()) if _is_pythons(parent)]
    if pythons:
        socket.socket = pythons[0]  # type: ignore[misc]
    try:
        yield
    finally:
        socket.socket = forbidding  # type: ignore[misc]


def are_forbidden() -> bool:
    """Whether something stands in the place of what Python connects with."""
    class_now, connects = socket.socket, getattr(socket.socket, "connect", None)
    return (
        not _is_pythons(class_now)
        or getattr(connects, "__objclass__", None) not in class_now.__mro__
        or getattr(socket.getaddrinfo, "__module__", None) != "socket"
    )


def _is_pythons(kind: type) -> bool:
    return (getattr(kind, "__module__", None), getattr(kind, "__qualname__", None)) == ("socket", "socket")
