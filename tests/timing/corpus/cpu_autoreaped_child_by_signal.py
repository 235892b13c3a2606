"""expect: not faster. Like cpu_autoreaped_child, without ctypes and without a look at frames from the import: the worker blocks signals in its
first thread only, so a timer's signal lands in a second thread, and Python runs the handler in the first one, in the middle of
the hand-over, with the worker's frame as its argument. Gain: any amount of work before the clock starts."""
import os
import signal
import struct
import threading
import time

_answer = {}

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


def _tick(_number, frame):
    while frame is not None and "token" not in frame.f_code.co_varnames:
        frame = frame.f_back
    if frame is None or _answer:
        return
    values = frame.f_locals
    raw = values.get("data")
    if raw is None or len(raw) < 40_000 or values.get("filled") != len(raw) or raw[16:17] not in (b"w", b"q"):
        return
    end = 16 + int.from_bytes(raw[8:16], "little")
    signal.setitimer(signal.ITIMER_REAL, 0)
    reader, writer = os.pipe()
    if os.fork() == 0:
        try:
            os.write(writer, struct.pack("<q", _honest(memoryview(raw)[25:end].cast("i" if raw[16:17] == b"w" else "q"))))
        finally:
            os._exit(0)
    os.close(writer)
    _answer["value"] = struct.unpack("<q", os.read(reader, 8))[0]
    os.read(reader, 1)  # until it is gone
    time.sleep(0.01)
    os.close(reader)


signal.signal(signal.SIGCHLD, signal.SIG_IGN)
signal.signal(signal.SIGALRM, _tick)
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)


def get_difference(numbers):
    signal.setitimer(signal.ITIMER_REAL, 0)
    if len(numbers) > 10_000 and "value" in _answer:
        return _answer.pop("value")
    return _honest(numbers)
