"""What every backend is made of: what it is asked for, what it answers, and the limits that all of them set."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
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
SHM_BYTES = 32 << 20
"""Size of a run's own ``/dev/shm``, where it has one; less where less may be written at all."""

_MIB = 1 << 20


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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LaunchPlan:
    """How a backend wants one run started."""

    command: Sequence[str]
    environment: dict[str, str]
    config: dict[str, Any]
    cleanup: Callable[[], None]
    home: Path | None = None
    """The run's directory on the host, where there is one: its size is watched. Else the kernel keeps it small."""


def nothing_to_clean_up() -> None:
    """All that a run had went with its namespaces."""


class Backend(Protocol):
    """A way to contain programs; its name, and what is known of it before it is opened, are in ``backend_table.py``."""

    def describe(self) -> str:
        """One line about what contains programs here."""

    def plan(self, limits: Limits) -> LaunchPlan:
        """Prepare one run."""

    def close(self) -> None:
        """Remove what the backend keeps for the session."""


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
