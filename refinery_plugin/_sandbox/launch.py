"""Start the interpreter of one run: its command line, its pipes, and the trusted code that it begins with."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import marshal
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refinery_plugin._sandbox.errors import SandboxFault
from refinery_plugin._sandbox.keeper import Guardian, Keeper, Namespace

if TYPE_CHECKING:
    from refinery_plugin._sandbox.backends.base import LaunchPlan

_INSIDE = (
    "protocol",
    "codec",
    "kernel",
    "private_root",
    "guardian",
    "shared_memory",
    "start_methods",
    "harden",
    "main",
)
_PIPE_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031


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


@dataclasses.dataclass(slots=True, kw_only=True)
class Launched:
    """A started run and the parent's ends of its pipes."""

    process: subprocess.Popen[bytes]
    command: int
    reply: int
    output: int
    errors: int
    keeper: Keeper
    plan: LaunchPlan


def launch(plan: LaunchPlan, *, guardian: bool) -> Launched:
    """Start a run and give it its trusted code; ``guardian``: no namespace ends everything with its first process."""
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
        # bwrap tells its child's id; the guardian waits for the end of us.
        extra_theirs, extra = pipe(to_them=guardian)
        _widen(command)
        arguments = [part.replace("{info}", str(extra_theirs)) for part in plan.command]
        config = {**plan.config, "guardian": guardian, "reply": reply_theirs, "lifeline": extra_theirs}
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
        keeper=Guardian(process, extra) if guardian else Namespace(process, extra),
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
