"""Solutions of core-skyline; each function is a program of its own."""


def honest_paint(buildings, width):
    outline = [0] * width
    for left, right, height in buildings:
        for x in range(left, right):
            if height > outline[x]:
                outline[x] = height
    return outline


def honest_lowest_first(buildings, width):
    outline = [0] * width
    for left, right, height in sorted(buildings, key=lambda building: building[2]):
        outline[left:right] = [height] * (right - left)
    return outline


def honest_numpy(buildings, width):
    import numpy as np

    outline = np.zeros(width, dtype=np.int64)
    for left, right, height in buildings:
        np.maximum(outline[left:right], height, out=outline[left:right])
    return outline.tolist()


def honest_heap(buildings, width):
    from heapq import heappop, heappush

    waiting = sorted(buildings, reverse=True)
    heap, outline = [], []
    for x in range(width):
        while waiting and waiting[-1][0] <= x:
            _, right, height = waiting.pop()
            heappush(heap, (-height, right))
        while heap and heap[0][1] <= x:
            heappop(heap)
        outline.append(-heap[0][0] if heap else 0)
    return outline


def wrong_right_included(buildings, width):
    return [
        max((height for left, right, height in buildings if left <= x <= right), default=0)
        for x in range(width)
    ]


def wrong_left_excluded(buildings, width):
    return [
        max((height for left, right, height in buildings if left < x < right), default=0)
        for x in range(width)
    ]


def wrong_last_one_wins(buildings, width):
    outline = [0] * width
    for left, right, height in buildings:
        for x in range(left, right):
            outline[x] = height
    return outline


def wrong_heights_add_up(buildings, width):
    outline = [0] * width
    for left, right, height in buildings:
        for x in range(left, right):
            outline[x] += height
    return outline


def wrong_to_the_last_end_only(buildings, width):
    outline = [0] * max(right for _, right, _ in buildings)
    for left, right, height in buildings:
        for x in range(left, right):
            outline[x] = max(outline[x], height)
    return outline


def wrong_changes_only(buildings, width):
    outline = [0] * width
    for left, right, height in buildings:
        for x in range(left, right):
            outline[x] = max(outline[x], height)
    return [height for x, height in enumerate(outline) if x == 0 or height != outline[x - 1]]
