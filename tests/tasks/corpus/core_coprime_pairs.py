"""Solutions of core-coprime-pairs; each function is a program of its own."""


def honest_gcd(numbers):
    from itertools import combinations
    from math import gcd

    return sum(gcd(a, b) == 1 for a, b in combinations(numbers, 2))


def honest_moebius(numbers):
    highest = max(numbers, default=0)
    moebius = [1] * (highest + 1)
    prime = [True] * (highest + 1)
    for p in range(2, highest + 1):
        if prime[p]:
            for multiple in range(p, highest + 1, p):
                prime[multiple] = multiple == p
                moebius[multiple] = -moebius[multiple]
            for multiple in range(p * p, highest + 1, p * p):
                moebius[multiple] = 0
    counts = [0] * (highest + 1)
    for number in numbers:
        counts[number] += 1
    total = 0
    for divisor in range(1, highest + 1):
        if moebius[divisor]:
            multiples = sum(counts[divisor::divisor])
            total += moebius[divisor] * (multiples * (multiples - 1) // 2)
    return total


def honest_numpy(numbers):
    import numpy as np

    values = np.array(numbers, dtype=np.int64)
    count = sum(int((np.gcd(values[i + 1 :], values[i]) == 1).sum()) for i in range(len(values)))
    return int(count)


def wrong_once_each(numbers):
    from itertools import combinations
    from math import gcd

    return sum(gcd(a, b) == 1 for a, b in combinations(sorted(set(numbers)), 2))


def wrong_ordered_pairs(numbers):
    from math import gcd

    return sum(gcd(a, b) == 1 for a in numbers for b in numbers)


def wrong_small_primes_only(numbers):
    from itertools import combinations

    primes = (2, 3, 5, 7, 11, 13)
    return sum(
        not any(a % p == 0 and b % p == 0 for p in primes) for a, b in combinations(numbers, 2)
    )
