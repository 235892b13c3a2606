"""Solutions of core-companions; each function is a program of its own."""


def honest_one_pass(baskets, product):
    counts = {}
    for basket in baskets:
        if product in basket:
            for other in basket:
                if other != product:
                    counts[other] = counts.get(other, 0) + 1
    return counts


def honest_counter(baskets, product):
    from collections import Counter
    from itertools import chain

    counts = Counter(chain.from_iterable(basket for basket in baskets if product in basket))
    del counts[product]
    return dict(counts)


def honest_bits(baskets, product):
    holders = {}
    for number, basket in enumerate(baskets):
        for name in basket:
            holders[name] = holders.get(name, 0) | 1 << number
    mine = holders.pop(product, 0)
    together = {other: (mine & theirs).bit_count() for other, theirs in holders.items()}
    return {other: count for other, count in together.items() if count}


def wrong_itself(baskets, product):
    counts = {}
    for basket in baskets:
        if product in basket:
            for other in basket:
                counts[other] = counts.get(other, 0) + 1
    return counts


def wrong_zeros(baskets, product):
    others = {other for basket in baskets for other in basket if other != product}
    return {other: sum(product in basket and other in basket for basket in baskets) for other in others}


def wrong_all_baskets(baskets, product):
    companions = {other for basket in baskets if product in basket for other in basket if other != product}
    return {other: sum(other in basket for basket in baskets) for other in companions}


def wrong_once_each(baskets, product):
    return {other: 1 for basket in baskets if product in basket for other in basket if other != product}


def wrong_neighbours_only(baskets, product):
    counts = {}
    for basket in baskets:
        for pair in zip(basket, basket[1:]):
            if product in pair:
                other = pair[0] if pair[1] == product else pair[1]
                counts[other] = counts.get(other, 0) + 1
    return counts
