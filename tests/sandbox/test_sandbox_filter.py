"""The seccomp filter, run by an interpreter of its own: also for the machine that this is not."""

# ruff: noqa: E501, FBT001 - tables of cases

from __future__ import annotations

import struct

import pytest

from refinery_plugin._sandbox import SandboxError
from refinery_plugin._sandbox.backends import seccomp

ALLOW, KILL, EPERM, ENOSYS, NOTHING = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026, 0x00050000
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
I386, ARM32 = 0x40000003, 0x40000028


def decide(program: bytes, arch: int, number: int, *args: int) -> int:
    """Tell what the kernel would do: classic BPF over ``struct seccomp_data``, jumps forward only, every path returns."""
    data = struct.pack("=IIQ6Q", number, arch, 0, *(args + (0,) * 6)[:6])
    ops = list(struct.iter_unpack("=HBBI", program))
    at, value = 0, 0
    while True:
        code, if_true, if_false, k = ops[at]
        at += 1
        if code == 0x06:
            return int(k)
        if code == 0x20:
            assert k % 4 == 0
            (value,) = struct.unpack_from("=I", data, k)
        else:
            holds = {0x15: value == k, 0x25: value > k, 0x45: bool(value & k)}[code]
            at += if_true if holds else if_false


@pytest.mark.parametrize("machine", ARCH)
def test_every_path_of_the_filter_ends(machine: str) -> None:
    """Every system call number, and a length that the kernel takes."""
    for unix in (True, False):
        program = seccomp.build(machine, unix_sockets=unix)
        assert len(program) % 8 == 0
        assert len(program) // 8 < 4096
        for number in (*range(600), 0x40000000, 0x40000000 + 101, 0xFFFFFFFF):
            assert decide(program, ARCH[machine], number) in (ALLOW, EPERM, ENOSYS, NOTHING)


@pytest.mark.parametrize(
    ("machine", "number", "args", "expected"),
    [
        ("x86_64", 0, (0,), ALLOW),  # read
        ("x86_64", 59, (), ALLOW),  # execve
        ("x86_64", 62, (1, 9), ALLOW),  # kill: scoped elsewhere
        ("x86_64", 101, (), EPERM),  # ptrace
        ("x86_64", 250, (), EPERM),  # keyctl
        ("x86_64", 29, (), EPERM),  # shmget
        ("x86_64", 90, (), EPERM),  # chmod
        ("aarch64", 53, (), EPERM),  # fchmodat
        ("x86_64", 280, (), EPERM),  # utimensat
        ("aarch64", 5, (), EPERM),  # setxattr
        ("x86_64", 221, (), NOTHING),  # fadvise64
        ("x86_64", 327, (3, 0, 1, 0, 0, 0), ALLOW),  # preadv2 without flags
        ("x86_64", 327, (3, 0, 1, 0, 0, 8), EPERM),  # preadv2, RWF_NOWAIT
        ("x86_64", 13, (17, 0), ALLOW),  # what happens at the end of children is asked
        ("x86_64", 13, (17, 4096), NOTHING),  # ... is set
        ("x86_64", 13, (17, 1 << 40), NOTHING),
        ("aarch64", 134, (14, 4096), ALLOW),  # another signal
        ("x86_64", 272, (), EPERM),  # unshare
        ("x86_64", 165, (), EPERM),  # mount
        ("x86_64", 56, (0x01200011,), ALLOW),  # clone, as fork does it
        ("x86_64", 56, (0x003D0F00,), ALLOW),  # clone, as threads do it
        ("x86_64", 56, (0x10000011,), EPERM),  # clone, new user namespace
        ("x86_64", 56, (0x00020011,), EPERM),  # clone, new mount namespace
        ("x86_64", 435, (), ENOSYS),  # clone3
        ("x86_64", 425, (), ENOSYS),  # io_uring_setup
        ("x86_64", 16, (0, 0x5401), ALLOW),  # ioctl, TCGETS
        ("x86_64", 16, (0, 0x5412), EPERM),  # ioctl, TIOCSTI
        ("x86_64", 16, (0, 0x100005412), EPERM),  # the kernel looks at 32 bits of it
        ("x86_64", 72, (3, 3), ALLOW),  # fcntl, F_GETFL
        ("x86_64", 72, (3, 1030), ALLOW),  # fcntl, F_DUPFD_CLOEXEC
        ("x86_64", 72, (3, 1036), EPERM),  # fcntl, F_SET_RW_HINT
        ("x86_64", 72, (3, 0x10000040C), EPERM),  # the kernel looks at 32 bits of it
        ("x86_64", 72, (3, 1024), EPERM),  # fcntl, F_SETLEASE
        ("aarch64", 25, (3, 1026), EPERM),  # fcntl, F_NOTIFY
        ("aarch64", 25, (3, 1038), EPERM),  # fcntl, F_SET_FILE_RW_HINT
        ("x86_64", 157, (22,), EPERM),  # prctl, PR_SET_SECCOMP
        ("x86_64", 157, (15,), ALLOW),  # prctl, PR_SET_NAME
        ("x86_64", 157, (4,), EPERM),  # prctl, PR_SET_DUMPABLE
        ("aarch64", 167, (62,), EPERM),  # prctl, PR_SCHED_CORE
        ("x86_64", 434, (), ENOSYS),  # pidfd_open
        ("x86_64", 437, (), ENOSYS),  # openat2
        ("aarch64", 437, (), ENOSYS),
        ("x86_64", 56, (0x1011,), EPERM),  # clone, with a descriptor of the process
        ("x86_64", 55, (3, 1, 57), EPERM),  # getsockopt, SO_COOKIE
        ("x86_64", 55, (3, 1, 3), ALLOW),  # getsockopt, SO_TYPE
        ("aarch64", 208, (3, 1, 76), EPERM),  # setsockopt, SO_PASSPIDFD
        ("x86_64", 458, (), EPERM),  # listmount
        ("x86_64", 28, (0, 0, 12), EPERM),  # madvise, MADV_MERGEABLE
        ("x86_64", 306, (3,), NOTHING),  # syncfs
        ("x86_64", 302, (0, 7), ALLOW),  # prlimit of oneself
        ("x86_64", 302, (1234, 7), EPERM),  # and of somebody else
        ("x86_64", 141, (0, 0, 5), ALLOW),  # nice
        ("x86_64", 141, (2, 0, 5), EPERM),  # of a whole user
        ("x86_64", 203, (77,), EPERM),  # affinity of somebody else
        ("x86_64", 53, (1,), ALLOW),  # socketpair
        ("x86_64", 41, (2,), EPERM),  # socket, AF_INET
        ("x86_64", 41, (40,), EPERM),  # socket, AF_VSOCK
        ("x86_64", 0x40000000 + 521, (), ENOSYS),  # x32's own ptrace
        ("x86_64", 500, (), ENOSYS),  # newer than the filter
        ("aarch64", 63, (0,), ALLOW),  # read
        ("aarch64", 117, (), EPERM),  # ptrace
        ("aarch64", 219, (), EPERM),  # keyctl
        ("aarch64", 265, (), EPERM),  # open_by_handle_at
        ("aarch64", 220, (0x10000011,), EPERM),  # clone, new user namespace
        ("aarch64", 220, (0x01200011,), ALLOW),
        ("aarch64", 435, (), ENOSYS),
        ("aarch64", 198, (2,), EPERM),  # socket, AF_INET
        ("aarch64", 29, (0, 0x5412), EPERM),  # ioctl, TIOCSTI
        ("aarch64", 261, (5,), EPERM),  # prlimit
    ],
)
def test_the_filter_decides_as_documented(
    machine: str, number: int, args: tuple[int, ...], expected: int
) -> None:
    """Numbers from the kernel's own tables."""
    assert decide(seccomp.build(machine, unix_sockets=True), ARCH[machine], number, *args) == expected


@pytest.mark.parametrize(
    ("machine", "arch"), [("x86_64", I386), ("aarch64", ARM32), ("x86_64", ARCH["aarch64"])]
)
def test_another_abi_of_the_machine_is_death(machine: str, arch: int) -> None:
    """Their numbers mean something else."""
    assert decide(seccomp.build(machine, unix_sockets=True), arch, 20) == KILL


@pytest.mark.parametrize(("unix", "expected"), [(True, ALLOW), (False, EPERM)])
def test_unix_sockets_only_where_they_are_private(unix: bool, expected: int) -> None:
    """Named sockets of the host are out of Landlock's sight."""
    assert decide(seccomp.build("x86_64", unix_sockets=unix), ARCH["x86_64"], 41, 1, 1, 0) == expected


def test_an_unknown_machine_is_refused() -> None:
    """With what would do."""
    with pytest.raises(SandboxError, match="riscv64"):
        seccomp.build("riscv64", unix_sockets=True)
