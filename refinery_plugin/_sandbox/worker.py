"""One run, seen from the parent: start, load, hand over, go, close."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import time
from select import POLLIN, poll
from typing import TYPE_CHECKING, Any, Self

from refinery_plugin._sandbox.channel import Broken, Channel
from refinery_plugin._sandbox.errors import SandboxFault
from refinery_plugin._sandbox.foreign_text import (
    OTHER_TYPE,
    ending,
    escaped,
    known_exception,
    known_line,
    last_lines,
)
from refinery_plugin._sandbox.inside import codec
from refinery_plugin._sandbox.inside.protocol import (
    FAILED,
    FAILURE_BYTES,
    HARDENED,
    KEY_BYTES,
    LOADED,
    MAY_FREE,
    NO_KEY,
    READY,
    TAKEN,
    VALUE,
    program_message,
)
from refinery_plugin._sandbox.launch import launch
from refinery_plugin._sandbox.machine_load import Load
from refinery_plugin._sandbox.payload import Payload, encode_arguments
from refinery_plugin._sandbox.process_tree import Snapshot, Tree, children_of, cpu_of
from refinery_plugin._sandbox.records import MIB, Limits, Outcome, Usage
from refinery_plugin._sandbox.results import WrongTypeError, read_result

if TYPE_CHECKING:
    from types import TracebackType

    from refinery_plugin._sandbox.backends.base import LaunchPlan

_START_SECONDS = 30.0
_GONE_SECONDS = 20.0
_SETTLE_STEP = 0.005
_SPIN_SECONDS = 0.0005
_LEAST_FILE_BYTES = 4096
_TOO_SHORT_TO_FILL = 0.002
"""Seconds in which the kernel gives nobody as many pages as the smallest limit has; looking at them takes 0.05 ms."""
_FAILURE_KINDS = ("error", "memory", "wrong_type")
_FAILURES = ([str, str, str], [str, str, type(None)])
"""Types of what a FAILED frame holds: kind, reason, error type."""
_HELPER = (
    "a helper process from before, such as a pool made at its import, "
    "was still there when its arguments were to come"
)


class Worker:
    """A fresh process for one program; several calls may follow each other in it.

    Use as a context manager, or call :meth:`close`. A method that reports a failure ends the process (but for
    exceptions that the program raised and results of the wrong type), and every later call returns that failure.
    Faults of the sandbox itself raise :class:`SandboxFault`.
    """

    def __init__(
        self,
        plan: LaunchPlan,
        *,
        guardian: bool,
        source: bytes,
        entry_point: str,
        result_type: object,
        limits: Limits,
        exact: bool = True,
        arrays: bool = False,
    ) -> None:
        self._source, self._entry_point = source, entry_point
        self._result_type, self._limits, self._exact, self._arrays = result_type, limits, exact, arrays
        self._load_at_start = Load.now()
        self._started = time.perf_counter()
        self._launched = launched = launch(plan, guardian=guardian)
        self._channel = Channel(
            launched.command, launched.reply, launched.output, launched.errors, self._watch
        )
        self._pidfds = [os.pidfd_open(launched.process.pid)]
        self._channel.ends_with(self._pidfds[0])
        self._tree: Tree | None = None
        self._status: int | None = None
        self._over: Outcome | None = None
        self._usage: Usage | None = None
        self._calls = 0
        self._token: bytes | None = None
        self._facts: dict[str, Any] = {}
        self._before: Snapshot | None = None
        self._clocks = (0.0, 0.0)
        self._load_at_end: Load | None = None
        self._cpu_alive = 0.0
        self._called = self._cpu_called = self._least = 0.0
        self._tampering: str | None = None
        self._loaded = False
        self.taking_seconds = 0.0
        """From the first byte of the last arguments until the worker said that it had made objects of them."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # -- the four steps

    def load(self, timeout: float | None = None) -> Outcome | None:
        """Wait until the program is imported: ``None``, or how it failed. Not timed; ``timeout`` in seconds.

        Raises
        ------
        SandboxFault : the interpreter did not come up, or could not contain itself.
        """
        if self._over or self._loaded:
            return self._over
        if len(self._source) > self._limits.source_bytes:
            text = f"the program has {len(self._source)} bytes; {self._limits.source_bytes} are allowed"
            return self._fail(Outcome(kind="error", reason=text, error_type="ValueError"))
        self._await_hardened()
        started = time.perf_counter()
        allowed = self._limits.load_seconds if timeout is None else timeout
        deadline = self._channel.clock() + allowed
        try:
            message = program_message(self._source, self._entry_point, exact=self._exact, arrays=self._arrays)
            self._channel.send(message, deadline)
            kind, body = self._channel.receive({LOADED: 0, FAILED: FAILURE_BYTES}, NO_KEY, deadline)
            outcome = self._failure(body) if kind == FAILED else None
            self._weigh()
        except Broken as broken:
            return self._fail(self._broken(broken, "it was not imported", allowed))
        finally:
            self._facts["load_seconds"] = time.perf_counter() - started
        if outcome:
            return self._fail(outcome)
        self._loaded = True
        return None

    def settle(self, timeout: float) -> None:
        """Wait until the threads that the import has left behind are idle, ``timeout`` seconds at most.

        Numerical libraries start a pool whose threads spin for some 25 ms before they sleep: on a machine with few
        processors they would slow down what follows. What counts is whether they *want* to run.
        """
        deadline = time.perf_counter() + timeout
        while self._tree is not None and self._tree.is_busy() and time.perf_counter() < deadline:
            time.sleep(_SETTLE_STEP)

    def hand_over(self, args: tuple[object, ...] | Payload, timeout: float) -> Outcome | None:
        """Give the program its arguments: ``None`` when they have become objects and the call begins, or how it failed.

        Nothing of the arguments is in the sandbox before; from their first byte on everything is on the clock. What
        taking them took is :attr:`taking_seconds`; :meth:`go` says what of it counts.
        """
        if self._over:
            return self._over
        if not self._loaded or self._tree is None:
            raise SandboxFault("hand_over() was called before load(): a mistake of the caller")
        payload = args if isinstance(args, Payload) else encode_arguments(args)
        nonce, token = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES)
        deadline = self._channel.clock() + timeout
        try:
            if self._calls:
                self._channel.send(MAY_FREE, deadline)
            self._channel.demand_silence()
            if not self._calls and self._tree.helpers():
                raise Broken("tampering", _HELPER)  # noqa: TRY301
            # Seven bytes in front, so that words lie where the machine likes them.
            message = secrets.token_bytes(7) + payload.data + token
            self._channel.send(len(message).to_bytes(8, "little") + nonce, deadline)
            self._channel.receive({READY: 0}, nonce, deadline)
            self._before = self._tree.snapshot()
            self._channel.watch_now()
            self._channel.demand_silence()
            revealed = time.perf_counter()
            self._channel.send(message, deadline)
            del message  # now, since giving back megabytes takes time: not while a short call is on the clock
            self._channel.receive({TAKEN: 0}, token, deadline, more=True)
            self._called = time.perf_counter()
            # Or a reply to a short call would wait until the parent has looked around, and be charged for that.
            self._channel.watch_later()
            self._cpu_called = cpu_of(self._tree.worker)
        except Broken as broken:
            return self._fail(self._broken(broken, "it did not take its arguments", timeout))
        self._token = token
        self.taking_seconds = self._called - revealed
        self._facts |= {"hand_over_seconds": self.taking_seconds, "revealed_at": revealed}
        return None

    def go(self, timeout: float, *, credit: float | None = None, least: float = 0.0) -> Outcome:
        """Wait for the result of the call, which takes as long as the call is charged.

        Never raises for anything that the program does. On the clock is all that passed since the first byte of the
        arguments, but for what taking them took, and of that ``credit`` at most. What passed before this method was
        called is made up for by waiting, so that a timer around it tells what is charged.

        Parameters
        ----------
        credit : seconds that taking the arguments may cost; ``None`` believes the program.
        least : seconds that are charged at least: what cannot be told apart is not told apart.
        """
        began = time.perf_counter()
        token, tree = self._token, self._tree
        if self._over or token is None or tree is None:
            return self._over or Outcome(
                kind="error", reason="go() without hand_over(): a mistake of the caller"
            )
        self._token = None
        excess = 0.0 if credit is None else max(0.0, self.taking_seconds - credit)
        deadline = self._channel.clock() - (began - self._called) + timeout
        try:
            kind, body = self._channel.receive(
                {VALUE: self._limits.result_bytes, FAILED: FAILURE_BYTES}, token, deadline
            )
            self._answered(tree, excess, least)
            self._calls += 1
            if self._facts["wall_seconds"] > _TOO_SHORT_TO_FILL:
                self._weigh()
            # Before the value is looked at: what that takes is the parent's own.
            _wait_until(began + self._facts["wall_seconds"])
            return self._value(body) if kind == VALUE else self._failure(body)
        except Broken as broken:
            self._answered(tree, excess, least)
            return self._fail(self._broken(broken, "it did not answer", timeout))

    def _answered(self, tree: Tree, excess: float, least: float) -> None:
        ended = time.perf_counter()
        if "wall_seconds" in self._facts and self._facts.get("call") == self._called:
            return  # a malformed value: the time was taken when it came
        self._clocks = (self._cpu_called - excess, cpu_of(tree.worker))
        self._least = least
        self._facts |= {
            "call": self._called,
            "wall_seconds": max(least, ended - self._called + excess),
            "revealed_seconds": ended - self._facts["revealed_at"],
        }

    def close(self) -> Usage:
        """End everything that runs, see it gone, and tell what was used. Idempotent.

        Raises
        ------
        SandboxFault : something would not die.
        """
        if self._usage:
            return self._usage
        used = self._used()
        self._end()
        used |= self._beside()
        rest = self._channel.rest()
        if rest and self._over is None:
            self._tampering = "it wrote more than one reply"
        self._usage = Usage(
            **used,
            tampering=self._tampering,
            stderr=last_lines(self._channel.tail),
        )
        self._channel.close()
        for fd in self._pidfds:
            os.close(fd)
        self._launched.plan.cleanup()
        return self._usage

    # -- what goes on behind them

    def _await_hardened(self) -> None:
        try:
            self._channel.receive({HARDENED: FAILURE_BYTES}, NO_KEY, self._started + _START_SECONDS)
            root = self._launched.keeper.root()
            workers = children_of(root)
            if len(workers) != 1:
                raise Broken("ended", f"expected one process below {root}, found {workers}")  # noqa: TRY301
            self._tree = Tree(root, workers[0])
            pidfd = os.pidfd_open(workers[0])
        except (Broken, OSError, ValueError) as exc:
            with contextlib.suppress(SandboxFault):
                self._end()
            self._channel.rest()
            said = last_lines(self._channel.tail)
            self.close()
            raise SandboxFault(
                f"the sandbox did not start ({exc or 'it ended'}): {said or 'no message'}"
            ) from exc
        self._pidfds.append(pidfd)
        self._channel.ends_with(pidfd)
        self._facts["start_seconds"] = time.perf_counter() - self._started

    def _watch(self) -> None:
        """Raise :class:`Broken` when the tree uses more memory, or its directory more space, than it may."""
        if self._tree is None:
            return
        limit = self._limits.memory_bytes
        if self._tree.memory() > limit and self._tree.shared_once() > limit:
            raise self._too_much()
        self._watch_files(self._tree)

    def _watch_files(self, tree: Tree) -> None:
        home = self._launched.plan.home
        most = self._limits.tmp_bytes
        if home is not None:
            used = _size(home, most) + tree.unlinked_bytes()
        else:
            used = (tree.files_in("tmp") + tree.files_in("dev/shm")) * _LEAST_FILE_BYTES
        if used > most:
            raise Broken("error", f"it wrote more than {most // MIB} MiB of files and directories")

    def _weigh(self) -> None:
        """Raise :class:`Broken` for what was used and not seen while waiting, which is seldom on a busy machine.

        Of memory the kernel remembers the most; of files those count that are left.
        """
        if self._tree is None:
            return
        if self._tree.peak() > self._limits.memory_bytes:
            raise self._too_much()
        self._watch_files(self._tree)

    def _too_much(self) -> Broken:
        return Broken("memory", f"it used more than {self._limits.memory_bytes // MIB} MiB of memory")

    def _value(self, body: bytes) -> Outcome:
        try:
            value = read_result(body, self._result_type, exact=self._exact)
        except codec.CodecError as exc:
            raise Broken("tampering", "its reply is malformed", str(exc)) from None
        except WrongTypeError as exc:
            own = Outcome(kind="wrong_type", reason=OTHER_TYPE)
            return Outcome(kind="wrong_type", reason=escaped(str(exc)), own_words=own)
        return Outcome(kind="value", value=value)

    def _failure(self, body: bytes) -> Outcome:
        """Read a failure that the worker reports: texts only, and all of them untrusted."""
        try:
            words = codec.decode(body)
        except codec.CodecError:
            words = None
        # Types first: an array has no truth value, and a huge integer no text.
        if (
            type(words) is not tuple
            or list(map(type, words)) not in _FAILURES
            or words[0] not in _FAILURE_KINDS
        ):
            raise Broken("tampering", "its reply has not the form that ours has")
        kind, reason, name = words
        known = known_exception(name, self._source)
        told = OTHER_TYPE
        if kind != "wrong_type":
            told = f"{known or 'an exception'}{known_line(reason, self._source)}"
        allowed = f"; {self._limits.memory_bytes // MIB} MiB are allowed" if kind == "memory" else ""
        return Outcome(
            kind=kind,
            reason=escaped(reason + allowed),
            error_type=None if name is None else escaped(name, 80),
            own_words=Outcome(kind=kind, reason=told + allowed, error_type=known),
        )

    def _broken(self, broken: Broken, what: str, timeout: float) -> Outcome:
        if broken.kind == "timeout":
            return Outcome(kind="timeout", reason=f"{what} within {timeout:.3g} s")
        if broken.kind in ("tampering", "memory", "error"):
            own = Outcome(kind=broken.kind, reason=broken.reason)  # type: ignore[arg-type]
            return _with_details(own, f": {broken.details}" if broken.details else "")
        # It ended by itself: let the rest of the sandbox follow, to learn how.
        self._end(kill=False)
        self._channel.rest()
        text, name = ending(self._status or 0)
        said = last_lines(self._channel.tail)
        own = Outcome(kind="error", reason=f"its process {text}, {what}", error_type=name or "SystemExit")
        return _with_details(own, f"; stderr: {said}" if said else "")

    def _fail(self, outcome: Outcome) -> Outcome:
        self._over = outcome
        if self._tree is not None and self._status is None:
            self._close_books(self._tree)
        self._kill()
        return outcome

    def _used(self) -> dict[str, Any]:
        facts = {name: value for name, value in self._facts.items() if name not in ("revealed_at", "call")}
        tree = self._tree
        if tree is None or self._status is not None:
            return facts
        after = self._close_books(tree)
        if self._before and "wall_seconds" in facts:
            before = self._before
            cpu = (
                self._clocks[1]
                - self._clocks[0]
                + max(0.0, after.others + after.dead - before.others - before.dead)
            )
            queued = (
                None
                if after.queued is None or before.queued is None
                else max(0.0, after.queued - before.queued)
            )
            # A short call may be over before the parent reads the worker's clock: no less can be told than of the time.
            cpu = max(cpu, self._least)
            facts |= {
                "cpu_seconds": cpu if cpu > 0 else None,
                "queue_seconds": queued,
            }
        tree.memory()
        return {**facts, "memory_bytes": tree.peak(), "peak_tasks": tree.peak_tasks}

    def _close_books(self, tree: Tree) -> Snapshot:
        """Take down what the machine and the sandbox have used, while the sandbox is alive."""
        load, used = Load.now(), tree.snapshot()
        if self._load_at_end is None:
            self._load_at_end = load
            self._cpu_alive = used.cpu + sum(map(cpu_of, {tree.root, self._launched.process.pid}))
        return used

    def _beside(self) -> dict[str, float]:
        """Say what others computed meanwhile, nothing of a program that ended by itself.

        Only the books of before the end tell: whom the kernel kills with the first process of a namespace, nobody
        waits for, so what he used is in none of them afterwards.
        """
        before, after = self._load_at_start, self._load_at_end
        if before is None or after is None:
            return {}
        return {
            "others_seconds": after.others_since(before, alive=self._cpu_alive),
            "alive_seconds": time.perf_counter() - self._started,
        }

    def _kill(self) -> None:
        """Set the end going; more than once is fine."""
        if self._status is None:
            self._launched.keeper.kill()

    def _end(self, *, kill: bool = True) -> None:
        """Wait until the first process, and with it every other, is gone; remember how it ended."""
        if self._status is not None:
            return
        if kill:
            self._kill()
        if not self._gone(_GONE_SECONDS if kill else 2.0):
            if not kill:
                self._end()
                return
            if self._tree is not None:
                self._launched.keeper.force(self._tree.worker)
            self._launched.process.kill()
            if not self._gone(_GONE_SECONDS):
                raise SandboxFault(f"process {self._launched.process.pid} of the sandbox would not end")
        _, raw = os.waitpid(self._launched.process.pid, 0)
        code = os.waitstatus_to_exitcode(raw)
        self._launched.process.returncode = code
        self._status = 128 - code if code < 0 else code
        self._launched.keeper.close()

    def _gone(self, seconds: float) -> bool:
        waiting = poll()
        waiting.register(self._pidfds[0], POLLIN)
        return bool(waiting.poll(int(seconds * 1000)))


def _with_details(own: Outcome, details: str) -> Outcome:
    """Add what the program said, if anything."""
    return dataclasses.replace(own, reason=own.reason + details, own_words=own) if details else own


def _wait_until(moment: float) -> None:
    """Sleep, and spin for the last stretch: a timer around this must not read less."""
    while (left := moment - time.perf_counter()) > 0:
        if left > 2 * _SPIN_SECONDS:
            time.sleep(left - _SPIN_SECONDS)


def _size(directory: os.PathLike[str], limit: int) -> int:
    """Bytes of the files and directories in a directory, as far as it can be read; no further than ``limit``.

    Each counts as a page at least, so that this takes no longer than for so many pages.
    """
    total = 0
    waiting = [os.fspath(directory)]
    while waiting and total <= limit:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    state = entry.stat(follow_symlinks=False)
                    total += max(state.st_blocks * 512, _LEAST_FILE_BYTES)
                    if total > limit:
                        break
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:
            continue
    return total
