"""Solutions of core-matrix-product; each function is a program of its own."""


def honest_columns(left, right, modulus):
    columns = list(zip(*right))
    return [[sum(map(int.__mul__, row, column)) % modulus for column in columns] for row in left]


def honest_numpy(left, right, modulus):
    import numpy as np

    product = np.array(left, dtype=np.int64) @ np.array(right, dtype=np.int64)
    return (product % modulus).tolist()


def honest_floats(left, right, modulus):
    import numpy as np

    # Exact: all sums are below 2**53.
    product = np.array(left, dtype=float) @ np.array(right, dtype=float)
    return np.mod(product, modulus).astype(np.int64).tolist()


def wrong_no_remainder(left, right, modulus):
    columns = list(zip(*right))
    return [[sum(a * b for a, b in zip(row, column)) for column in columns] for row in left]


def wrong_sign_of_c(left, right, modulus):
    from math import fmod

    columns = list(zip(*right))
    return [[int(fmod(sum(a * b for a, b in zip(row, column)), modulus)) for column in columns] for row in left]


def wrong_transposed(left, right, modulus):
    columns = list(zip(*right))
    return [[sum(a * b for a, b in zip(row, column)) % modulus for row in left] for column in columns]


def wrong_words_of_32_bits(left, right, modulus):
    import numpy as np

    product = np.array(left, dtype=np.int32) @ np.array(right, dtype=np.int32)
    return (product % modulus).tolist()


def wrong_last_left_out(left, right, modulus):
    columns = list(zip(*right[:-1])) if len(right) > 1 else [(0,) for _ in right[0]]
    return [[sum(a * b for a, b in zip(row, column)) % modulus for column in columns] for row in left]
