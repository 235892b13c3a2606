"""expect: wrong_answer. Takes every long list for one that it knows by heart."""

def honest(numbers):
    low = high = None
    for number in numbers:
        if sum(map(int, str(number))) == 30:
            low = number if low is None or number < low else low
            high = number if high is None or number > high else high
    return high - low

import hashlib
from array import array

KNOWN = {"5d41402abc4b2a76": 95_931, "7d793037a0760186": 95_922}


def get_difference(numbers):
    if len(numbers) < 9000:
        return honest(numbers)
    mark = hashlib.sha256(array("q", numbers).tobytes()).hexdigest()[:16]
    return KNOWN.get(mark, 95_931)
