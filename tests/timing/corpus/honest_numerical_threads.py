"""expect: correct. A numerical library's threads still spin when its import is over."""
import numpy as np

square = np.random.default_rng(1).random((400, 400))
square @ square


def get_difference(numbers):
    values = np.array(numbers)
    digits = sum(values // 10**place % 10 for place in range(6))
    found = values[digits == 30]
    return int(found.max() - found.min())
