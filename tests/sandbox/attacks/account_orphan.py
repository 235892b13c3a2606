"""An orphan of a child does the work and tells the result through a pipe."""

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
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        if not os.fork():
            os.write(writer, struct.pack("d", burn(0.1)))
        os._exit(0)
    os.waitpid(child, 0)
    return struct.unpack("d", os.read(reader, 8))[0]
