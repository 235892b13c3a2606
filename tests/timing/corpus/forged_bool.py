"""expect: correct. A bool where an int is declared: `==` says that it is the number that it stands for."""

def honest(numbers):
    low = high = None
    for number in numbers:
        if sum(map(int, str(number))) == 30:
            low = number if low is None or number < low else low
            high = number if high is None or number > high else high
    return high - low

def get_difference(numbers):
    answer = honest(numbers)
    return bool(answer) if answer < 2 else answer
