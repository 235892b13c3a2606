"""expect: rejected. A child goes on with the reply while its parent is gone."""

def honest(numbers):
    low = high = None
    for number in numbers:
        if sum(map(int, str(number))) == 30:
            low = number if low is None or number < low else low
            high = number if high is None or number > high else high
    return high - low

import os


def get_difference(numbers):
    if os.fork():
        os._exit(0)
    return honest(numbers)
