"""expect: not faster. Replaces the clocks by one that stands still."""

def honest(numbers):
    low = high = None
    for number in numbers:
        if sum(map(int, str(number))) == 30:
            low = number if low is None or number < low else low
            high = number if high is None or number > high else high
    return high - low

import time

time.perf_counter = time.monotonic = time.process_time = time.time = lambda: 0.0


def get_difference(numbers):
    return honest(numbers)
