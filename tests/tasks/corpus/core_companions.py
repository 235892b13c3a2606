"""Solutions of core-companions; each function is a program of its own."""


def honest_sets(pairs):
    companions = {}
    for one, other in pairs:
        companions.setdefault(one, set()).add(other)
        companions.setdefault(other, set()).add(one)
    return {product: len(others) for product, others in companions.items()}


def honest_counter(pairs):
    from collections import Counter
    from itertools import chain

    return dict(Counter(chain.from_iterable({(min(pair), max(pair)) for pair in pairs})))


def honest_sorted(pairs):
    from itertools import groupby

    both = sorted(set(pairs) | {(other, one) for one, other in pairs})
    return {product: len(list(group)) for product, group in groupby(both, key=lambda pair: pair[0])}


def wrong_repeats_count(pairs):
    counts = {}
    for pair in pairs:
        for product in pair:
            counts[product] = counts.get(product, 0) + 1
    return counts


def wrong_turned_pairs_count_twice(pairs):
    counts = {}
    for pair in set(pairs):
        for product in pair:
            counts[product] = counts.get(product, 0) + 1
    return counts


def wrong_one_direction(pairs):
    companions = {}
    for one, other in pairs:
        companions.setdefault(one, set()).add(other)
    return {product: len(others) for product, others in companions.items()}


def wrong_itself_counts(pairs):
    companions = {}
    for one, other in pairs:
        companions.setdefault(one, set()).update((one, other))
        companions.setdefault(other, set()).update((one, other))
    return {product: len(others) for product, others in companions.items()}


def wrong_names_for_counts(pairs):
    companions = {}
    for one, other in pairs:
        companions.setdefault(one, set()).add(other)
        companions.setdefault(other, set()).add(one)
    return {product: sorted(others) for product, others in companions.items()}
