"""A child becomes another program by exec, does the work, and is not waited for."""

import os
import sys
import time

CODE = """
import sys, time
start = time.process_time()
while time.process_time() - start < 0.1: pass
sys.stdout.write(str(time.process_time() - start))
sys.stdout.flush()
time.sleep(30)
"""

def solve(numbers):
    reader, writer = os.pipe()
    if not os.fork():
        os.dup2(writer, 1)
        os.execv(sys.executable, [sys.executable, "-c", CODE])
    os.close(writer)
    return float(os.read(reader, 64))
