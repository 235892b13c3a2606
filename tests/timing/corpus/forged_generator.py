"""expect: wrong_answer. Promises the answer for later."""
def get_difference(numbers):
    yield max(number for number in numbers if sum(map(int, str(number))) == 30)
