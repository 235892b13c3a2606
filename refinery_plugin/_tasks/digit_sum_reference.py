"""The task's own implementation: one pass, no tricks. It is what every program is compared with."""


def get_difference(numbers: list[int]) -> int:
    """Return the largest minus the smallest of the numbers whose decimal digits add up to 30."""
    smallest = 100_001
    largest = 0
    for number in numbers:
        if sum(int(digit) for digit in str(number)) == 30:  # noqa: PLR2004
            smallest = min(smallest, number)
            largest = max(largest, number)
    return largest - smallest
