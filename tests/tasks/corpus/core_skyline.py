"""Solutions of core-skyline; each function is a program of its own."""


def honest_heap(buildings):
    from heapq import heappop, heappush

    waiting = sorted(buildings)
    edges = sorted({x for left, right, _ in buildings for x in (left, right)})
    heap, outline, last, at = [], [], 0, 0
    for x in edges:
        while at < len(waiting) and waiting[at][0] <= x:
            heappush(heap, (-waiting[at][2], waiting[at][1]))
            at += 1
        while heap and heap[0][1] <= x:
            heappop(heap)
        height = -heap[0][0] if heap else 0
        if height != last:
            outline.append((x, height))
            last = height
    return outline


def honest_paint(buildings):
    from bisect import bisect_left

    edges = sorted({x for left, right, _ in buildings for x in (left, right)})
    heights = [0] * len(edges)
    for left, right, height in sorted(buildings, key=lambda building: building[2]):
        start, end = bisect_left(edges, left), bisect_left(edges, right)
        heights[start:end] = [height] * (end - start)
    outline, last = [], 0
    for x, height in zip(edges, heights):
        if height != last:
            outline.append((x, height))
            last = height
    return outline


def honest_numpy(buildings):
    import numpy as np

    ground = np.zeros(100_002, dtype=np.int64)
    for left, right, height in buildings:
        np.maximum(ground[left:right], height, out=ground[left:right])
    places = np.flatnonzero(np.diff(ground, prepend=0))
    return [(int(x), int(ground[x])) for x in places]


def wrong_right_included(buildings):
    outline, last = [], 0
    for x in sorted({x for left, right, _ in buildings for x in (left, right)}):
        height = max((top for left, right, top in buildings if left <= x <= right), default=0)
        if height != last:
            outline.append((x, height))
            last = height
    return outline


def wrong_equal_heights_twice(buildings):
    return [
        (x, max((top for left, right, top in buildings if left <= x < right), default=0))
        for x in sorted({x for left, right, _ in buildings for x in (left, right)})
    ]


def wrong_end_is_missing(buildings):
    outline, last = [], 0
    for x in sorted({x for left, right, _ in buildings for x in (left, right)}):
        height = max((top for left, right, top in buildings if left <= x < right), default=0)
        if height != last:
            outline.append((x, height))
            last = height
    return outline[:-1]


def wrong_lists_for_tuples(buildings):
    outline, last = [], 0
    for x in sorted({x for left, right, _ in buildings for x in (left, right)}):
        height = max((top for left, right, top in buildings if left <= x < right), default=0)
        if height != last:
            outline.append([x, height])
            last = height
    return outline
