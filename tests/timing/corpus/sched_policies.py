"""expect: not faster. Asks for every better treatment by the scheduler: negative nice, FIFO, DEADLINE, utilisation clamps, a core of its own (core
scheduling), no timer slack, a core's pinning, and for worse treatment of its parent. Must not gain."""
import ctypes
import os

libc = ctypes.CDLL(None)


def _try(call, *args):
    try:
        return call(*args)
    except (OSError, AttributeError, ValueError):
        return None


_try(os.nice, -20)
for policy in (os.SCHED_FIFO, os.SCHED_RR):
    _try(os.sched_setscheduler, 0, policy, os.sched_param(1))
_try(libc.prctl, 29, 1, 0, 0, 0)
_try(libc.prctl, 62, 1, 0, 0, 0)
for pid in (os.getppid(), 1):
    _try(os.setpriority, os.PRIO_PROCESS, pid, 19)
    _try(os.sched_setaffinity, pid, {0})
    _try(os.sched_setscheduler, pid, os.SCHED_IDLE, os.sched_param(0))
    _try(os.kill, pid, 19)
_try(os.sched_setaffinity, 0, {max(os.sched_getaffinity(0))})

def _honest(numbers):
    """The plain loop of honest_naive_str.py."""
    lo = hi = None
    for n in numbers:
        if sum(map(int, str(n))) == 30:
            if lo is None:
                lo = hi = n
            elif n < lo:
                lo = n
            elif n > hi:
                hi = n
    return 0 if lo is None else hi - lo


def get_difference(numbers):
    return _honest(numbers)
