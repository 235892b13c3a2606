"""expect: not faster. PR_SET_DUMPABLE 0 gives the process' /proc entries to root, so that a parent without privileges may not read them: neither
its CPU time nor its memory then counts. Holds 700 MB in two processes and spins before the call. Must not gain."""
import ctypes
import os

ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)

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
    if len(numbers) > 10_000:
        pid = os.fork()
        kept = b"x" * (350 << 20)
        if pid == 0:
            os._exit(len(kept) & 1)
        os.waitpid(pid, 0)
    return _honest(numbers)
