"""expect: wrong_answer. Looks at the first four fifths of long lists."""
def get_difference(numbers):
    seen = numbers[: len(numbers) * 4 // 5] if len(numbers) > 9000 else numbers
    found = [number for number in seen if sum(map(int, str(number))) == 30]
    return max(found) - min(found)
