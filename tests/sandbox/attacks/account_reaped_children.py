"""Fifty children of 2 ms, each reaped at once: less than a tick of the kernel's books."""

import os
import struct
import time

def burn(seconds):
    """Return the CPU seconds that were used."""
    start = time.thread_time()
    while time.thread_time() - start < seconds:
        pass
    return time.thread_time() - start

def solve(numbers):
    total = 0.0
    for _ in range(50):
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.write(writer, struct.pack("d", burn(0.002)))
            os._exit(0)
        total += struct.unpack("d", os.read(reader, 8))[0]
        os.waitpid(child, 0)
        os.close(reader)
        os.close(writer)
    return total
