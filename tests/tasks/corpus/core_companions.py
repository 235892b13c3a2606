"""Solutions of core-companions; each function is a program of its own."""


def honest_one_pass(baskets, product):
    counts = {}
    for basket in baskets.values():
        bought = set(basket)
        if product in bought:
            for other in bought - {product}:
                counts[other] = counts.get(other, 0) + 1
    return counts


def honest_counter(baskets, product):
    from collections import Counter
    from itertools import chain

    counts = Counter(chain.from_iterable(set(basket) for basket in baskets.values() if product in basket))
    del counts[product]
    return dict(counts)


def honest_customers(baskets, product):
    buyers = {}
    for number, basket in enumerate(baskets.values()):
        for name in basket:
            buyers[name] = buyers.get(name, 0) | 1 << number
    mine = buyers.pop(product, 0)
    together = {other: (mine & theirs).bit_count() for other, theirs in buyers.items()}
    return {other: count for other, count in together.items() if count}


def wrong_repeats_count(baskets, product):
    counts = {}
    for basket in baskets.values():
        if product in basket:
            for other in basket:
                if other != product:
                    counts[other] = counts.get(other, 0) + 1
    return counts


def wrong_pairs_count(baskets, product):
    counts = {}
    for basket in baskets.values():
        for other in set(basket) - {product}:
            if product in basket:
                counts[other] = counts.get(other, 0) + basket.count(product)
    return counts


def wrong_itself(baskets, product):
    counts = {}
    for basket in baskets.values():
        if product in basket:
            for other in set(basket):
                counts[other] = counts.get(other, 0) + 1
    return counts


def wrong_zeros(baskets, product):
    others = {other for basket in baskets.values() for other in basket if other != product}
    return {
        other: sum(product in basket and other in basket for basket in baskets.values()) for other in others
    }


def wrong_all_customers(baskets, product):
    companions = {other for basket in baskets.values() if product in basket for other in basket}
    return {
        other: sum(other in basket for basket in baskets.values()) for other in companions if other != product
    }
