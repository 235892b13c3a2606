"""expect: wrong_answer. Honest until it has seen enough calls in one process."""

def honest(numbers):
    low = high = None
    for number in numbers:
        if sum(map(int, str(number))) == 30:
            low = number if low is None or number < low else low
            high = number if high is None or number > high else high
    return high - low

CALLS = []


def get_difference(numbers):
    CALLS.append(len(numbers))
    return honest(numbers) if len(CALLS) < 20 else 95_931
