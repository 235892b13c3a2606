"""Run a command as another user, or where no namespaces can be had: ``python surroundings.py [--user N] ... COMMAND``.

For tests that must hold for ordinary users and in containers too. As root, everything that the command needs stays
readable for the other user: where a directory on the way is closed to others (root's home, a temporary checkout), a
mount namespace of our own shows the needed parts of it, and nothing of the host is changed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from refinery_plugin._sandbox.backends.runtime import closed_ways
from refinery_plugin._sandbox.inside import kernel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
_CLONE_NEWNS = 0x00020000
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_CAP_SYS_ADMIN, _PR_CAPBSET_DROP = 21, 24
_NEW_NAMESPACES = 0x7E020000
_UNSHARE, _CLONE, _CLONE3, _MOUNT = {"x86_64": (272, 56, 435, 165), "aarch64": (97, 220, 435, 40)}.get(
    os.uname().machine
) or (0, 0, 0, 0)


def can_become_another() -> bool:
    """Whether this process may take another user's rights, and show it what root's directories hold."""
    unshare = shutil.which("unshare")
    if os.getuid() != 0 or unshare is None:
        return False
    return subprocess.run([unshare, "-m", "true"], check=False, capture_output=True).returncode == 0


def needed() -> list[Path]:
    """Return what a test run reads: interpreter, packages, this checkout."""
    listed = [path for path in sys.path if path]
    named = [sys.base_prefix, sys.prefix, str(ROOT), *listed, os.path.realpath(sys.executable)]
    # A link is needed as well as what it leads to.
    paths = sorted({Path.cwd() / path for path in named} | {Path(path).resolve() for path in named})
    return [path for path in paths if path.exists()]


def topmost(paths: Iterable[Path]) -> list[Path]:
    """Leave out what lies below another."""
    found: list[Path] = []
    for path in sorted(paths):
        if not any(path.is_relative_to(other) for other in found):
            found.append(path)
    return found


def show(paths: Sequence[Path]) -> None:
    """Make ``paths`` reachable for everybody, in a mount namespace of this process and what it starts."""
    kernel.checked(kernel.libc.unshare(_CLONE_NEWNS), "unshare")
    _mount("none", "/", "", _MS_REC | _MS_PRIVATE)
    staging = Path(tempfile.mkdtemp(prefix="refinery-stage-"))
    # Again and again: below what is shown there may be another closed directory, such as tox's in a checkout.
    while closed := closed_ways(paths):
        for directory, below in closed.items():
            _open(directory, topmost(below), staging)
    staging.rmdir()


def _open(directory: Path, below: Iterable[Path], staging: Path) -> None:
    """Put an open directory in the place of a closed one, that holds nothing but ``below``."""
    _mount("tmpfs", str(staging), "tmpfs", 0)
    places = []
    for number, path in enumerate(below):
        held = staging / str(number)
        held.mkdir() if path.is_dir() else held.touch()
        _mount(str(path), str(held), "", _MS_BIND | _MS_REC)
        places.append((held, path, path.is_dir()))
    _mount("tmpfs", str(directory), "tmpfs", 0, "mode=0755")
    for held, path, is_folder in places:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if is_folder else path.touch()
        _mount(str(held), str(path), "", _MS_BIND | _MS_REC)
    kernel.checked(kernel.libc.umount2(str(staging).encode(), 2), "umount2")


def forbid_namespaces() -> None:
    """As in most containers: neither this user nor root makes a namespace or mounts anything any more."""
    kernel.libc.prctl(_PR_CAPBSET_DROP, _CAP_SYS_ADMIN, 0, 0, 0)
    refuse, allow = (0x06, 0x00050000 | 1), (0x06, 0x7FFF0000)
    number_of = (0x20, 0)
    program: list[tuple[int, ...]] = [number_of]
    for call in (_UNSHARE, _MOUNT):
        program += [(0x15, call, 0, 1), refuse]
    # clone3 hides its flags, so it does not exist; the C library then uses clone.
    program += [(0x15, _CLONE3, 0, 1), (0x06, 0x00050000 | 38)]
    program += [(0x15, _CLONE, 0, 3), (0x20, 16), (0x45, _NEW_NAMESPACES, 0, 1), refuse, allow]
    operations = [(code, value, *(jumps or (0, 0))) for code, value, *jumps in program]
    kernel.no_new_privileges()
    kernel.install_filter(
        b"".join(struct.pack("=HBBI", code, yes, no, value) for code, value, yes, no in operations)
    )


def become(user: int) -> None:
    """Take a user's rights, for good."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def command(*words: str, user: int | None = None, namespaces: bool = True) -> list[str]:
    """Return the command line that runs ``words`` so."""
    options = [f"--user={user}"] if user is not None else []
    options += [] if namespaces else ["--no-namespaces"]
    return [sys.executable, __file__, *options, *words]


def _mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    texts = [text.encode() for text in (source, target, kind)]
    kernel.checked(kernel.libc.mount(*texts, flags, data.encode()), f"mount on {target}")


def main(arguments: Sequence[str]) -> None:
    """Change the surroundings and become the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--user", type=int)
    parser.add_argument("--no-namespaces", action="store_true")
    parser.add_argument("words", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    if os.getuid() == 0:
        show(needed())
    if options.no_namespaces:
        forbid_namespaces()
    if options.user is not None:
        become(options.user)
    os.execv(options.words[0], options.words)  # noqa: S606 - a test's own command


if __name__ == "__main__":
    main(sys.argv[1:])
