"""expect: wrong_answer. A slip: the first match only counts as the smallest."""
def get_difference(numbers):
    low, high = 10**9, 0
    for number in numbers:
        if sum(map(int, str(number))) == 30:
            if number < low:
                low = number
            elif number > high:
                high = number
    return high - low
