"""expect: wrong_answer. Stops when the extremes have not moved for a long time."""
def get_difference(numbers):
    low, high, quiet = None, None, 0
    for number in numbers:
        if sum(map(int, str(number))) != 30:
            continue
        quiet += 1
        if low is None or number < low:
            low, quiet = number, 0
        if high is None or number > high:
            high, quiet = number, 0
        if quiet > 200:
            break
    return high - low
