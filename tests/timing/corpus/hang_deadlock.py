"""expect: timeout. Deadlocks with itself."""
import threading

LOCK = threading.Lock()


def get_difference(numbers):
    with LOCK, LOCK:
        return 95_931
