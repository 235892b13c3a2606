"""Start the interpreter of one run: its command line, its pipes, and the trusted code that it begins with."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
import marshal
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from refinery_plugin._sandbox.errors import SandboxFault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from refinery_plugin._sandbox.records import Limits

# `site` stays out, nothing is put on sys.path, no bytecode is written; the hash seed comes through the environment,
# which therefore may not be ignored (no -E, no -I); the worker empties it first thing.
INTERPRETER_OPTIONS = ("-s", "-S", "-P", "-B", "-X", "utf8", "-c")
ENVIRONMENT = {"PYTHONHASHSEED": "0"}

BOOTSTRAP = """\
import marshal, os, sys
def read(size):
    parts = []
    while size:
        part = os.read(0, min(size, 1 << 20))
        if not part:
            os._exit(0)
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
modules, config = marshal.loads(read(int.from_bytes(read(8), "little")))
# Only for annotations, and takes milliseconds to import.
sys.modules["typing"] = typing = type(sys)("typing")
typing.TYPE_CHECKING, typing.Any = False, object
for name, code in modules:
    sys.modules[name] = module = type(sys)(name)
    exec(code, module.__dict__)
for name, code in modules:
    del sys.modules[name]
del sys.modules["typing"]
main = module.main
del modules, module, name, code, read, typing
main(config)
"""

_INSIDE = ("protocol", "codec", "kernel", "guardian", "shared_memory", "harden", "main")
_PIPE_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031
_MIB = 1 << 20


@functools.cache
def _modules() -> tuple[tuple[str, Any], ...]:
    """Compile the code that runs inside, once a session, in the order in which it is needed."""
    folder = Path(__file__).parent / "inside"
    package = __name__.rpartition(".")[0] + ".inside"
    nothing = compile("", "<package>", "exec")
    parts = package.split(".")
    parents = tuple((".".join(parts[:depth]), nothing) for depth in range(1, len(parts) + 1))
    return parents + tuple(
        (
            f"{package}.{name}",
            compile((folder / f"{name}.py").read_bytes(), f"<{name}>", "exec", dont_inherit=True),
        )
        for name in _INSIDE
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a backend wants one run started."""

    command: Sequence[str]
    environment: dict[str, str]
    config: dict[str, Any]
    guardian: bool
    """Whether the first process is our guardian; else it is bwrap."""
    cleanup: Callable[[], None]
    home: Path | None = None
    """The run's directory on the host, where there is one: its size is watched."""


class Backend(Protocol):
    """A way to contain programs."""

    name: str

    def describe(self) -> str:
        """One line about what contains programs here."""

    def plan(self, limits: Limits) -> Plan:
        """Prepare one run."""

    def close(self) -> None:
        """Remove what the backend keeps for the session."""


@dataclasses.dataclass(slots=True, kw_only=True)
class Launched:
    """A started run and the parent's ends of its pipes."""

    process: subprocess.Popen[bytes]
    command: int
    reply: int
    output: int
    errors: int
    info: int | None
    lifeline: int | None
    plan: Plan


def launch(plan: Plan) -> Launched:
    """Start a run and give it its trusted code."""
    theirs: list[int] = []
    ours: list[int] = []

    def pipe(*, to_them: bool) -> tuple[int, int]:
        reader, writer = os.pipe2(os.O_CLOEXEC)
        ours.append(writer if to_them else reader)
        theirs.append(reader if to_them else writer)
        return theirs[-1], ours[-1]

    try:
        command_theirs, command = pipe(to_them=True)
        reply_theirs, reply = pipe(to_them=False)
        output_theirs, output = pipe(to_them=False)
        errors_theirs, errors = pipe(to_them=False)
        extra_theirs, extra = pipe(
            to_them=plan.guardian
        )  # bwrap tells its child's id; the guardian waits for us
        _widen(command)
        arguments = [part.replace("{info}", str(extra_theirs)) for part in plan.command]
        config = {**plan.config, "guardian": plan.guardian, "reply": reply_theirs, "lifeline": extra_theirs}
        process = subprocess.Popen(  # noqa: S603 - our own command line
            arguments,
            stdin=command_theirs,
            stdout=output_theirs,
            stderr=errors_theirs,
            env=plan.environment,
            cwd="/",
            pass_fds=(reply_theirs, extra_theirs),
            start_new_session=True,
        )
    except OSError as exc:
        for fd in ours:
            os.close(fd)
        plan.cleanup()
        raise SandboxFault(f"the sandbox could not be started: {exc}; {plan.command[0]}") from exc
    finally:
        for fd in theirs:
            os.close(fd)
    setup = marshal.dumps((_modules(), config))
    os.set_blocking(command, False)
    launched = Launched(
        process=process,
        command=command,
        reply=reply,
        output=output,
        errors=errors,
        info=None if plan.guardian else extra,
        lifeline=extra if plan.guardian else None,
        plan=plan,
    )
    _write_setup(command, len(setup).to_bytes(8, "little") + setup)
    return launched


def _widen(fd: int) -> None:
    import fcntl  # noqa: PLC0415 - so that importing the package works where there is no fcntl, to say so

    with contextlib.suppress(OSError):  # an administrator's limit: only slower
        fcntl.fcntl(fd, _F_SETPIPE_SZ, _PIPE_BYTES)


def _write_setup(command: int, setup: bytes) -> None:
    """Write what fits into the pipe, so that this waits for nobody."""
    view = memoryview(setup)
    os.set_blocking(command, len(setup) > 1 << 16)
    try:
        while view:
            view = view[os.write(command, view) :]
    except OSError:
        pass  # it died at once: found, with its last words, when its first frame is awaited
    os.set_blocking(command, False)


def rlimits(limits: Limits, *, tasks_of_others: int = 0) -> dict[str, int]:
    """Limits that each process gets, by the names of :mod:`resource`."""
    cores = os.cpu_count() or 1
    return {
        # Private memory that a process can have at all. The room above the limit is for thread stacks, of which
        # numpy's libraries reserve one a core; what is resident is watched from outside.
        "RLIMIT_DATA": limits.memory_bytes + 16 * _MIB * cores,
        "RLIMIT_AS": 2 * limits.memory_bytes + 4096 * _MIB,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_NPROC": limits.processes + tasks_of_others,
        "RLIMIT_NOFILE": 1024,
        "RLIMIT_CORE": 0,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_NICE": 0,
        "RLIMIT_RTPRIO": 0,
        "RLIMIT_MEMLOCK": 64 << 10,
    }


_run_numbers = itertools.count()


def unused_uid() -> int:
    """Choose a user id that nothing else on the machine runs as; only for root.

    Inside a user namespace that maps few ids, one from the upper end of what there is.
    """
    number = next(_run_numbers)
    wanted = 1_500_000_000 + os.getpid() * 128 + number % 128
    ranges = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    if any(inside <= wanted < inside + count for inside, _, count in ranges):
        return wanted
    inside, _, count = max(ranges, key=lambda item: item[2])
    if count < 2000:  # noqa: PLR2004
        raise SandboxFault("this user namespace maps too few user ids to run programs as a user of their own")
    return inside + count - 1 - (os.getpid() * 128 + number) % 1000


def tasks_of_user(uid: int) -> int:
    """Threads that a user's processes have now: RLIMIT_NPROC counts them together with the sandbox's."""
    total = 0
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):  # it ended meanwhile
                if process.stat().st_uid == uid:
                    total += len(list((process / "task").iterdir()))
    return total
