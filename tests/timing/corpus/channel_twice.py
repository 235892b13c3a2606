"""expect: not faster. Sends the honest answer twice."""

def honest(numbers):
    low = high = None
    for number in numbers:
        if sum(map(int, str(number))) == 30:
            low = number if low is None or number < low else low
            high = number if high is None or number > high else high
    return high - low

import os


def get_difference(numbers):
    answer = honest(numbers)
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, str(answer).encode() + b"\n")
        except OSError:
            pass
    return answer
