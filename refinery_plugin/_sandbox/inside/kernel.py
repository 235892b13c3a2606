"""What the worker asks of the kernel through ctypes before the program is imported: no way back from any of it.

Runs inside the sandbox, and as part of the trusted code that builds it. Every call raises ``OSError`` when the kernel
refuses.
"""

from __future__ import annotations

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
_syscall = libc.syscall
_syscall.restype = ctypes.c_long

_SECCOMP = {"x86_64": 317, "aarch64": 277}
_SECCOMP_SET_MODE_FILTER = 1
_SPEC_ALLOW = (
    1 << 2
)  # or else the filter turns speculation mitigations on, which an in-process run does not pay
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_VERSION = 1
_RULE_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS, _PR_SET_CHILD_SUBREAPER, _PR_CAPBSET_DROP = 38, 36, 24
_CAPABILITY_VERSION = 0x20080522
_O_PATH = os.O_PATH | os.O_CLOEXEC

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_SYM = (
    16,
    32,
    128,
    256,
    512,
    1024,
    4096,
)
REFER, TRUNCATE = 1 << 13, 1 << 14
READ_ONLY = EXECUTE | READ_FILE | READ_DIR
OWN = (
    READ_ONLY
    | WRITE_FILE
    | REMOVE_DIR
    | REMOVE_FILE
    | MAKE_DIR
    | MAKE_REG
    | MAKE_FIFO
    | MAKE_SYM
    | REFER
    | TRUNCATE
)
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE


def checked(result: int, what: str) -> int:
    """Give the result of a call of the C library; raises ``OSError`` for what is below 0."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def no_new_privileges() -> None:
    """From here on, no exec gains anything (set-user-id bits, file capabilities)."""
    checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS")


def narrow_capabilities() -> None:
    """Take every capability out of the bounding set, as far as we may: no exec can bring one back."""
    for capability in range(64):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)


def drop_capabilities() -> None:
    """Empty the effective, permitted and inheritable sets."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    checked(libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")


def adopt_orphans() -> None:
    """Make this process the one that inherits its orphaned descendants."""
    checked(libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "PR_SET_CHILD_SUBREAPER")


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def install_filter(program: bytes) -> None:
    """Put this thread, and all that it starts, under a seccomp filter."""
    filter_program = _FilterProgram(len(program) // 8, program)
    checked(
        _syscall(
            ctypes.c_long(_SECCOMP[os.uname().machine]),
            ctypes.c_uint(_SECCOMP_SET_MODE_FILTER),
            ctypes.c_uint(_SPEC_ALLOW),
            ctypes.byref(filter_program),
        ),
        "seccomp",
    )


def landlock_abi() -> int:
    """Ask for the Landlock ABI of the running kernel; 0 where there is none or it is switched off."""
    abi = _syscall(
        ctypes.c_long(_LANDLOCK_CREATE),
        ctypes.c_void_p(None),
        ctypes.c_size_t(0),
        ctypes.c_uint(_LANDLOCK_VERSION),
    )
    return max(0, int(abi))


class _Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("access", ctypes.c_uint64), ("parent", ctypes.c_int32))


def _handled(abi: int) -> _Ruleset:
    fs = (1 << 13) - 1
    for since, bit in ((2, REFER), (3, TRUNCATE), (5, 1 << 15)):
        if abi >= since:
            fs |= bit
    return _Ruleset(fs, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)  # noqa: PLR2004 - bind, connect; sockets, signals


def landlock_ruleset(abi: int, rules: list[tuple[str, int]]) -> int:
    """Make a ruleset that denies everything the ABI knows of but ``rules``: (path, rights).

    Paths that do not exist are left out.
    """
    attributes = _handled(abi)
    size = 8 if abi < 4 else 16 if abi < 6 else 24  # noqa: PLR2004
    ruleset = checked(
        _syscall(
            ctypes.c_long(_LANDLOCK_CREATE), ctypes.byref(attributes), ctypes.c_size_t(size), ctypes.c_uint(0)
        ),
        "landlock_create_ruleset",
    )
    for path, rights in rules:
        try:
            parent = os.open(path, _O_PATH)
        except FileNotFoundError:
            continue
        if not os.path.isdir(path):  # noqa: PTH112 - pathlib is too slow to import for every run
            rights &= FILE_RIGHTS  # noqa: PLW2901
        rule = _PathBeneath(rights & attributes.fs, parent)
        checked(
            _syscall(
                ctypes.c_long(_LANDLOCK_ADD),
                ctypes.c_int(ruleset),
                ctypes.c_int(_RULE_PATH_BENEATH),
                ctypes.byref(rule),
                ctypes.c_uint(0),
            ),
            f"landlock_add_rule for {path}",
        )
        os.close(parent)
    return ruleset


def landlock_restrict(ruleset: int) -> None:
    """Put this thread, and all that it starts, under a ruleset."""
    checked(
        _syscall(ctypes.c_long(_LANDLOCK_RESTRICT), ctypes.c_int(ruleset), ctypes.c_uint(0)),
        "landlock_restrict_self",
    )
    os.close(ruleset)
