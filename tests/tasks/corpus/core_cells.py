"""Solutions of core-cells; each function is a program of its own."""


def honest_lists(cells, steps):
    row = [letter == "#" for letter in cells]
    for _ in range(steps):
        row = [x != (left == right) for left, x, right in zip(row[-1:] + row[:-1], row, row[1:] + row[:1])]
    return "".join("#" if full else "." for full in row)


def honest_numpy(cells, steps):
    import numpy as np

    row = np.array([letter == "#" for letter in cells])
    for _ in range(steps):
        row = row ^ (np.roll(row, 1) == np.roll(row, -1))
    return "".join(".#"[full] for full in row.tolist())


def honest_bits(cells, steps):
    size = len(cells)
    full = (1 << size) - 1
    row = int(cells.replace("#", "1").replace(".", "0"), 2)
    for _ in range(steps):
        left = row >> 1 | (row & 1) << (size - 1)
        right = row << 1 & full | row >> (size - 1)
        row ^= left ^ right ^ full
    return f"{row:0{size}b}".replace("1", "#").replace("0", ".")


def honest_jumps(cells, steps):
    size = len(cells)
    row = [int(letter == "#") for letter in cells]
    jump = 1
    while jump <= steps:
        if steps & jump:
            row = [row[i] ^ row[(i - jump) % size] ^ row[(i + jump) % size] for i in range(size)]
        jump *= 2
    return "".join("#" if full ^ (steps % 2) else "." for full in row)


def wrong_no_ring(cells, steps):
    for _ in range(steps):
        wide = f".{cells}."
        cells = "".join(
            x if left != right else ".#"[x == "."] for left, x, right in zip(wide, cells, wide[2:])
        )
    return cells


def wrong_one_after_the_other(cells, steps):
    row = list(cells)
    size = len(row)
    for _ in range(steps):
        for i in range(size):
            if row[i - 1] == row[(i + 1) % size]:
                row[i] = "." if row[i] == "#" else "#"
    return "".join(row)


def wrong_one_step_more(cells, steps):
    row = [letter == "#" for letter in cells]
    for _ in range(steps + 1):
        row = [x != (left == right) for left, x, right in zip(row[-1:] + row[:-1], row, row[1:] + row[:1])]
    return "".join("#" if full else "." for full in row)


def wrong_changes_if_they_differ(cells, steps):
    row = [letter == "#" for letter in cells]
    for _ in range(steps):
        row = [x != (left != right) for left, x, right in zip(row[-1:] + row[:-1], row, row[1:] + row[:1])]
    return "".join("#" if full else "." for full in row)


def wrong_becomes_like_its_neighbours(cells, steps):
    row = [letter == "#" for letter in cells]
    for _ in range(steps):
        triples = zip(row[-1:] + row[:-1], row, row[1:] + row[:1])
        row = [left if left == right else x for left, x, right in triples]
    return "".join("#" if full else "." for full in row)


def wrong_one_step_only(cells, steps):
    row = [letter == "#" for letter in cells]
    if steps:
        row = [x != (left == right) for left, x, right in zip(row[-1:] + row[:-1], row, row[1:] + row[:1])]
    return "".join("#" if full else "." for full in row)
