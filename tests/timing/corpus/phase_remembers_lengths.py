"""expect: wrong_answer. Remembers the previous answer and hopes for the same question."""

def honest(numbers):
    low = high = None
    for number in numbers:
        if sum(map(int, str(number))) == 30:
            low = number if low is None or number < low else low
            high = number if high is None or number > high else high
    return high - low

LAST = {}


def get_difference(numbers):
    return LAST.setdefault(len(numbers), honest(numbers))
