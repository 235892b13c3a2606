"""What sending blocks to workers needs of an engine, and the values that go to and fro."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from refinery_plugin._errors import RefineryError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class ClusterError(RefineryError):
    """No worker can go on, or the engine itself is gone."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a worker is to do: a header that every version can read, and the bytes that go with it."""

    header: Mapping[str, Any]
    payload: bytes = b""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A worker as the engine sees it.

    Parameters
    ----------
    name : what people call it.
    silent_seconds : since it was last heard of.
    has_slot : whether it has the resource by which the engine itself keeps others of its clients away.
    """

    name: str
    silent_seconds: float = 0.0
    has_slot: bool = True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class WorkResult:
    """Some work has ended: what was found, or the engine's own error."""

    ticket: str
    value: Mapping[str, Any] | None = None
    error: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a worker tells while it works."""

    ticket: str
    what: Mapping[str, Any]


Event: TypeAlias = WorkResult | Note


class Engine(Protocol):
    """Runs work on workers that come and go."""

    def workers(self) -> Mapping[str, Seen]:
        """Return the workers of now, by address.

        Raises
        ------
        ClusterError : the engine is gone.
        """

    def start(self, worker: str, work: Work, ticket: str) -> None:
        """Let that worker, and no other, do some work; the answer carries the ticket."""

    def events(self, seconds: float) -> Sequence[Event]:
        """Wait at most so long for something to happen; return what has."""

    def drop(self, ticket: str) -> None:
        """Have no more interest in some work: it is ended where it can be."""

    def close(self) -> None:
        """Let go of the engine. Idempotent."""
