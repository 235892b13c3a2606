"""See a backend hold before anything untrusted runs in it: a program of ours tries to get out."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from refinery_plugin._sandbox.errors import SandboxError
from refinery_plugin._sockets import own_sockets

if TYPE_CHECKING:
    from refinery_plugin._sandbox.sandbox import Sandbox

_SECONDS = 20.0

# Each attempt adds a word to the answer if it comes through. Every one is harmless if it does.
_ESCAPE = """\
import ctypes, mmap, os, signal, socket, sys

libc = ctypes.CDLL(None, use_errno=True)

def tried(found, word, attempt):
    try:
        if attempt() is not False:
            found.append(word)
    except (OSError, ValueError, ImportError):
        pass

def connect(port):
    with socket.socket() as s:
        s.settimeout(2)
        s.connect(("127.0.0.1", port))

def namespace():
    pid = os.fork()
    if not pid:
        os._exit(0 if libc.unshare(0x10000000) == 0 else 1)
    return os.waitpid(pid, 0)[1] == 0

def pool():
    import multiprocessing
    with multiprocessing.get_context("fork").Pool(2) as workers:
        return workers.map(abs, [-1, -2]) == [1, 2]

def escape(port, secret, parent):
    found = escapes(port, secret, parent) if port else []
    working = []
    tried(working, "pool", pool)
    tried(working, "temporary file", lambda: open("probe", "w").close())
    return [", ".join(found), ", ".join(working)]

def escapes(port, secret, parent):
    found = []
    tried(found, "read a file outside", lambda: open(secret).close())
    tried(found, "write beside it", lambda: open(secret + ".new", "w").close())
    tried(found, "list the home directory", lambda: os.listdir(os.path.dirname(secret)))
    tried(found, "see processes", lambda: os.listdir("/proc"))
    tried(found, "connect to a port of this machine", lambda: connect(port))
    tried(found, "signal the session", lambda: os.kill(parent, 0))
    tried(found, "be root", lambda: os.getuid() == 0)
    tried(found, "see the environment", lambda: bool(os.environ))
    tried(found, "make a user namespace", namespace)
    tried(found, "use a keyring", lambda: libc.syscall({"x86_64": 250}.get(os.uname().machine, 219), 0, -3, 0) >= 0)
    tried(found, "use System V shared memory", lambda: libc.shmget(0, 4096, 0o1600) >= 0)
    tried(found, "trace a process", lambda: libc.ptrace(0x4206, parent, 0, 0) == 0)  # PTRACE_SEIZE: stops nothing
    tried(found, "change the standard library", lambda: open(os.__file__, "a").close())
    for path in (secret, os.path.dirname(secret), os.__file__, "/dev/null", "."):
        tried(found, "change a mode", lambda: os.chmod(path, 0o711))
        tried(found, "change an owner", lambda: os.chown(path, -1, -1))
        tried(found, "change a time", lambda: os.utime(path))
        tried(found, "set an attribute", lambda: os.setxattr(path, "user.x", b"x"))
    with open("own", "w") as own:
        tried(found, "change a mode by descriptor", lambda: os.fchmod(own.fileno(), 0o600))
        tried(found, "change a time by descriptor", lambda: os.utime(own.fileno()))
    tried(found, "leave its process group", lambda: os.setsid())
    tried(found, "hold a file that is no pipe", lambda: holds())
    return found

def holds():
    import stat
    for fd in range(1024):
        try:
            mode = os.fstat(fd).st_mode
        except OSError:
            continue
        if not stat.S_ISFIFO(mode):
            return True
    return False
"""
_NEEDED = "pool, temporary file"


def probe(sandbox: Sandbox, *, contained: bool) -> None:
    """Run the escaping program.

    Raises
    ------
    SandboxError : it got out, or what honest programs need does not work.
    SandboxFault : it could not even be started.
    """
    with own_sockets():
        listening = socket.create_server(("127.0.0.1", 0))
    with tempfile.TemporaryDirectory(prefix="refinery-probe-") as folder, listening as server:
        secret = Path(folder, "secret")
        secret.write_text("probe", encoding="utf-8")
        arguments = (server.getsockname()[1] if contained else 0, str(secret), os.getpid())
        with sandbox.start(_ESCAPE.encode(), entry_point="escape", result_type=list[str]) as worker:
            failure = worker.load(_SECONDS) or worker.hand_over(arguments, _SECONDS)
            outcome = failure or worker.go(_SECONDS)
    if not outcome.ok:
        raise SandboxError(f"the program that tries it out failed: {outcome.reason}")
    report = outcome.value
    escapes, works = report if isinstance(report, list) and len(report) == 2 else ("", "")  # noqa: PLR2004
    if contained and escapes:
        raise SandboxError(f"it does not hold: a program could {escapes}")
    if works != _NEEDED:
        raise SandboxError(
            f"programs could not use what they may (a fork pool, a file of their own): only {works!r}"
        )
