"""expect: correct. Tries doors that must be shut, and spoils its answer if one is open."""

def honest(numbers):
    low = high = None
    for number in numbers:
        if sum(map(int, str(number))) == 30:
            low = number if low is None or number < low else low
            high = number if high is None or number > high else high
    return high - low

import ctypes
import os
import resource
import socket

libc = ctypes.CDLL(None, use_errno=True)
CALLS = {"x86_64": (425, 323, 298, 321, 101, 310, 317, 272, 304), "aarch64": (425, 282, 241, 280, 117, 270, 277, 97, 265)}


def opens(attempt):
    try:
        return attempt() is not False
    except (OSError, ValueError):
        return False


def open_doors():
    for number in CALLS[os.uname().machine]:  # io_uring, userfaultfd, perf, bpf, ptrace, ...
        yield lambda: libc.syscall(number, 0, 0, 0, 0, 0) >= 0
    for path in ("/proc/self/mem", "/proc/1/environ", "/dev/mem", "/dev/kmsg", "/sys/kernel", "/etc/shadow"):
        yield lambda: os.close(os.open(path, os.O_RDONLY))
    for name in ("RLIMIT_NPROC", "RLIMIT_DATA", "RLIMIT_FSIZE"):
        kind = getattr(resource, name)
        yield lambda: resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    yield lambda: os.nice(-10)
    yield lambda: os.setuid(0)
    yield lambda: os.setsid()
    yield lambda: socket.socket(socket.AF_INET)
    yield lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
    yield lambda: libc.prctl(22, 1, 0, 0, 0) == 0  # PR_SET_SECCOMP


def get_difference(numbers):
    if any(opens(door) for door in open_doors()):
        return -1
    return honest(numbers)
