"""Solutions of core-coverage; each function is a program of its own."""


def honest_bisect(intervals, points):
    from bisect import bisect_left, bisect_right

    starts = sorted(start for start, _ in intervals)
    ends = sorted(end for _, end in intervals)
    return [bisect_right(starts, point) - bisect_left(ends, point) for point in points]


def honest_sweep(intervals, points):
    events = [(start, 0, 0) for start, _ in intervals] + [(end, 2, 0) for _, end in intervals]
    events += [(point, 1, place) for place, point in enumerate(points)]
    counts, covering = [0] * len(points), 0
    for _, kind, place in sorted(events):
        if kind == 1:
            counts[place] = covering
        else:
            covering += 1 - kind
    return counts


def honest_numpy(intervals, points):
    import numpy as np

    pairs = np.array(intervals, dtype=np.int64).reshape(-1, 2)
    starts, ends = np.sort(pairs[:, 0]), np.sort(pairs[:, 1])
    found = np.searchsorted(starts, points, side="right") - np.searchsorted(ends, points, side="left")
    return [int(count) for count in found]


def honest_running_sum(intervals, points):
    from itertools import accumulate

    changes = [0] * 10_002
    for start, end in intervals:
        changes[start] += 1
        changes[end + 1] -= 1
    counts = list(accumulate(changes))
    return [counts[point] for point in points]


def wrong_covered_at_all(intervals, points):
    return [int(any(start <= point <= end for start, end in intervals)) for point in points]


def wrong_end_excluded(intervals, points):
    return [sum(start <= point < end for start, end in intervals) for point in points]


def wrong_start_excluded(intervals, points):
    return [sum(start < point <= end for start, end in intervals) for point in points]


def wrong_sorted_points(intervals, points):
    return [sum(start <= point <= end for start, end in intervals) for point in sorted(points)]


def wrong_points_once(intervals, points):
    found = dict.fromkeys(points)
    return [sum(start <= point <= end for start, end in intervals) for point in found]


def wrong_equal_intervals_once(intervals, points):
    return [sum(start <= point <= end for start, end in set(intervals)) for point in points]
