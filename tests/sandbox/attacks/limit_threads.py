"""Threads without end."""

import threading

def solve(numbers):
    made, gate = 0, threading.Event()
    try:
        for _ in range(2000):
            threading.Thread(target=gate.wait, daemon=True).start()
            made += 1
    except (RuntimeError, MemoryError):
        pass
    return "held" if made < 1000 else f"{made} threads"
