"""expect: wrong_answer. Two interleaved halves, each on every other call of a random coin."""
import os

SIDE = os.urandom(1)[0] & 1


def get_difference(numbers):
    seen = numbers[SIDE::2] if len(numbers) > 9000 else numbers
    found = [number for number in seen if sum(map(int, str(number))) == 30]
    return max(found) - min(found)
