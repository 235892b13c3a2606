"""expect: wrong_answer. A number that differs from everything, itself included."""
def get_difference(numbers):
    return float("nan")
