"""The one seccomp filter that every program runs under, as bytes for the kernel.

Built in the parent, installed by the worker just before the program is imported. It is a list of what is refused,
not of what is allowed: interpreters and numpy use too much of the kernel for the latter. System calls that are newer
than this list do not exist inside (``ENOSYS``), and neither do other ABIs of the same machine (i386 and x32 on
x86-64, 32-bit Arm on aarch64), whose numbers would slip past.

Refused are: keyrings, System V IPC and POSIX message queues (they outlive a sandbox); tracing other processes or
reading their memory; limits, affinity and priority of other processes; leaving the process group (so that one signal
kills everything); new namespaces and everything to do with mounts; every socket but, where the backend makes them
private, Unix ones, and pairs; io_uring (it bypasses filters); bpf, perf, userfaultfd, fanotify and inotify; files by
handle; memory that no limit counts (memfd); pushing keys into a terminal; clocks, modules, swap and the like.

Refused as well is what outlives a run without being a file's content, on paths and descriptors alike: owners, modes,
times, extended attributes, hints and leases, of which Landlock knows nothing; and what tells or decides which pages of
a file, or which names, are in memory. Advice on files is taken and ignored. So are handlers for the end of children: a
process that ignores it has children whose CPU time nobody gets to see.

And refused is what shows a counter of the kernel that all processes share, such as the numbers of sockets and of
process descriptors: who counts them up tells the next run something. A process may not hide its descriptors from us (no
PR_SET_DUMPABLE), nor keep others off its core (no PR_SCHED_CORE).
"""

from __future__ import annotations

import struct
from typing import Final

from refinery_plugin._sandbox.errors import SandboxError

# name: numbers on x86-64 and aarch64 (None where there is no such call)
_REFUSED: Final[dict[str, tuple[int | None, int | None]]] = {
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmdt": (67, 197),
    "semget": (64, 190),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "mq_timedsend": (242, 182),
    "mq_timedreceive": (243, 183),
    "mq_notify": (244, 184),
    "mq_getsetattr": (245, 185),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "get_robust_list": (274, 100),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "perf_event_open": (298, 241),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "seccomp": (317, 277),
    "setsid": (112, 157),
    "setpgid": (109, 154),
    "ioprio_set": (251, 30),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "inotify_add_watch": (254, 27),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "acct": (163, 89),
    "reboot": (169, 142),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "personality": (135, 92),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "syslog": (103, 116),
    "vhangup": (153, 58),
    "lookup_dcookie": (212, 18),
    "uselib": (134, None),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "mincore": (27, 232),
    "cachestat": (451, 451),
    "readahead": (187, 213),
    "statmount": (457, 457),
    "listmount": (458, 458),
}
_IGNORED: Final[dict[str, tuple[int | None, int | None]]] = {
    "fadvise64": (221, 223),
    "sync": (162, 81),
    "syncfs": (306, 267),
}
_ABSENT: Final[dict[str, tuple[int | None, int | None]]] = {  # the C library knows what to do without them
    "clone3": (435, 435),  # its flags are out of a filter's sight
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "pidfd_open": (434, 434),  # whose inode number counts all processes that there ever were
    "openat2": (437, 437),  # RESOLVE_CACHED, behind a pointer, tells which names were looked up before
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
}
_LAST_KNOWN: Final = 462  # mseal, Linux 6.10

_CLONE: Final = (56, 220)
_PRCTL: Final = (157, 167)
_IOCTL: Final = (16, 29)
_SOCKET: Final = (41, 198)
_SETPRIORITY: Final = (141, 140)
_SIGACTION: Final = (13, 134)
_FLAGGED_IO: Final = ((327, 286), (328, 287))
"""preadv2, pwritev2: their flags (the sixth argument) must be 0, or they tell what is in memory (RWF_NOWAIT)."""
_MADVISE: Final = (28, 233)
_PAGE_OUT: Final = (12, 20, 21)  # MADV_MERGEABLE, MADV_COLD, MADV_PAGEOUT
_GETSOCKOPT: Final = (55, 209)
_SETSOCKOPT: Final = (54, 208)
_COUNTING_OPTIONS: Final = (57, 71, 77)  # SO_COOKIE, SO_NETNS_COOKIE, SO_PEERPIDFD
_SO_PASSPIDFD: Final = 76
_FCNTL: Final = (72, 25)
_FILE_MARKS: Final = (1024, 1026, 1036, 1038)
"""F_SETLEASE, F_NOTIFY, F_SET_RW_HINT, F_SET_FILE_RW_HINT: a hint stays with a file as long as it is in memory."""
_FS_FLAGS: Final = (0x40086602, 0x401C5820)  # FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR
_SIGCHLD: Final = 17
_OWN_PID_ONLY: Final = ((302, 261), (203, 122), (144, 119), (142, 118), (314, 274))
"""prlimit64, sched_setaffinity, sched_setscheduler, sched_setparam, sched_setattr: their first argument must be 0."""

_NEW_NAMESPACES: Final = 0x7E020000
_CLONE_PIDFD: Final = 0x1000
_REFUSED_PRCTL: Final = (4, 22, 62)
"""PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SCHED_CORE."""
_TERMINAL_INJECTION: Final = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
_AF_UNIX: Final = 1

_ARCHITECTURES: Final = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

_LOAD, _JUMP_EQUAL, _JUMP_ABOVE, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_NUMBER_AT, _ARCH_AT, _ARGS_AT = 0, 4, 16

_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_EPERM: Final = 0x00050000 | 1
_ENOSYS: Final = 0x00050000 | 38
_NOTHING_DONE: Final = 0x00050000  # the call seems to succeed


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _argument(index: int) -> bytes:
    """Load the low half of an argument; both machines are little endian."""
    return _op(_LOAD, _ARGS_AT + 8 * index)


def _when(number: int, body: bytes) -> bytes:
    """``body`` for one system call; the others jump over it. Bodies end in a return on every path."""
    return _op(_JUMP_EQUAL, number, 0, len(body) // 8) + body


def _refuse(number: int, action: int) -> bytes:
    return _when(number, _op(_RETURN, action))


def _unless_zero(index: int) -> bytes:
    return _argument(index) + _op(_JUMP_EQUAL, 0, 1, 0) + _op(_RETURN, _EPERM)


def build(machine: str, *, unix_sockets: bool) -> bytes:
    """Build the filter for ``machine`` (as in ``os.uname().machine``): an array of ``struct sock_filter``.

    Parameters
    ----------
    unix_sockets : allow Unix sockets; only where names and paths that they could reach are private to the run.

    Raises
    ------
    SandboxError : the machine is neither x86-64 nor aarch64.
    """
    if machine not in _ARCHITECTURES:
        raise SandboxError(
            f"programs cannot be contained on {machine}: the seccomp filter knows {', '.join(_ARCHITECTURES)}; "
            "run on one of these, or trust the programs with --refinery-sandbox=none"
        )
    column, arch = _ARCHITECTURES[machine]
    allow, refuse = _op(_RETURN, _ALLOW), _op(_RETURN, _EPERM)

    program = _op(_LOAD, _ARCH_AT) + _op(_JUMP_EQUAL, arch, 1, 0) + _op(_RETURN, _KILL)
    program += _op(_LOAD, _NUMBER_AT)
    # Everything above the list, x32 (a high bit on x86-64) included.
    program += _op(_JUMP_ABOVE, _LAST_KNOWN, 0, 1) + _op(_RETURN, _ENOSYS)

    program += _when(
        _CLONE[column], _argument(0) + _op(_JUMP_BITS, _NEW_NAMESPACES | _CLONE_PIDFD, 0, 1) + refuse + allow
    )
    settings = b"".join(_op(_JUMP_EQUAL, setting, 0, 1) + refuse for setting in _REFUSED_PRCTL)
    program += _when(_PRCTL[column], _argument(0) + settings + allow)
    counting = b"".join(_op(_JUMP_EQUAL, option, 0, 1) + refuse for option in _COUNTING_OPTIONS)
    program += _when(_GETSOCKOPT[column], _argument(2) + counting + allow)
    program += _when(
        _SETSOCKOPT[column], _argument(2) + _op(_JUMP_EQUAL, _SO_PASSPIDFD, 0, 1) + refuse + allow
    )
    injection = b"".join(_op(_JUMP_EQUAL, code, 0, 1) + refuse for code in (*_TERMINAL_INJECTION, *_FS_FLAGS))
    program += _when(_IOCTL[column], _argument(1) + injection + allow)
    marks = b"".join(_op(_JUMP_EQUAL, command, 0, 1) + refuse for command in _FILE_MARKS)
    program += _when(_FCNTL[column], _argument(1) + marks + allow)
    family = _op(_JUMP_EQUAL, _AF_UNIX, 0, 1) + allow if unix_sockets else b""
    program += _when(_SOCKET[column], _argument(0) + family + refuse)
    program += _when(_SETPRIORITY[column], _unless_zero(0) + _unless_zero(1) + allow)
    for numbers in _OWN_PID_ONLY:
        program += _when(numbers[column], _unless_zero(0) + allow)

    # Asking (no new action: a pointer of which both halves are 0) is fine.
    asks = _argument(1) + _op(_JUMP_EQUAL, 0, 0, 3)
    asks += _op(_LOAD, _ARGS_AT + 8 * 1 + 4) + _op(_JUMP_EQUAL, 0, 0, 1) + allow
    program += _when(
        _SIGACTION[column],
        _argument(0) + _op(_JUMP_EQUAL, _SIGCHLD, 1, 0) + allow + asks + _op(_RETURN, _NOTHING_DONE),
    )
    for numbers in _FLAGGED_IO:
        program += _when(numbers[column], _unless_zero(5) + allow)
    paging = b"".join(_op(_JUMP_EQUAL, advice, 0, 1) + refuse for advice in _PAGE_OUT)
    program += _when(_MADVISE[column], _argument(2) + paging + allow)

    for table, action in ((_REFUSED, _EPERM), (_ABSENT, _ENOSYS), (_IGNORED, _NOTHING_DONE)):
        for numbers_or_none in table.values():
            number = numbers_or_none[column]
            if number is not None:
                program += _refuse(number, action)
    return program + allow
