"""The workers of Dask's distributed scheduler: on this machine, or wherever a scheduler has them."""

from __future__ import annotations

import contextlib
import functools
import importlib
import logging
import queue
import secrets
import time
from typing import TYPE_CHECKING, Any

from refinery_plugin._cluster.ports import ClusterError, Note, Seen, WorkResult
from refinery_plugin._cluster.supervise import supervise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from refinery_plugin._cluster.ports import Event, Work

SLOT = "timing"
"""The resource of which a worker has one, and which each block takes."""
LOCAL = "local:"
_CONNECTING = 15
_FETCHING = 30


def work_there(header: Mapping[str, Any], payload: bytes, topic: str, ticket: str) -> dict[str, Any]:
    """Do some work, in a worker of Dask."""
    distributed: Any = importlib.import_module("distributed")
    worker = distributed.get_worker()

    def tell(what: Mapping[str, Any]) -> None:
        worker.log_event(topic, {"ticket": ticket, "what": dict(what)})

    def wanted() -> bool:
        known = worker.state.tasks.get(f"{topic}-{ticket}")
        return known is not None and known.state not in ("cancelled", "forgotten", "released")

    return supervise(header, payload, tell=tell, wanted=wanted)


class DaskEngine:
    """Workers of a scheduler.

    Parameters
    ----------
    client : a client of the scheduler.
    cluster : that was started for it, and ends with it.
    """

    def __init__(self, client: Any, cluster: Any = None) -> None:  # noqa: ANN401 - classes without types
        self._client = client
        self._cluster = cluster
        self._topic = f"refinery-{secrets.token_hex(4)}"
        self._events: queue.SimpleQueue[Event | tuple[str, Any]] = queue.SimpleQueue()
        self._futures: dict[str, Any] = {}
        self._heard: dict[str, tuple[float, float]] = {}
        self._has_slot: dict[str, bool] = {}
        client.subscribe_topic(self._topic, self._note)

    @classmethod
    def connect(cls, where: str) -> DaskEngine:
        """Start workers here (``local:2``), or find those of a scheduler (``tcp://host:8786``).

        Raises
        ------
        ClusterError : distributed is not installed, or the scheduler cannot be reached.
        """
        try:
            distributed: Any = importlib.import_module("distributed")
        except ImportError as exc:
            raise ClusterError(
                f"--refinery-cluster={where} needs Dask's distributed: pip install 'pytest-refinery[cluster]'"
            ) from exc
        # What its own processes log of workers that come and go is told here in a sentence.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        cluster = None
        try:
            if where.startswith(LOCAL):
                cluster = distributed.LocalCluster(
                    n_workers=int(where.removeprefix(LOCAL)),
                    threads_per_worker=1,
                    processes=True,
                    resources={SLOT: 1},
                    memory_limit=None,  # programs have their own, and the workers themselves hold nothing
                    dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                )
            return cls(
                distributed.Client(cluster or where, timeout=_CONNECTING, set_as_default=False), cluster
            )
        except Exception as exc:
            if cluster is not None:
                cluster.close()
            raise ClusterError(
                f"--refinery-cluster={where}: {str(exc) or type(exc).__name__}; is there a scheduler, and does it "
                "speak the same version of distributed?"
            ) from exc

    def workers(self) -> Mapping[str, Seen]:
        """Return the workers of now, by address.

        Raises
        ------
        ClusterError : the scheduler is gone.
        """
        try:
            known = self._client.sync(self._client.scheduler.identity)["workers"]
        except Exception as exc:
            raise ClusterError(
                f"the scheduler is gone ({str(exc) or type(exc).__name__}). What is done is kept: start it again and "
                "go on with --refinery-resume"
            ) from exc
        return {address: self._seen(address, one) for address, one in known.items()}

    def _seen(self, address: str, one: Mapping[str, Any]) -> Seen:
        now, then = time.monotonic(), one["last_seen"]
        last, since = self._heard.get(address, (None, now))
        if last != then:  # its clock is not ours
            since = now
        self._heard[address] = (then, since)
        has_slot = self._has_slot[address] = (one.get("resources") or {}).get(SLOT, 0) >= 1
        return Seen(name=str(one["name"]), silent_seconds=now - since, has_slot=has_slot)

    def start(self, worker: str, work: Work, ticket: str) -> None:
        """Let that worker, and no other, do some work."""
        future = self._client.submit(
            work_there,
            dict(work.header),
            work.payload,
            self._topic,
            ticket,
            key=f"{self._topic}-{ticket}",
            workers=[worker],
            allow_other_workers=False,
            resources={SLOT: 1} if self._has_slot.get(worker) else None,
            pure=False,
        )
        self._futures[ticket] = future
        future.add_done_callback(functools.partial(self._ended, ticket))

    def events(self, seconds: float) -> Sequence[Event]:
        """Wait at most so long for something to happen; return what has."""
        events: list[Event] = []
        with contextlib.suppress(queue.Empty):
            events += self._result_of(self._events.get(timeout=seconds))
            while True:
                events += self._result_of(self._events.get_nowait())
        return events

    def _result_of(self, event: Event | tuple[str, Any]) -> list[Event]:
        if not isinstance(event, tuple):
            return [event]
        ticket, future = event
        if self._futures.pop(ticket, None) is None:
            return []
        try:
            value = future.result(timeout=_FETCHING)
        except Exception as exc:  # noqa: BLE001 - of whatever kind: there is no result
            return [WorkResult(ticket=ticket, error=f"{type(exc).__name__}: {exc}")]
        finally:
            future.release()
        return [WorkResult(ticket=ticket, value=value)]

    def drop(self, ticket: str) -> None:
        """Have no more interest in some work: it is ended where it can be."""
        future = self._futures.pop(ticket, None)
        if future is not None:
            with contextlib.suppress(Exception):
                future.cancel()

    def close(self) -> None:
        """Let go of the scheduler; workers that were started here end. Idempotent."""
        for ticket in list(self._futures):
            self.drop(ticket)
        for one in (self._client, self._cluster):
            if one is not None:
                with contextlib.suppress(Exception):
                    one.close()
        self._client = self._cluster = None

    # In the client's own thread.

    def _ended(self, ticket: str, future: Any) -> None:  # noqa: ANN401
        self._events.put((ticket, future))

    def _note(self, event: tuple[float, Mapping[str, Any]]) -> None:
        _, message = event
        self._events.put(Note(ticket=message["ticket"], what=message["what"]))
