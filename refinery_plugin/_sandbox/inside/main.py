"""What runs inside the sandbox: contain yourself, import the program, take arguments, call, reply.

The first three steps are trusted code; from the import on, nothing in this process is. The parent therefore believes
nothing that comes out of it, and what follows only keeps cheats from being cheap:

- Nothing of the data is in this process before the parent's clock runs, so what a program does before is done blindly.
- Every name that is needed later is bound before the import, and :func:`_serve` is one frame that calls nothing but
  built-ins between the first byte of the data and the call, so that taking the data costs every program the same.
  Trace, profile and monitoring functions are removed, memory tracing is switched off, signals blocked and the collector
  is held meanwhile (its callbacks are code of the program).
- The result is encoded before the reply, so laziness is paid for on the clock.

Choices that are the same for every program: hash seed 0, no ``site``, UTF-8 mode, no bytecode files, the collector on
as Python has it and run once after the import (or else chance decides whether a full collection falls into the call),
no warm-up (each timed call is the first of its process, on a list that was just built), the C library's own
allocator, a module called ``solution``, the private directory as working directory.
"""

from __future__ import annotations

import _tracemalloc
import gc
import marshal
import os
import sys
from typing import TYPE_CHECKING, Any

from refinery_plugin._sandbox.inside import codec
from refinery_plugin._sandbox.inside.guardian import guard
from refinery_plugin._sandbox.inside.harden import harden
from refinery_plugin._sandbox.inside.protocol import (
    FAILED,
    FAILURE_BYTES,
    HARDENED,
    LOADED,
    NO_KEY,
    READY,
    TAKEN,
    VALUE,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from signal import SIG_BLOCK, SIG_SETMASK, pthread_sigmask, valid_signals
else:
    from _signal import (
        SIG_BLOCK,
        SIG_SETMASK,
        pthread_sigmask,
        valid_signals,
    )  # `signal` would import enum: 3 ms

_SAFE_TEXT = frozenset({str, int, float, bool, type(None)})
_SLOT = type(BaseException.__str__)
_MOST_BITS_SHOWN = 1000


def main(config: dict[str, Any]) -> None:
    """Run one sandbox; never returns. ``config`` is the parent's, see ``launch.py``."""
    command, reply = _take_pipes(config)
    if config["guardian"]:
        guard(config["lifeline"], (command, reply, 0, 1, 2))
        os.close(config["lifeline"])
    facts = harden(config)
    _send(reply, HARDENED, NO_KEY, codec.encode(facts, FAILURE_BYTES))
    message = _read_exactly(command, int.from_bytes(_read_exactly(command, 8), "little"))
    source, entry_point, exact, arrays = marshal.loads(message)  # noqa: S302 - from the parent, and no program has run
    if arrays:
        try:
            codec.prepare_arrays()
        except ImportError:
            reason = "its arguments are NumPy arrays, and the study's packages are without numpy"
            _send(reply, FAILED, NO_KEY, codec.encode(("error", reason, "ImportError"), FAILURE_BYTES))
            os._exit(0)
    _serve(command, reply, source, entry_point, config["home"], config["result_bytes"], exact)


def _take_pipes(config: dict[str, Any]) -> tuple[int, int]:
    """Move the two pipes away from where programs write by accident, and give standard input an end of file."""
    from fcntl import F_DUPFD_CLOEXEC, fcntl  # noqa: PLC0415 - used once, before the program

    command = fcntl(0, F_DUPFD_CLOEXEC, 200)
    reply = fcntl(config["reply"], F_DUPFD_CLOEXEC, 201)
    reader, _ = os.pipe()  # both ends are closed below: end of file
    os.dup2(reader, 0)
    low = 3
    for keep in sorted((command, reply, *((config["lifeline"],) if config["guardian"] else ()))):
        os.closerange(low, keep)
        low = keep + 1
    os.closerange(low, 1 << 20)
    return command, reply


def _read_exactly(fd: int, size: int) -> bytes:
    parts = []
    while size:
        part = os.read(fd, min(size, 1 << 20))
        if not part:
            os._exit(0)
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _send(  # noqa: PLR0917 - the last two are bindings, not arguments
    fd: int,
    kind: bytes,
    key: bytes,
    body: bytes,
    write: Callable[[int, memoryview], int] = os.write,
    view_of: type[memoryview] = memoryview,
) -> None:
    view = view_of(kind + key + len(body).to_bytes(8, "little") + body)
    while view:
        view = view[write(fd, view) :]


def _serve(  # noqa: C901, PLR0912, PLR0915, PLR0917 - one frame, see above
    command: int,
    reply: int,
    source: bytes,
    entry_point: str,
    home: str,
    result_bytes: int,
    exact: bool,  # noqa: FBT001
) -> None:
    take_in, write, leave, set_blocking = os.readv, os.write, os._exit, os.set_blocking
    view_of, buffer_of, number = memoryview, bytearray, int.from_bytes
    collects, collector_off, collector_on, collect = gc.isenabled, gc.disable, gc.enable, gc.collect
    trace_off, profile_off, mask, unmasked = sys.settrace, sys.setprofile, pthread_sigmask, SIG_SETMASK
    tracing, trace_memory_off = _tracemalloc.is_tracing, _tracemalloc.stop
    block, signals = SIG_BLOCK, valid_signals()
    words = {tag[0]: code for tag, code in codec.WORDS.items()}
    decode, encode, send, describe = codec.decode, codec.encode, _send, _describe
    codec_error, anything, broken_pipe = codec.CodecError, BaseException, OSError
    value_kind, ready_kind, taken_kind, failed_kind, exit_code = VALUE, READY, TAKEN, FAILED, 0
    tools, tool_of, events_off, local_events_off, serve_code = _monitors()
    own_process, process = os.getpid(), os.getpid

    try:
        entry = _load(source, entry_point, home)
    except anything as exc:
        if process() != own_process:
            raise  # a child that the program forked ends as anywhere: only the worker reports
        send(reply, FAILED, NO_KEY, describe(exc))
        leave(exit_code)
    if collects():
        collect()
    send(reply, LOADED, NO_KEY, b"")

    try:
        while True:
            # From here to the call: built-ins only, and none that raises an audit event once data may come.
            old_mask = mask(block, signals)
            collecting = collects()
            collector_off()
            trace_off(None)
            profile_off(None)
            if tracing():
                trace_memory_off()
            for tool in tools:
                if tool_of(tool) is not None:
                    events_off(tool, 0)
                    local_events_off(tool, serve_code, 0)
            header = buffer_of(24)
            filled = 0
            while filled < 24:  # noqa: PLR2004
                set_blocking(command, True)
                part = take_in(command, [view_of(header)[filled:]])
                if not part:
                    leave(exit_code)
                filled += part
            size = number(header[:8], "little")
            data = buffer_of(size)
            view = view_of(data)
            message = view_of(ready_kind + header[8:] + bytes(8))
            while message:
                message = message[write(reply, message) :]
            filled = 0
            while filled < size:
                part = take_in(command, [view[filled:]])
                if not part:
                    leave(exit_code)
                filled += part
            token = data[-16:]
            args = []
            at = 15
            for _ in range(number(data[7:15], "little")):
                end = at + 8 + number(data[at : at + 8], "little")
                code = words.get(data[at + 8])
                # An array of words is its tag, its size in bytes, and the words.
                args.append(view[at + 17 : end].cast(code).tolist() if code else decode(view[at + 8 : end]))
                at = end
            view.release()
            del view, data
            message = view_of(taken_kind + token + bytes(8))
            while message:
                message = message[write(reply, message) :]
            if collecting:
                collector_on()
            mask(unmasked, old_mask)
            try:
                result = entry(*args)
            except anything as exc:
                if process() != own_process:
                    exit_code = 1  # of an OSError, which is caught below
                    raise
                send(reply, failed_kind, bytes(token), describe(exc))
            else:
                try:
                    body = encode(result, result_bytes, not exact)
                except codec_error as exc:
                    send(
                        reply,
                        failed_kind,
                        bytes(token),
                        encode(("wrong_type", f"the result {exc}", None), result_bytes),
                    )
                else:
                    send(reply, value_kind, bytes(token), body)
            # What is freed below is no part of the call: not before the parent has read the kernel's clocks.
            set_blocking(command, True)
            if not take_in(command, [view_of(token)[:1]]):
                leave(exit_code)
            del args
            result = None
    except broken_pipe:
        leave(exit_code)


def _monitors() -> tuple[range, Any, Any, Any, Any]:
    """Return the numbers of monitoring tools (Python 3.12 and later), and what takes their events away."""
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        return range(0), None, None, None, None
    return range(6), monitoring.get_tool, monitoring.set_events, monitoring.set_local_events, _serve.__code__


class _NoEntryPointError(Exception):
    pass


def _load(source: bytes, entry_point: str, home: str) -> Callable[..., object]:
    path = home + "/solution.py"
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(fd, source)
        finally:
            os.close(fd)
    except OSError:
        pass  # longer than a file may be: the program still runs, only its tracebacks lack their lines
    sys.path.insert(0, home)
    module = type(sys)("solution")
    namespace = module.__dict__
    namespace["__file__"] = path
    sys.modules["solution"] = module
    exec(compile(source, path, "exec", dont_inherit=True), namespace)  # noqa: S102 - what the sandbox is for
    entry = namespace.get(entry_point)
    if entry is None:
        raise _NoEntryPointError(f"the program does not define {entry_point}()")
    if not callable(entry):
        raise _NoEntryPointError(f"{entry_point} is no function, it is of type {codec.name_of_type(entry)}")
    return entry  # type: ignore[no-any-return]


def _describe(exc: BaseException) -> bytes:
    """(kind, reason, error type) of an exception, without running any code of the program's."""
    name = codec.name_of_type(exc)
    if type(exc) is _NoEntryPointError:
        return codec.encode(("error", exc.args[0][:200], "NameError"), FAILURE_BYTES)
    text = name
    said = _message(exc)
    if said:
        text += f": {said}"
    line = _line(exc)
    if line:
        text += f" (line {line})"
    kind = "memory" if type(exc) is MemoryError else "error"
    text = text.encode("utf-8", "backslashreplace").decode()
    return codec.encode((kind, text, name), FAILURE_BYTES)


def _message(exc: BaseException) -> str:
    # Only messages made of plain values by Python's own __str__: any other may never come back.
    arguments = vars(BaseException)["args"].__get__(exc)
    plain = type(exc).__str__.__class__ is _SLOT and all(type(item) in _SAFE_TEXT for item in arguments)
    if type(exc) is SyntaxError and type(exc.msg) is str:
        where = f" at line {_shown(exc.lineno)}" if type(exc.lineno) is int else ""
        return exc.msg[:300] + where
    if not plain:
        return ""
    if type(exc) is SystemExit:
        return f"the program exits by itself with status {_shown(arguments[0] if arguments else 0):.50}"
    if issubclass(type(exc), OSError) and len(arguments) > 1:
        return f"[Errno {_shown(arguments[0])}] {_shown(arguments[1]):.200}"
    return ", ".join(_shown(item) for item in arguments)[:400]


def _shown(item: object) -> str:
    """Text of a plain value; a huge integer has none (``sys.set_int_max_str_digits``)."""
    if type(item) is int and item.bit_length() > _MOST_BITS_SHOWN:
        return "a huge integer"
    return item[:300] if type(item) is str else f"{item}"


def _line(exc: BaseException) -> int:
    """Line of the program in which the exception arose, 0 where that is unknown."""
    line = 0
    step = vars(BaseException)["__traceback__"].__get__(exc)
    for _ in range(10_000):
        if step is None:
            break
        if step.tb_frame.f_code.co_filename.endswith("/solution.py"):
            line = step.tb_lineno
        step = step.tb_next
    return line
