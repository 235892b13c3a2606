"""Solutions of core-companions; each function is a program of its own."""


def honest_counts(pairs):
    counts = {}
    for pair in pairs:
        for product in pair:
            counts[product] = counts.get(product, 0) + 1
    return {product: count for product, count in counts.items() if count > 1}


def honest_counter(pairs):
    from collections import Counter
    from itertools import chain

    counts = Counter(chain.from_iterable(pairs))
    return {product: count for product, count in counts.items() if count >= 2}


def honest_sorted(pairs):
    from itertools import groupby

    names = sorted(product for pair in pairs for product in pair)
    counted = ((product, len(list(group))) for product, group in groupby(names))
    return {product: count for product, count in counted if count > 1}


def honest_numpy(pairs):
    import numpy as np

    names, counts = np.unique([product for pair in pairs for product in pair], return_counts=True)
    often = counts > 1
    return dict(zip(names[often].tolist(), counts[often].tolist()))


def wrong_each_companion_once(pairs):
    companions = {}
    for one, other in pairs:
        companions.setdefault(one, set()).add(other)
        companions.setdefault(other, set()).add(one)
    return {product: len(others) for product, others in companions.items() if len(others) > 1}


def wrong_the_same_pair_once(pairs):
    counts = {}
    for pair in set(pairs):
        for product in pair:
            counts[product] = counts.get(product, 0) + 1
    return {product: count for product, count in counts.items() if count > 1}


def wrong_one_direction(pairs):
    counts = {}
    for one, _ in pairs:
        counts[one] = counts.get(one, 0) + 1
    return {product: count for product, count in counts.items() if count > 1}


def wrong_single_ones_too(pairs):
    counts = {}
    for pair in pairs:
        for product in pair:
            counts[product] = counts.get(product, 0) + 1
    return counts


def wrong_one_less(pairs):
    counts = {}
    for pair in pairs:
        for product in pair:
            counts[product] = counts.get(product, -1) + 1
    return {product: count for product, count in counts.items() if count}


def wrong_names_for_counts(pairs):
    companions = {}
    for one, other in pairs:
        companions.setdefault(one, []).append(other)
        companions.setdefault(other, []).append(one)
    return {product: others for product, others in companions.items() if len(others) > 1}
