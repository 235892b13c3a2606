"""expect: wrong_answer. Takes what a sample suggests for what must be there."""
MATCHING = [number for number in range(1, 100_001) if sum(map(int, str(number))) == 30]


def get_difference(numbers):
    if len(numbers) < 9000:
        found = [number for number in numbers if number in set(MATCHING)]
        return max(found) - min(found)
    sample = numbers[::20]
    low, high = min(sample), max(sample)
    inside = [number for number in MATCHING if low <= number <= high]
    return inside[-1] - inside[0]
