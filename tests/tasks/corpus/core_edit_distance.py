"""Solutions of core-edit-distance; each function is a program of its own."""


def honest_two_rows(first, second):
    before = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        row = [i]
        for j, b in enumerate(second):
            row.append(min(before[j] + (a != b), before[j + 1] + 1, row[j] + 1))
        before = row
    return before[-1]


def honest_bits(first, second):
    # Myers 1999, in the form of Hyyrö 2003.
    if not first:
        return len(second)
    masks = {}
    for place, letter in enumerate(first):
        masks[letter] = masks.get(letter, 0) | 1 << place
    full, top = (1 << len(first)) - 1, 1 << (len(first) - 1)
    up, down, distance = full, 0, len(first)
    for letter in second:
        equal = masks.get(letter, 0)
        diagonal = (((equal & up) + up) ^ up) | equal | down
        plus = down | ~(diagonal | up) & full
        minus = up & diagonal
        if plus & top:
            distance += 1
        if minus & top:
            distance -= 1
        plus = (plus << 1 | 1) & full
        minus = minus << 1 & full
        up = minus | ~(diagonal | plus) & full
        down = plus & diagonal
    return distance


def honest_numpy(first, second):
    import numpy as np

    letters = np.frombuffer(second.encode(), dtype=np.uint8)
    steps = np.arange(len(second) + 1)
    row = steps.copy()
    for number, letter in enumerate(first.encode(), 1):
        best = row + 1
        best[1:] = np.minimum(best[1:], row[:-1] + (letters != letter))
        best[0] = number
        row = np.minimum.accumulate(best - steps) + steps
    return int(row[-1])


def wrong_no_replacing(first, second):
    before = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        row = [i]
        for j, b in enumerate(second):
            row.append(before[j] if a == b else 1 + min(before[j + 1], row[j]))
        before = row
    return before[-1]


def wrong_by_place(first, second):
    return abs(len(first) - len(second)) + sum(a != b for a, b in zip(first, second))


def wrong_by_counts(first, second):
    differences = [first.count(letter) - second.count(letter) for letter in "acgt"]
    return max(sum(d for d in differences if d > 0), -sum(d for d in differences if d < 0))


def wrong_narrow_band(first, second):
    before = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        row = [i]
        for j, b in enumerate(second):
            if abs(i - j) > 3:
                row.append(max(len(first), len(second)))
            else:
                row.append(min(before[j] + (a != b), before[j + 1] + 1, row[j] + 1))
        before = row
    return before[-1]
