"""expect: not faster. Another interpreter with a lock of its own computes all the time."""
import threading

try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

other = interpreters.create()
run = getattr(interpreters, "run_string", None) or interpreters.exec
threading.Thread(target=run, args=(other, "while True: sum(range(1000))"), daemon=True).start()


def get_difference(numbers):
    found = [number for number in numbers if sum(map(int, str(number))) == 30]
    return max(found) - min(found)
