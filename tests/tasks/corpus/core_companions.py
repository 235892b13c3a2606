"""Solutions of core-companions; each function is a program of its own."""


def honest_counts(baskets):
    counts = {}
    for basket in baskets.values():
        products = set(basket)
        for product in products:
            mine = counts.setdefault(product, {})
            for other in products:
                if other != product:
                    mine[other] = mine.get(other, 0) + 1
    return {
        product: min(mine, key=lambda other: (-mine[other], other)) for product, mine in counts.items() if mine
    }


def honest_counter(baskets):
    from collections import Counter
    from itertools import permutations

    pairs = Counter(pair for basket in baskets.values() for pair in permutations(set(basket), 2))
    best = {}
    for (product, other), count in pairs.items():
        best[product] = min(best.get(product, (0, "")), (-count, other))
    return {product: other for product, (_, other) in best.items()}


def honest_customers(baskets):
    buyers = {}
    for number, basket in enumerate(baskets.values()):
        for product in basket:
            buyers[product] = buyers.get(product, 0) | 1 << number
    result = {}
    for product, mine in buyers.items():
        ranked = sorted((-(mine & buyers[other]).bit_count(), other) for other in buyers if other != product)
        if ranked and ranked[0][0] < 0:
            result[product] = ranked[0][1]
    return result


def wrong_repeats_count(baskets):
    counts = {}
    for basket in baskets.values():
        for i, product in enumerate(basket):
            mine = counts.setdefault(product, {})
            for j, other in enumerate(basket):
                if other != product:
                    mine[other] = mine.get(other, 0) + 1
    return {p: min(mine, key=lambda other: (-mine[other], other)) for p, mine in counts.items() if mine}


def wrong_first_seen_wins(baskets):
    counts = {}
    for basket in baskets.values():
        for product in dict.fromkeys(basket):
            mine = counts.setdefault(product, {})
            for other in dict.fromkeys(basket):
                if other != product:
                    mine[other] = mine.get(other, 0) + 1
    return {p: max(mine, key=mine.__getitem__) for p, mine in counts.items() if mine}


def wrong_lonely_have_a_key(baskets):
    counts = {}
    for basket in baskets.values():
        for product in set(basket):
            mine = counts.setdefault(product, {})
            for other in set(basket) - {product}:
                mine[other] = mine.get(other, 0) + 1
    return {p: min(mine, key=lambda other: (-mine[other], other), default="") for p, mine in counts.items()}


def wrong_itself(baskets):
    products = {product for basket in baskets.values() for product in basket}
    return {product: product for product in products}
