"""Backends without a namespace for processes: ``landlock``, and ``none``, which contains nothing.

Both use a guardian (``inside/guardian.py``) and a process group. ``landlock`` adds the Landlock rules, the seccomp
filter, where we are root a user of its own for each run and, where a mount namespace can be had, a file system of its
own (``inside/private_root.py``): ``/tmp`` and ``/dev/shm`` are then the run's, and Unix sockets reach nobody outside.
Where it can't be had, in most containers, a run has a throw-away directory instead, and neither of these.

What Landlock must offer depends on who we are. Signals to other processes of the same user can only be stopped by
its signal scope (ABI 6, Linux 6.12); root does not need that, since every run gets a user that nothing else runs as.
Truncation is covered since ABI 3 (Linux 6.2). Below these, the backend refuses.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refinery_plugin._sandbox.backends import seccomp
from refinery_plugin._sandbox.backends.base import (
    BOOTSTRAP,
    ENVIRONMENT,
    INTERPRETER_OPTIONS,
    SHM_BYTES,
    LaunchPlan,
    nothing_to_clean_up,
    rlimits,
    tasks_of_user,
    unused_uid,
)
from refinery_plugin._sandbox.backends.remove_tree import remove_tree
from refinery_plugin._sandbox.backends.runtime import DEVICES, Runtime, closed_ways
from refinery_plugin._sandbox.errors import SandboxError, SandboxFault
from refinery_plugin._sandbox.inside import kernel
from refinery_plugin._sandbox.records import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEAST_ABI_ROOT = 3
_LEAST_ABI_USER = 6
_PACKAGES = "/packages"
_TRIAL_SECONDS = 30


class _Local:
    """What ``landlock`` and ``none`` have in common: a directory for the session, one in it for each run."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._is_root = os.geteuid() == 0
        self._end = [str(runtime.interpreter), *INTERPRETER_OPTIONS, BOOTSTRAP]
        self._session = Path(tempfile.mkdtemp(prefix="refinery-", dir=_open_directory()))
        # Also where nobody closes us, and at exit; only a killed session leaves its (small) directory.
        self._finalizer = weakref.finalize(self, _remove_own, self._session, os.getpid())
        self._session.chmod(0o711)
        self._packages = self._session / "packages"
        self._packages.mkdir(mode=0o755)
        for name, path in runtime.packages.items():
            (self._packages / name).symlink_to(path)
        self._runs = itertools.count(1)

    def _config(self, limits: Limits) -> dict[str, Any]:
        """Return what no run of this backend differs in."""
        return {
            "uid": None,
            "path": [str(self._packages)],
            "rlimits": rlimits(limits),
            "filter": b"",
            "rules": None,
            "abi": 0,
            "view": None,
            "own_shared_memory": True,
            "result_bytes": limits.result_bytes,
        }

    def _in_a_directory(self, config: dict[str, Any]) -> LaunchPlan:
        """Plan a run whose files are in a directory of the host."""
        home = self._session / f"run{next(self._runs)}"
        uid = config["uid"]
        try:
            home.mkdir(mode=0o700)
            if uid is not None:
                os.chown(home, uid, uid)
        except OSError as exc:
            raise SandboxFault(
                f"no directory for a program's files: {exc}; is {self._session} full?"
            ) from exc
        rules = config["rules"]
        return LaunchPlan(
            command=self._end,
            environment=dict(ENVIRONMENT),
            config={
                **config,
                "home": str(home),
                "rules": None if rules is None else [*rules, (str(home), kernel.OWN)],
            },
            cleanup=lambda: remove_tree(home),
            home=home,
        )

    def close(self) -> None:
        """Remove the session's directory."""
        self._finalizer()


def _remove_own(session: Path, process: int) -> None:
    """Remove the session's directory, but not in a child that was forked meanwhile: the parent still uses it."""
    if os.getpid() == process:
        remove_tree(session)


class Landlock(_Local):
    """The backend ``landlock``."""

    def __init__(self, runtime: Runtime) -> None:
        self._abi = kernel.landlock_abi()
        least = _LEAST_ABI_ROOT if os.geteuid() == 0 else _LEAST_ABI_USER
        if self._abi < least:
            raise SandboxError(_too_old(self._abi, least))
        super().__init__(runtime)
        self._staging = self._session / "staging"
        self._staging.mkdir()
        self._private = _can_have_a_root_of_its_own(self._view(Limits()))
        # Abstract sockets have no place in a file system: Landlock keeps them apart since ABI 6.
        self._filter = seccomp.build(
            os.uname().machine, unix_sockets=self._private and self._abi >= _LEAST_ABI_USER
        )
        self._rules = [
            *_rules(runtime),
            (_PACKAGES if self._private else str(self._packages), kernel.READ_ONLY),
        ]
        closed = [] if self._private else list(closed_ways(runtime.everything))
        if self._is_root and closed:
            raise SandboxError(
                f"the interpreter or a package lies in {closed[0]}, which only its owner may enter, and there is no "
                "CAP_SYS_ADMIN to show it to programs, which run as another user; use one that all may enter"
            )

    def describe(self) -> str:
        """One line about what contains programs here."""
        user = "programs as a user of their own" if self._is_root else "same user, signals scoped"
        files = "a private root" if self._private else "no /tmp, file names outside can be probed"
        return f"Landlock ABI {self._abi}, {user}, seccomp; no network, {files}"

    def plan(self, limits: Limits) -> LaunchPlan:
        """Prepare one run."""
        config = {
            **self._config(limits),
            "uid": unused_uid() if self._is_root else None,
            "filter": self._filter,
            "abi": self._abi,
            "rules": self._rules,
            "own_shared_memory": self._private,
        }
        if not self._private:
            # The limit on processes counts all of the user's; only a user of our own has none beside the run's.
            others = 0 if self._is_root else tasks_of_user(os.getuid())
            return self._in_a_directory({**config, "rlimits": rlimits(limits, tasks_of_others=others)})
        own = kernel.OWN | kernel.MAKE_SOCK
        config |= {
            "view": self._view(limits),
            "home": "/tmp",  # noqa: S108 - the run's own
            "path": [_PACKAGES],
            "rules": [*self._rules, ("/tmp", own), ("/dev/shm", own)],  # noqa: S108
        }
        return LaunchPlan(
            command=self._end, environment=dict(ENVIRONMENT), config=config, cleanup=nothing_to_clean_up
        )

    def _view(self, limits: Limits) -> dict[str, Any]:
        return {
            "staging": str(self._staging),
            "user": not self._is_root,
            "trees": [str(path) for path in self._runtime.trees],
            "devices": list(DEVICES),
            "packages": {name: str(path) for name, path in self._runtime.packages.items()},
            "tmp": limits.tmp_bytes,
            "shm": min(SHM_BYTES, limits.tmp_bytes),
        }


class Unconfined(_Local):
    """The backend ``none``: limits, but no containment at all."""

    def describe(self) -> str:
        """One line about what contains programs here."""
        return "NO containment: programs can read, change and send whatever you can"

    def plan(self, limits: Limits) -> LaunchPlan:
        """Prepare one run."""
        others = tasks_of_user(os.getuid())
        return self._in_a_directory(
            {**self._config(limits), "rlimits": rlimits(limits, tasks_of_others=others)}
        )


def _can_have_a_root_of_its_own(view: dict[str, Any]) -> bool:
    """Try it in a process that is thrown away: privileges, policies and containers all have a say."""
    inside = Path(kernel.__file__).parent
    trial = "\n".join(
        (
            "import sys",
            "kernel = type(sys)('refinery_plugin._sandbox.inside.kernel')",
            f"exec({(inside / 'kernel.py').read_text(encoding='utf-8')!r}, vars(kernel))",
            "for name in ('refinery_plugin', 'refinery_plugin._sandbox', 'refinery_plugin._sandbox.inside'):",
            "    sys.modules[name] = type(sys)(name)",
            "sys.modules[kernel.__name__] = kernel",
            f"exec({(inside / 'private_root.py').read_text(encoding='utf-8')!r})",
            f"enter_private_root({view!r})",
        )
    )
    process = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, *INTERPRETER_OPTIONS, trial],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_TRIAL_SECONDS,
        check=False,
    )
    return process.returncode == 0


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
