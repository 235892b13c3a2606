"""Backends without namespaces: ``landlock``, and ``none``, which contains nothing.

Both use a guardian (``inside/guardian.py``), a process group and a throw-away directory. ``landlock`` adds the Landlock
rules, the seccomp filter and, where we are root, a user of its own for each run.

What Landlock must offer depends on who we are. Signals to other processes of the same user can only be stopped by
its signal scope (ABI 6, Linux 6.12); root does not need that, since every run gets a user that nothing else runs as.
Truncation is covered since ABI 3 (Linux 6.2). Below these, the backend refuses.
"""

from __future__ import annotations

import itertools
import os
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refinery_plugin._sandbox.backends import seccomp
from refinery_plugin._sandbox.backends.remove_tree import remove_tree
from refinery_plugin._sandbox.backends.runtime import DEVICES, Runtime, closed_ways
from refinery_plugin._sandbox.errors import SandboxError, SandboxFault
from refinery_plugin._sandbox.inside import kernel
from refinery_plugin._sandbox.launch import (
    BOOTSTRAP,
    ENVIRONMENT,
    INTERPRETER_OPTIONS,
    Plan,
    rlimits,
    tasks_of_user,
    unused_uid,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from refinery_plugin._sandbox.records import Limits

_LEAST_ABI_ROOT = 3
_LEAST_ABI_USER = 6


class _Local:
    """What ``landlock`` and ``none`` have in common: a directory for the session, one in it for each run."""

    name = ""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._is_root = os.geteuid() == 0
        self._end = [str(runtime.interpreter), *INTERPRETER_OPTIONS, BOOTSTRAP]
        self._session = Path(tempfile.mkdtemp(prefix="refinery-", dir=_open_directory()))
        # Also where nobody closes us, and at exit; only a killed session leaves its (small) directory.
        self._finalizer = weakref.finalize(self, remove_tree, self._session)
        self._session.chmod(0o711)
        self._packages = self._session / "packages"
        self._packages.mkdir(mode=0o755)
        for name, path in runtime.packages.items():
            (self._packages / name).symlink_to(path)
        self._staging = self._session / "staging"
        self._staging.mkdir()
        self._runs = itertools.count(1)

    def describe(self) -> str:
        raise NotImplementedError

    def _config(self, home: Path, uid: int | None, limits: Limits) -> dict[str, Any]:  # noqa: ARG002
        return {}

    def _uid(self) -> int | None:
        return None

    def plan(self, limits: Limits) -> Plan:
        """Prepare one run."""
        home = self._session / f"run{next(self._runs)}"
        uid = self._uid()
        try:
            home.mkdir(mode=0o700)
            if uid is not None:
                os.chown(home, uid, uid)
        except OSError as exc:
            raise SandboxFault(
                f"no directory for a program's files: {exc}; is {self._session} full?"
            ) from exc
        # The limit on processes counts all of the user's; only a user of our own has none beside the run's.
        others = 0 if uid is not None else tasks_of_user(os.getuid())
        config = {
            "uid": uid,
            "home": str(home),
            "path": [str(self._packages)],
            "rlimits": rlimits(limits, tasks_of_others=others),
            "filter": b"",
            "rules": None,
            "abi": 0,
            "expose": None,
            "result_bytes": limits.result_bytes,
            **self._config(home, uid, limits),
        }
        return Plan(
            command=self._end,
            environment=dict(ENVIRONMENT),
            config=config,
            guardian=True,
            cleanup=lambda: remove_tree(home),
            home=home,
        )

    def close(self) -> None:
        """Remove the session's directory."""
        self._finalizer()


class Landlock(_Local):
    """The backend ``landlock``."""

    name = "landlock"

    def __init__(self, runtime: Runtime) -> None:
        self._abi = kernel.landlock_abi()
        least = _LEAST_ABI_ROOT if os.geteuid() == 0 else _LEAST_ABI_USER
        if self._abi < least:
            raise SandboxError(_too_old(self._abi, least))
        self._filter = seccomp.build(os.uname().machine, unix_sockets=False)
        super().__init__(runtime)
        self._rules = [*_rules(runtime), (str(self._packages), kernel.READ_ONLY)]
        self._expose = self._exposed() if self._is_root else None

    def describe(self) -> str:
        """One line about what contains programs here."""
        user = "programs as a user of their own" if self._is_root else "same user, signals scoped"
        return f"Landlock ABI {self._abi}, {user}, seccomp; no sockets, file names outside can be probed"

    def _uid(self) -> int | None:
        return unused_uid() if self._is_root else None

    def _config(self, home: Path, uid: int | None, limits: Limits) -> dict[str, Any]:  # noqa: ARG002
        return {
            "filter": self._filter,
            "abi": self._abi,
            "rules": [*self._rules, (str(home), kernel.OWN)],
            "expose": self._expose,
        }

    def _exposed(self) -> tuple[dict[str, list[str]], str] | None:
        """Find what must be mounted anew because it lies where only root may go (such as ``/root``)."""
        closed = closed_ways(self._runtime.everything)
        if not closed:
            return None
        covers = {str(cover): [str(path) for path in paths] for cover, paths in closed.items()}
        return covers, str(self._staging)


class Unconfined(_Local):
    """The backend ``none``: limits, but no containment at all."""

    name = "none"

    def describe(self) -> str:
        """One line about what contains programs here."""
        return "NO containment: programs can read, change and send whatever you can"


def _too_old(abi: int, least: int) -> str:
    have = (
        f"offers Landlock ABI {abi}"
        if abi
        else "has no Landlock (or it is switched off: see /sys/kernel/security/lsm)"
    )
    return (
        f"the kernel {have}; {least} is needed {'by root' if least == _LEAST_ABI_ROOT else 'by an ordinary user'} "
        f"(Linux {'6.2' if least == _LEAST_ABI_ROOT else '6.12; as root, in a container for instance, 6.2'})"
    )


def _open_directory() -> str:
    """Choose a directory for temporary files that other users may pass through."""
    for candidate in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108 - mkdtemp makes ours in it
        path = Path(candidate)
        if path.is_dir() and os.access(path, os.W_OK) and not closed_ways([path / "x"]):
            return candidate
    raise SandboxError(
        "no directory for programs' files: /tmp and /var/tmp are missing or closed; set TMPDIR"
    )


def _rules(runtime: Runtime) -> Iterable[tuple[str, int]]:
    for tree in runtime.trees:
        hidden = [path for path in runtime.hidden if path.is_relative_to(tree)]
        yield from _rules_below(tree, hidden)
    for path in runtime.packages.values():
        yield str(path), kernel.READ_ONLY
    for device in DEVICES:
        yield device, kernel.READ_FILE | (kernel.WRITE_FILE if device == "/dev/null" else 0)


def _rules_below(tree: Path, hidden: list[Path]) -> Iterable[tuple[str, int]]:
    """Rights to ``tree`` without ``hidden``: Landlock can only add, so the way there is opened child by child."""
    if not any(path.is_relative_to(tree) for path in hidden):
        yield str(tree), kernel.READ_ONLY
        return
    yield str(tree), kernel.READ_DIR
    for child in sorted(tree.iterdir()):
        if child not in hidden:
            yield from _rules_below(child, hidden)
