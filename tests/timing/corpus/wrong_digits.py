"""expect: wrong_answer. A slip: 100,000 has six digits."""
def get_difference(numbers):
    found = [n for n in numbers if n // 10000 + n // 1000 % 10 + n // 100 % 10 + n // 10 % 10 + n % 10 in (30, 10)]
    return max(found) - min(found)
