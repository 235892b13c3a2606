"""A file system of the run's own, where a mount namespace can be had.

Trusted code, before the program is let in. The program has ``/tmp`` and ``/dev/shm`` of its own, sized and counted by
the kernel, and nothing of the host but what is named, read-only, at its own place.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any

from refinery_plugin._sandbox.inside.kernel import checked, libc

_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_CLONE_NEWNS, _CLONE_NEWUSER = 0x00020000, 0x10000000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = (
    1,
    2,
    4,
    8,
    32,
    4096,
    16384,
    1 << 18,
)
_MNT_DETACH = 2
_KEPT = ((4, _MS_NODEV), (8, _MS_NOEXEC), (1024, 1024), (2048, 2048), (4096, 1 << 21))
"""What statvfs says of a mount (nodev, noexec, noatime, nodiratime, relatime), and how to ask for it again."""
_PAGE = 4096


def enter_private_root(view: dict[str, Any]) -> None:
    """Leave the host's file system for good.

    Parameters
    ----------
    view : ``staging`` (an empty directory), ``user`` (whether a user namespace is needed: only root needs none),
        ``trees`` and ``devices`` (shown at their own places), ``packages`` (name below ``/packages``: path), ``tmp``
        and ``shm`` (bytes).

    Raises
    ------
    OSError : this process may not make such a namespace.
    """
    _unshare(user=view["user"])
    _mount("none", "/", "", _MS_REC | _MS_PRIVATE)
    staging = view["staging"]
    _mount("tmpfs", staging, "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=0755")
    shown = [(path, path) for path in (*view["trees"], *view["devices"])]
    shown += [(path, f"/packages/{name}") for name, path in view["packages"].items()]
    os.makedirs(f"{staging}/packages", 0o755)  # noqa: PTH103 - pathlib is too slow to import for every run
    for path, place in shown:
        _show(path, staging + place, devices=path in view["devices"])
    for place, size in (("/tmp", view["tmp"]), ("/dev/shm", view["shm"])):  # noqa: S108 - the run's own
        os.makedirs(staging + place, 0o755, exist_ok=True)  # noqa: PTH103
        room = f"size={size},nr_inodes={size // _PAGE},mode=1777"
        _mount("tmpfs", staging + place, "tmpfs", _MS_NOSUID | _MS_NODEV, room)
    _become_root(staging)


def _unshare(*, user: bool) -> None:
    uid, gid = os.getuid(), os.getgid()
    checked(libc.unshare(_CLONE_NEWNS | (_CLONE_NEWUSER if user else 0)), "unshare")
    if user:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{uid} {uid} 1"),
            ("gid_map", f"{gid} {gid} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123
                file.write(text)


def _show(path: str, place: str, *, devices: bool) -> None:
    if os.path.isdir(path):  # noqa: PTH112
        os.makedirs(place, 0o755, exist_ok=True)  # noqa: PTH103
    else:
        os.makedirs(os.path.dirname(place), 0o755, exist_ok=True)  # noqa: PTH103, PTH120
        os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o644))
    _mount(path, place, "", _MS_BIND | _MS_REC)
    # What the host forbids there stays forbidden, or a user namespace may not change the mount at all.
    mounted = os.statvfs(place).f_flag
    flags = sum(flag for bit, flag in _KEPT if mounted & bit) | (0 if devices else _MS_NODEV)
    _mount("none", place, "", _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | flags)


def _become_root(staging: str) -> None:
    os.chdir(staging)
    number = ctypes.c_long(_PIVOT_ROOT[os.uname().machine])
    checked(libc.syscall(number, ctypes.c_char_p(b"."), ctypes.c_char_p(b".")), "pivot_root")
    checked(libc.umount2(b".", _MNT_DETACH), "umount2")  # the old root lies on top of the new one
    os.chdir("/")
    _mount("none", "/", "", _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV)


def _mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    arguments = [text.encode() for text in (source, target, kind)]
    checked(libc.mount(*arguments, ctypes.c_ulong(flags), data.encode()), f"mount on {target}")
