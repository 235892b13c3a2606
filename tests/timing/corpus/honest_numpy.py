"""expect: correct. numpy, a table made at import, and a cast to a plain int."""
import numpy as np

TABLE = np.array([sum(map(int, str(number))) == 30 for number in range(100_001)])


def get_difference(numbers: list[int]) -> int:
    values = np.asarray(numbers)
    found = values[TABLE[values]]
    return int(found.max() - found.min())
