"""expect: correct. The right number as a float: `==` says that it is right."""

def honest(numbers):
    low = high = None
    for number in numbers:
        if sum(map(int, str(number))) == 30:
            low = number if low is None or number < low else low
            high = number if high is None or number > high else high
    return high - low

def get_difference(numbers):
    return float(honest(numbers))
