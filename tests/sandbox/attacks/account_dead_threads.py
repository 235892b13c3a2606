"""Threads do the work and are gone before the reply."""

import threading
import time

def burn(seconds):
    """Return the CPU seconds that were used."""
    start = time.thread_time()
    while time.thread_time() - start < seconds:
        pass
    return time.thread_time() - start

def solve(numbers):
    used = []
    threads = [threading.Thread(target=lambda: used.append(burn(0.03))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(used)
