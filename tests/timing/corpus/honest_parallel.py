"""expect: correct. Threads and processes that work inside the call only."""
import multiprocessing
from concurrent.futures import ThreadPoolExecutor


def extremes(part):
    found = [number for number in part if sum(map(int, str(number))) == 30]
    return (min(found), max(found)) if found else None


def get_difference(numbers):
    middle = len(numbers) // 2
    halves = [numbers[:middle], numbers[middle:]]
    if len(numbers) > 10_000:
        with multiprocessing.get_context("fork").Pool(2) as pool:
            pairs = pool.map(extremes, halves)
    else:
        with ThreadPoolExecutor(2) as pool:
            pairs = list(pool.map(extremes, halves))
    pairs = [pair for pair in pairs if pair]
    return max(high for _, high in pairs) - min(low for low, _ in pairs)
