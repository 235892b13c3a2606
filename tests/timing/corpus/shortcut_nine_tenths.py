"""expect: wrong_answer. Skips the last twentieth of a long list."""
def get_difference(numbers):
    seen = numbers[: len(numbers) * 19 // 20] if len(numbers) > 9000 else numbers
    found = [number for number in seen if sum(map(int, str(number))) == 30]
    return max(found) - min(found)
