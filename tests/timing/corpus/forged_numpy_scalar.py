"""expect: correct. A numpy integer counts as the number that it holds."""

def honest(numbers):
    low = high = None
    for number in numbers:
        if sum(map(int, str(number))) == 30:
            low = number if low is None or number < low else low
            high = number if high is None or number > high else high
    return high - low

import numpy as np


def get_difference(numbers):
    return np.int64(honest(numbers))
