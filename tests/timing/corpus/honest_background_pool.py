"""expect: correct. Keeps an idle pool of threads from its import on."""
from concurrent.futures import ThreadPoolExecutor

POOL = ThreadPoolExecutor(4)
list(POOL.map(abs, range(100)))


def part(numbers):
    return [number for number in numbers if sum(map(int, str(number))) == 30]


def get_difference(numbers):
    size = len(numbers) // 4 + 1
    parts = [numbers[start : start + size] for start in range(0, len(numbers), size)]
    found = [number for numbers in POOL.map(part, parts) for number in numbers]
    return max(found) - min(found)
