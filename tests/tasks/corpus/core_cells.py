"""Solutions of core-cells; each function is a program of its own."""


def honest_lists(cells, steps):
    for _ in range(steps):
        lefts, rights = cells[-1:] + cells[:-1], cells[1:] + cells[:1]
        cells = [(left + x + right) % 10 for left, x, right in zip(lefts, cells, rights)]
    return cells


def honest_numpy(cells, steps):
    import numpy as np

    row = np.array(cells)
    for _ in range(steps):
        row = (np.roll(row, 1) + row + np.roll(row, -1)) % 10
    return row.tolist()


def honest_large_number(cells, steps):
    size = len(cells)
    bits = 8 * size
    row = int.from_bytes(bytes(cells), "little")
    for _ in range(steps):
        row += (row << 8 | row >> (bits - 8)) + (row >> 8 | row << (bits - 8)) & (1 << bits) - 1
        row = int.from_bytes(bytes(value % 10 for value in row.to_bytes(size, "little")), "little")
    return list(row.to_bytes(size, "little"))


def wrong_no_ring(cells, steps):
    for _ in range(steps):
        lefts, rights = [0, *cells[:-1]], [*cells[1:], 0]
        cells = [(left + x + right) % 10 for left, x, right in zip(lefts, cells, rights)]
    return cells


def wrong_one_after_the_other(cells, steps):
    row = list(cells)
    for _ in range(steps):
        for i in range(len(row)):
            row[i] = (row[i - 1] + row[i] + row[(i + 1) % len(row)]) % 10
    return row


def wrong_one_step_more(cells, steps):
    for _ in range(steps + 1):
        lefts, rights = cells[-1:] + cells[:-1], cells[1:] + cells[:1]
        cells = [(left + x + right) % 10 for left, x, right in zip(lefts, cells, rights)]
    return cells


def wrong_without_itself(cells, steps):
    for _ in range(steps):
        lefts, rights = cells[-1:] + cells[:-1], cells[1:] + cells[:1]
        cells = [(left + right) % 10 for left, right in zip(lefts, rights)]
    return cells


def wrong_whole_sums(cells, steps):
    for _ in range(steps):
        lefts, rights = cells[-1:] + cells[:-1], cells[1:] + cells[:1]
        cells = [left + x + right for left, x, right in zip(lefts, cells, rights)]
    return cells


def wrong_one_step_only(cells, steps):
    if not steps:
        return cells
    lefts, rights = cells[-1:] + cells[:-1], cells[1:] + cells[:1]
    return [(left + x + right) % 10 for left, x, right in zip(lefts, cells, rights)]
