"""Solutions of core-inversions; each function is a program of its own."""


def honest_bisect(numbers):
    from bisect import bisect_right, insort

    seen, count = [], 0
    for number in numbers:
        count += len(seen) - bisect_right(seen, number)
        insort(seen, number)
    return count


def honest_merge(numbers):
    def sort(values):
        if len(values) < 2:
            return values, 0
        left, a = sort(values[: len(values) // 2])
        right, b = sort(values[len(values) // 2 :])
        merged, count, i, j = [], a + b, 0, 0
        while i < len(left) and j < len(right):
            if left[i] <= right[j]:
                merged.append(left[i])
                i += 1
            else:
                merged.append(right[j])
                j += 1
                count += len(left) - i
        return merged + left[i:] + right[j:], count

    return sort(numbers)[1]


def honest_numpy(numbers):
    import numpy as np

    values = np.array(numbers, dtype=np.int64)
    return int(sum(int((values[i + 1 :] < values[i]).sum()) for i in range(len(values))))


def wrong_equal_count(numbers):
    return sum(a >= b for i, a in enumerate(numbers) for b in numbers[i + 1 :])


def wrong_neighbours_only(numbers):
    return sum(a > b for a, b in zip(numbers, numbers[1:]))


def wrong_one_more(numbers):
    return 1 + sum(a > b for i, a in enumerate(numbers) for b in numbers[i + 1 :])


def wrong_last_left_out(numbers):
    numbers = numbers[:-1]
    return sum(a > b for i, a in enumerate(numbers) for b in numbers[i + 1 :])
