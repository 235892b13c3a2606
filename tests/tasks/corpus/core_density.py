"""Solutions of core-density; each function is a program of its own."""


def honest_sums(points, places, width):
    from math import exp, fsum

    scale = -1 / (2 * width * width)
    return [fsum(exp(scale * (x - p) * (x - p)) for p in points) / len(points) for x in places]


def honest_numpy(points, places, width):
    import numpy as np

    distances = np.subtract.outer(np.array(places), np.array(points)) / width
    return np.exp(-(distances**2) / 2).mean(axis=1).tolist()


def honest_sorted(points, places, width):
    from bisect import bisect_left, bisect_right
    from math import exp

    points = sorted(points)
    reach = 9 * width
    found = []
    for x in places:
        near = points[bisect_left(points, x - reach) : bisect_right(points, x + reach)]
        found.append(sum(exp(-((x - p) ** 2) / (2 * width**2)) for p in near) / len(points))
    return found


def wrong_not_the_mean(points, places, width):
    from math import exp

    return [sum(exp(-((x - p) ** 2) / (2 * width**2)) for p in points) for x in places]


def wrong_no_two(points, places, width):
    from math import exp

    return [sum(exp(-((x - p) ** 2) / width**2) for p in points) / len(points) for x in places]


def wrong_rounded(points, places, width):
    from math import exp

    return [round(sum(exp(-((x - p) ** 2) / (2 * width**2)) for p in points) / len(points), 6) for x in places]


def wrong_single_precision(points, places, width):
    import numpy as np

    distances = np.subtract.outer(np.array(places, np.float32), np.array(points, np.float32)) / np.float32(width)
    return np.exp(-(distances**2) / 2).mean(axis=1).astype(float).tolist()


def wrong_near_only(points, places, width):
    from math import exp

    return [
        sum(exp(-((x - p) ** 2) / (2 * width**2)) for p in points if abs(x - p) < 3 * width) / len(points)
        for x in places
    ]
