"""expect: not faster. A thread that computes all the time, also while the data arrives."""
import threading


def spin():
    while True:
        sum(range(10_000))


threading.Thread(target=spin, daemon=True).start()


def get_difference(numbers):
    found = [number for number in numbers if sum(map(int, str(number))) == 30]
    return max(found) - min(found)
